package nokv.engine.lsm;

import static nokv.spi.Option.Type.DURATION;
import static nokv.spi.Option.Type.INTEGER;
import static nokv.spi.Option.Type.LIST;
import static nokv.spi.Option.Type.SIZE;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import nokv.api.ConfigException;
import nokv.engine.lsm.compaction.LevelSizes;
import nokv.engine.lsm.memtable.Memtable;
import nokv.engine.lsm.table.Compression;
import nokv.spi.Option;
import nokv.spi.Options;

/**
 * The engine's options, checked.
 *
 * @param memtable what a memtable is
 * @param memtableBytes at which a memtable is sealed
 * @param memtables how many may exist, the active one included, before writers are slowed
 * @param queueBytes what may wait in the queue of commits without a thread that waits
 */
record EngineOptions(int backgroundThreads, Sync sync, Duration syncInterval, Memtable.Structure memtable, long memtableBytes, int memtables, long cacheBytes, LevelSizes levels, int level0Slowdown,
    long walSegmentBytes, long manifestBytes, long queueBytes, long reserveBytes, long compactionRate,
    List<Compression> compressions) {

  /** When a write is acknowledged. */
  enum Sync { ALWAYS, INTERVAL, NONE }

  private static final long MAX_QUEUE_BYTES = 64L << 20;
  private static final long MIN_MEMTABLE_BYTES = 64 << 10;
  /** Half of what the references in a memtable reach. */
  private static final long MAX_MEMTABLE_BYTES = 8L << 30;

  static final List<Option> DECLARED = List.of(
      Option.of("memory_budget", SIZE, "512MiB", "Bytes that all caches, buffers and memtables of a node may take together."),
      Option.of("background_threads", INTEGER, "2", "Threads for flushes, compactions and collection. Raise it with the number of cores, when compaction falls behind."),
      Option.oneOf("sync", "always", "When a write is acknowledged: always = it survives power loss; interval = power loss may take the last sync_interval; none = power loss may "
          + "take what the operating system had not written. The survivors are always a prefix of the writes.", "always", "interval", "none"),
      Option.of("sync_interval", DURATION, "100ms", "The longest time between two syncs of the log with sync = interval."),
      Option.oneOf("memtable", "art", "What keeps a memtable in order: art = an adaptive radix tree, the faster to write and to read; skiplist = less memory where keys are long and have "
          + "little in common.", "art", "skiplist"),
      Option.of("memtable_size", SIZE, "", "Bytes a memtable may hold before it is sealed and flushed; an eighth of memory_budget, at most 64MiB, where not given. Larger: fewer, "
          + "bigger flushes and less write amplification, but more memory and a longer recovery."),
      Option.of("memtables", INTEGER, "3", "How many memtables, the active one included, before writers are slowed in proportion."),
      Option.of("block_cache_size", SIZE, "", "Bytes of table blocks kept in memory; a quarter of memory_budget where not given."),
      Option.of("level0_compaction_trigger", INTEGER, "4", "Tables at level 0 from which on they are compacted. Lower: faster reads, more write amplification."),
      Option.of("level0_slowdown_trigger", INTEGER, "20", "Tables at level 0 from which on writers are slowed in proportion."),
      Option.of("level_size", SIZE, "256MiB", "Bytes of level 1; each further level holds ten times as many."),
      Option.of("table_size", SIZE, "64MiB", "Bytes of a table at level 1 and below, about."),
      Option.of("wal_segment_size", SIZE, "16MiB", "Bytes of a segment of the log. To begin one costs three syncs; the last one that is no longer needed is kept, to be written over."),
      Option.of("compression", LIST, "[]", "How blocks of tables are compressed: none, lz4 or zstd for each level from 0 on, the last one for all deeper ones too, such as [none, none, lz4]. None where not "
          + "given. lz4 nearly halves tables of values that repeat themselves by half, and reading a block from the file takes some 0.8 us longer; zstd is a little smaller and costs four times as much. Values in the "
          + "value log are not compressed. Takes effect as tables are written anew."),
      Option.of("reserve_size", SIZE, "64MiB", "Bytes of the file RESERVE, at most; it is a 64th of what the store takes where that is less. When the disk is full it is given to flushes and compactions, "
          + "so that they can free space and writes resume. 0 = none."),
      Option.of("compaction_rate", SIZE, "0", "Bytes a second that compactions may write together, such as 50MiB, so that a busy disk has time for reads and the log; 0 = no limit. Not regarded while "
          + "writers wait for compaction; flushes are never held back."),
      Option.of("manifest_size", SIZE, "4MiB", "Bytes of a manifest from which on it is written anew."));

  static EngineOptions of(Options options) {
    long budget = options.size("memory_budget");
    long memtable = options.has("memtable_size") ? options.size("memtable_size") : Math.max(MIN_MEMTABLE_BYTES, Math.min(64L << 20, budget / 8));
    if (memtable < MIN_MEMTABLE_BYTES || memtable > MAX_MEMTABLE_BYTES) {
      throw new ConfigException("engine.memtable_size is " + memtable + ", expected " + MIN_MEMTABLE_BYTES + " to " + MAX_MEMTABLE_BYTES);
    }
    long cache = options.has("block_cache_size") ? options.size("block_cache_size") : budget / 4;
    var levels = new LevelSizes(atLeast(options, "level0_compaction_trigger", 1), options.size("level_size"), options.size("table_size"));
    int slowdown = atLeast(options, "level0_slowdown_trigger", levels.level0Trigger() + 1);
    return new EngineOptions(atLeast(options, "background_threads", 1), Sync.valueOf(options.text("sync").toUpperCase(Locale.ROOT)), options.duration("sync_interval"),
        Memtable.Structure.valueOf(options.text("memtable").toUpperCase(Locale.ROOT)), memtable, atLeast(options, "memtables", 2), cache, levels, slowdown,
        options.size("wal_segment_size"), options.size("manifest_size"),
        Math.min(MAX_QUEUE_BYTES, budget / 16), options.size("reserve_size"), options.size("compaction_rate"), compressions(options));
  }

  private static int atLeast(Options options, String name, int least) {
    long value = options.integer(name);
    if (value < least || value > 1_000_000) throw new ConfigException("engine." + name + " is " + value + ", expected a whole number from " + least + " to 1000000");
    return (int) value;
  }

  /** Of the tables of a level. */
  Compression compression(int level) {
    return compressions.isEmpty() ? Compression.NONE : compressions.get(Math.min(level, compressions.size() - 1));
  }

  private static List<Compression> compressions(Options options) {
    var given = new ArrayList<Compression>();
    for (Object name : options.list("compression")) {
      try {
        given.add(Compression.valueOf(String.valueOf(name).toUpperCase(Locale.ROOT)));
      } catch (IllegalArgumentException e) {
        throw new ConfigException("engine.compression has \"" + name + "\", expected none, lz4 or zstd");
      }
    }
    return List.copyOf(given);
  }

  /** Memory for memtables: as many as may exist before writers wait, see {@link Writes#makeRoom}. */
  long memtableBudget() {
    return memtableBytes * (memtables + 2);
  }
}
