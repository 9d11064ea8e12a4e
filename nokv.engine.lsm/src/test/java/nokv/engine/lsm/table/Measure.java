package nokv.engine.lsm.table;

import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import nokv.engine.lsm.memtable.Memtable;
import nokv.spi.Kind;
import nokv.spi.Vfs;
import nokv.vfs.MemVfs;

/** Quick figures, not a test: run its {@code main}. 16-byte keys, 100-byte values, one thread, everything in memory. */
final class Measure {
  private static final int ENTRIES = 500_000;
  private static final int ROUNDS = Integer.getInteger("rounds", 6);
  private static long sink;

  private static byte[] key(long number) {
    return String.format("%016d", number).getBytes(StandardCharsets.US_ASCII);
  }

  /** Of this thread, so that others on the machine disturb less. */
  private static long now() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private interface Work {
    void run(int i);
  }

  private static void time(String what, int count, Work work) {
    long start = now();
    for (int i = 0; i < count; i++) work.run(i);
    double nanos = now() - start;
    System.out.printf("  %-36s %8.0f ns  %10.0f/s%n", what, nanos / count, count / nanos * 1e9);
  }

  public static void main(String[] args) {
    var random = new SplittableRandom(1);
    byte[][] keys = new byte[ENTRIES][];
    for (int i = 0; i < ENTRIES; i++) keys[i] = key(random.nextLong(10L * ENTRIES));
    byte[][] absent = new byte[ENTRIES][];
    for (int i = 0; i < ENTRIES; i++) absent[i] = key(random.nextLong(10L * ENTRIES) + 1_000_000_000L * random.nextInt(1, 9));
    byte[] value = new byte[100];
    random.nextBytes(value);
    for (var structure : Memtable.Structure.values()) {
      for (int round = 1; round <= ROUNDS; round++) {
        System.out.println(structure + ", round " + round);
        try (var memtable = new Memtable(structure, round)) {
          measureMemtable(memtable, keys, value);
          measureTable(memtable, keys, absent);
        }
        try (var memtable = new Memtable(structure, round)) {
          byte[][] sorted = keys.clone();
          java.util.Arrays.sort(sorted, java.util.Arrays::compareUnsigned);
          time("memtable insert, ascending", ENTRIES, i -> memtable.add(0, sorted[i], i, i, Kind.PUT, 0, 0, value));
        }
      }
    }
    System.out.println(sink);
  }

  private static void measureMemtable(Memtable memtable, byte[][] keys, byte[] value) {
    time("memtable insert, random", ENTRIES, i -> memtable.add(0, keys[i], 1_000_000_000L + i, i, Kind.PUT, 0, 0, value));
    var shuffled = new SplittableRandom(2);
    time("memtable get, random", ENTRIES, i -> {
      var lookup = new Lookup().of(0, keys[shuffled.nextInt(ENTRIES)], Long.MAX_VALUE, Long.MAX_VALUE, true);
      if (!memtable.get(lookup)) throw new AssertionError();
      sink += lookup.header().valueLength();
    });
    var it = memtable.iterator();
    time("memtable next", ENTRIES - 1, i -> sink += (i == 0 ? it.seekToFirst() : it.next()) ? it.entry().keyLength() : 0);
  }

  private static void measureTable(Memtable memtable, byte[][] keys, byte[][] absent) {
    var disk = MemVfs.plain();
    long start = now();
    try (var writer = new TableWriter(disk.open("t.sst", Vfs.Mode.CREATE))) {
      var it = memtable.iterator();
      for (boolean on = it.seekToFirst(); on; on = it.next()) writer.add(it.entry());
      writer.finish();
      double seconds = (now() - start) / 1e9;
      System.out.printf("  table write %.0f MB/s, %.0f entries/s, %d bytes%n", writer.bytes() / seconds / 1e6, ENTRIES / seconds, writer.bytes());
    }
    var cache = new BlockCache(512 << 20);
    try (var table = TableReader.open(disk.open("t.sst", Vfs.Mode.READ), cache)) {
      System.out.printf("  pinned %d bytes%n", table.pinnedBytes());
      var order = new SplittableRandom(3);
      get("table get, filling the cache", table, keys, order);
      get("table get, cached", table, keys, order);
      long[] wrong = {0};
      time("filter probe with hash, absent", ENTRIES, i -> {
        if (table.mayContain(new Lookup().of(0, absent[i], Long.MAX_VALUE, Long.MAX_VALUE, true))) wrong[0]++;
      });
      System.out.printf("  filter false positives %.2f %%%n", 100.0 * wrong[0] / ENTRIES);
      var it = table.iterator();
      time("table seek, cached", ENTRIES / 4, i -> sink += it.seek(InternalKey.of(0, keys[order.nextInt(ENTRIES)], Long.MAX_VALUE, Long.MAX_VALUE)) ? it.entry().keyLength() : 0);
      time("table next, cached", ENTRIES - 1, i -> sink += (i == 0 ? it.seekToFirst() : it.next()) ? it.entry().keyLength() : 0);
      time("table prev, cached", ENTRIES - 1, i -> sink += (i == 0 ? it.seekToLast() : it.prev()) ? it.entry().keyLength() : 0);
      var scan = table.scan();
      time("table scan", ENTRIES - 1, i -> sink += (i == 0 ? scan.seekToFirst() : scan.next()) ? scan.entry().keyLength() : 0);
      sink += MemorySegment.ofArray(keys[0]).byteSize();
    }
  }

  private static void get(String what, TableReader table, byte[][] keys, SplittableRandom order) {
    time(what, ENTRIES, i -> {
      var lookup = new Lookup().of(0, keys[order.nextInt(ENTRIES)], Long.MAX_VALUE, Long.MAX_VALUE, true);
      if (!table.get(lookup)) throw new AssertionError();
      sink += lookup.header().valueLength();
    });
  }
}
