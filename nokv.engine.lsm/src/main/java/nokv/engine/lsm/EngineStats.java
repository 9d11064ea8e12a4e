package nokv.engine.lsm;

import com.codahale.metrics.Counting;
import com.codahale.metrics.Metric;
import com.codahale.metrics.Timer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import nokv.engine.lsm.compaction.Shape;
import nokv.engine.lsm.manifest.TableMeta;
import nokv.engine.lsm.wal.Wal;
import nokv.spi.ValueStore;

/** The figures of an engine as a JSON tree. */
final class EngineStats {
  private static final List<String> GROUPS = List.of("flush", "compaction", "value_log", "wal", "write", "cache", "lsm", "recovery");

  private EngineStats() {}

  static Map<String, Object> of(Core core) {
    var groups = new LinkedHashMap<String, Object>();
    for (String group : GROUPS) groups.put(group, registered(core, group));
    of(groups, "flush").put("flushed_sequence", core.manifest.flushedSequence());
    of(groups, "compaction").put("running", core.compactor.running());
    addValueLog(of(groups, "value_log"), core.values);
    Wal wal = core.wal();
    if (wal != null) {
      of(groups, "wal").put("segments", wal.segments().size());
      of(groups, "wal").put("bytes_held", wal.bytes());
      of(groups, "wal").put("replicator_pinned_bytes", core.log().pinnedBytes());
      of(groups, "write").put("queued_bytes", core.queue().queuedBytes());
    }
    of(groups, "write").put("visible_sequence", core.visible());
    of(groups, "write").put("max_version", core.maxVersion());
    addCache(of(groups, "cache"), core);
    addTree(of(groups, "lsm"), core);
    return groups;
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> of(Map<String, Object> groups, String group) {
    return (Map<String, Object>) groups.computeIfAbsent(group, name -> new LinkedHashMap<String, Object>());
  }

  private static Map<String, Object> registered(Core core, String group) {
    var figures = new TreeMap<String, Object>();
    for (Map.Entry<String, Metric> entry : core.environment.metrics().getMetrics().entrySet()) {
      if (!entry.getKey().startsWith(group + ".")) continue;
      String name = entry.getKey().substring(group.length() + 1);
      switch (entry.getValue()) {
        case Timer timer -> {
          figures.put(name + "_count", timer.getCount());
          figures.put(name + "_mean_micros", TimeUnit.NANOSECONDS.toMicros((long) timer.getSnapshot().getMean()));
          figures.put(name + "_p99_micros", TimeUnit.NANOSECONDS.toMicros((long) timer.getSnapshot().get99thPercentile()));
        }
        case com.codahale.metrics.Histogram histogram -> figures.put(name + "_mean", histogram.getSnapshot().getMean());
        case Counting counting -> figures.put(name, counting.getCount());
        default -> { /* gauges are reported by those who registered them */ }
      }
    }
    return figures;
  }

  private static void addValueLog(Map<String, Object> figures, ValueStore values) {
    long bytes = 0;
    long discarded = 0;
    List<ValueStore.Segment> segments = values.segments();
    for (ValueStore.Segment segment : segments) {
      bytes += segment.bytes();
      discarded += segment.discardedBytes();
    }
    figures.put("segments", segments.size());
    figures.put("bytes", bytes);
    figures.put("discarded_bytes", discarded);
  }

  private static void addCache(Map<String, Object> figures, Core core) {
    var cache = core.files.cache();
    figures.put("bytes", cache.bytes());
    figures.put("limit_bytes", cache.limitBytes());
    figures.put("hits", cache.hits());
    figures.put("misses", cache.misses());
    figures.put("evictions", cache.evictions());
  }

  private static void addTree(Map<String, Object> figures, Core core) {
    View view = core.versions.peek();
    figures.put("memtable_bytes", view.active.bytes());
    figures.put("memtable_entries", view.active.entries());
    figures.put("sealed_memtables", view.sealed.size());
    figures.put("read_only", core.failure() != null);
    figures.put("levels", levels(view.levels.shape()));
    figures.put("table_memory_bytes", view.levels.all().stream().mapToLong(TableFile::pinnedBytes).sum());
  }

  /** Each level's tables, summed up. */
  static List<Map<String, Object>> levels(Shape shape) {
    var levels = new ArrayList<Map<String, Object>>();
    for (int level = 0; level < Shape.LEVELS; level++) {
      var figures = new LinkedHashMap<String, Object>();
      List<TableMeta> tables = shape.level(level);
      figures.put("level", level);
      figures.put("tables", tables.size());
      figures.put("bytes", shape.bytes(level));
      figures.put("entries", tables.stream().mapToLong(TableMeta::entries).sum());
      figures.put("value_bytes", tables.stream().flatMap(table -> table.values().stream()).mapToLong(value -> value.bytes()).sum());
      levels.add(figures);
    }
    return levels;
  }
}
