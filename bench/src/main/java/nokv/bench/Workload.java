package nokv.bench;

import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;

/** The operations of each row. Every value read is checked; a miss, a wrong value or a wrong count throws. */
final class Workload {
  private final Row row;
  private final Engine engine;
  private final int keys;
  /** The newest version of each key, so that a stale read is noticed; a row has one writer to a key at the most. */
  private final AtomicIntegerArray versions;
  private final Zipfian zipfian;
  private final AtomicLong inserted;

  Workload(Row row, Engine engine, int keys) {
    this.row = row;
    this.engine = engine;
    this.keys = keys;
    versions = new AtomicIntegerArray(2 * keys + 1000);
    zipfian = new Zipfian(row.label.startsWith("ycsb") ? keys : 2);
    inserted = new AtomicLong(keys);
  }

  /** One operation, the {@code i}-th of its thread; returns how many user writes' bytes it made. */
  long run(int thread, long i, SplittableRandom random) {
    return switch (row) {
      case FILLSEQ -> put(i, 0);
      case FILLRANDOM, FILL4K, FILL64K -> put(Data.permute(i, keys, 1), 0);
      case FILLBATCH -> i % 1000 == 0 ? batch(i) : 0;
      case SYNC_1, SYNC_8 -> put(i * row.threads + thread, 0);
      case OVERWRITE, OVERWRITE3 -> update(Data.permute(i % keys, keys, 2 + i / keys));
      case READRANDOM_1, READRANDOM_2, READWHILEWRITING, YCSB_C -> get(row == Row.YCSB_C ? zipfian.scrambled(random) : random.nextInt(keys));
      case READMISSING -> missing(random.nextInt(keys));
      case SEEK10 -> scan(random.nextInt(keys), 10, keys);
      case SEEK100 -> scan(random.nextInt(keys), 100, keys);
      case DELETERANDOM -> delete(Data.permute(i, keys, 3));
      case YCSB_A -> random.nextInt(100) < 50 ? get(zipfian.scrambled(random)) : update(zipfian.scrambled(random));
      case YCSB_B -> random.nextInt(100) < 95 ? get(zipfian.scrambled(random)) : update(zipfian.scrambled(random));
      case YCSB_D -> random.nextInt(100) < 95 ? get(Math.max(0, inserted.get() - 1 - zipfian.rank(random))) : put(inserted.getAndIncrement(), 0);
      case YCSB_E -> random.nextInt(100) < 95 ? scan(zipfian.scrambled(random), 1 + random.nextInt(100), inserted.get()) : put(inserted.getAndIncrement(), 0);
      case YCSB_F -> random.nextInt(100) < 50 ? get(zipfian.scrambled(random)) : readModifyWrite(zipfian.scrambled(random));
      case REOPEN -> get(random.nextInt(keys));
    };
  }

  /** Whether it has inserted as many keys as it has place for. */
  boolean isUsedUp() {
    return inserted.get() >= 2L * keys;
  }

  /** What the writer beside the readers of {@code readwhilewriting} does. */
  long write(SplittableRandom random) {
    return update(random.nextInt(keys));
  }

  private long put(long number, int version) {
    engine.put(Data.key(number), Data.value(number, version, row.valueBytes));
    return 16 + row.valueBytes;
  }

  private long batch(long first) {
    int count = (int) Math.min(1000, keys - first);
    var batchKeys = new byte[count][];
    var batchValues = new byte[count][];
    for (int j = 0; j < count; j++) {
      long number = Data.permute(first + j, keys, 1);
      batchKeys[j] = Data.key(number);
      batchValues[j] = Data.value(number, 0, row.valueBytes);
    }
    engine.putBatch(batchKeys, batchValues);
    return (long) count * (16 + row.valueBytes);
  }

  private long update(long number) {
    int version = versions.get((int) number) + 1;
    engine.put(Data.key(number), Data.value(number, version, row.valueBytes));
    versions.set((int) number, version);
    return 16 + row.valueBytes;
  }

  private long get(long number) {
    int least = versions.get((int) number);
    long version = Data.check(number, engine.get(Data.key(number)), row.valueBytes);
    if (version < least || (version > least && row != Row.READWHILEWRITING)) {
      throw new IllegalStateException("key " + number + " read at version " + version + ", written at " + least);
    }
    return 0;
  }

  private long readModifyWrite(long number) {
    get(number);
    return update(number);
  }

  private long missing(long number) {
    byte[] key = Data.key(number);
    key[15] = 'x';
    if (engine.get(key) != null) throw new IllegalStateException("a key that was never written was found");
    return 0;
  }

  private long delete(long number) {
    engine.delete(Data.key(number));
    return 16;
  }

  private long scan(long start, int count, long end) {
    long[] expected = {start};
    int seen = engine.scan(Data.key(start), count, (key, value) -> {
      if (Data.number(key) != expected[0]) throw new IllegalStateException("scan from " + start + " gave key " + Data.number(key) + ", expected " + expected[0]);
      Data.check(expected[0]++, value, row.valueBytes);
    });
    if (seen != Math.min(count, end - start)) throw new IllegalStateException("scan from " + start + " gave " + seen + " entries");
    return 0;
  }

  /** After the row: a sample of what must be there is. */
  void verify() {
    var random = new SplittableRandom(7);
    for (int i = 0; i < 2000; i++) {
      int number = random.nextInt(row.sync() ? 500 : keys);
      byte[] value = engine.get(Data.key(number));
      if (row == Row.DELETERANDOM) {
        if (value != null) throw new IllegalStateException("deleted key " + number + " is still there");
      } else {
        long version = Data.check(number, value, row.valueBytes);
        if (version != versions.get(number)) throw new IllegalStateException("key " + number + " is at version " + version + ", expected " + versions.get(number));
      }
    }
  }
}
