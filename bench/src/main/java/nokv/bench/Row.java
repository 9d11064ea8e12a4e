package nokv.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One row of the report: what is in the store before, and what is done and measured. */
enum Row {
  FILLSEQ("fillseq", 100, Load.EMPTY, 1, 1),
  FILLRANDOM("fillrandom", 100, Load.EMPTY, 1, 1),
  FILLBATCH("fillbatch", 100, Load.EMPTY, 1, 1),
  OVERWRITE("overwrite", 100, Load.KEYS, 1, 1),
  READRANDOM_1("readrandom:1", 100, Load.KEYS, 1, 1),
  READRANDOM_2("readrandom:2", 100, Load.KEYS, 1, 2),
  READMISSING("readmissing", 100, Load.KEYS, 1, 1),
  SEEK10("seek10", 100, Load.KEYS, 5, 1),
  SEEK100("seek100", 100, Load.KEYS, 20, 1),
  READWHILEWRITING("readwhilewriting", 100, Load.KEYS, 1, 1),
  DELETERANDOM("deleterandom", 100, Load.KEYS, 1, 1),
  SYNC_1("sync:1", 100, Load.EMPTY, 250, 1),
  SYNC_8("sync:8", 100, Load.EMPTY, 50, 8),
  YCSB_A("ycsbA", 1024, Load.KEYS, 1, 1),
  YCSB_B("ycsbB", 1024, Load.KEYS, 1, 1),
  YCSB_C("ycsbC", 1024, Load.KEYS, 1, 1),
  YCSB_D("ycsbD", 1024, Load.KEYS, 1, 1),
  YCSB_E("ycsbE", 1024, Load.KEYS, 10, 1),
  YCSB_F("ycsbF", 1024, Load.KEYS, 1, 1),
  FILL4K("fill4k", 4096, Load.EMPTY, 1, 1),
  FILL64K("fill64k", 65536, Load.EMPTY, 1, 1),
  OVERWRITE3("overwrite3", 1024, Load.KEYS, 1, 1),
  REOPEN("reopen", 100, Load.KEYS, 1, 1);

  /** What the store holds when the measurement begins. */
  enum Load { EMPTY, KEYS }

  /** Bytes of user data that a row with small values works on, at scale 1. */
  private static final long DATA_BYTES = 100L << 20;
  /** Large values are few, and a row over in less than a second measures nothing. */
  private static final int YCSB_ROUNDS = 5;

  final String label;
  final int valueBytes;
  final Load load;
  /** The row does one {@code divisor}-th of as many operations as there are keys: some operations are long. */
  final int divisor;
  final int threads;

  Row(String label, int valueBytes, Load load, int divisor, int threads) {
    this.label = label;
    this.valueBytes = valueBytes;
    this.load = load;
    this.divisor = divisor;
    this.threads = threads;
  }

  /** How many keys the row works on. */
  int keys(double scale) {
    long bytes = valueBytes > 1024 ? 2 * DATA_BYTES : DATA_BYTES;
    return (int) Math.max(1000, scale * bytes / (valueBytes + 5));
  }

  int operations(double scale) {
    return Math.max(500, label.startsWith("ycsb") ? YCSB_ROUNDS * keys(scale) / divisor : keys(scale) / divisor);
  }

  boolean sync() {
    return this == SYNC_1 || this == SYNC_8;
  }

  /** Rows with one thread run on one processor: what a TLB miss costs on two of a small virtual machine would hide all else. Not an opening, which a process that has just started does with all it has. */
  boolean pinned() {
    return threads == 1 && this != READWHILEWRITING && this != REOPEN;
  }

  static Row of(String label) {
    return Arrays.stream(values()).filter(row -> row.label.equals(label)).findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no row named " + label + "; known are " + labels()));
  }

  static List<String> labels() {
    var labels = new ArrayList<String>();
    for (Row row : values()) labels.add(row.label);
    return labels;
  }
}
