package nokv.engine.local;

import com.codahale.metrics.Counter;
import com.codahale.metrics.Gauge;
import com.codahale.metrics.Metric;
import com.codahale.metrics.MetricRegistry;
import java.util.LinkedHashMap;
import java.util.Map;

/** The figures of the group {@code txn}, in statistics and metrics. */
final class Figures implements AutoCloseable {
  final Counter begun = new Counter();
  final Counter committed = new Counter();
  final Counter conflicts = new Counter();
  private final MetricRegistry registry;
  private final Map<String, Metric> metrics = new LinkedHashMap<>();

  /** Registers them, in the place of those of a store opened before in the same registry. */
  Figures(MetricRegistry registry, Snapshots snapshots) {
    this.registry = registry;
    metrics.put("begun", begun);
    metrics.put("committed", committed);
    metrics.put("conflicts", conflicts);
    metrics.put("open", (Gauge<Integer>) snapshots::openCount);
    metrics.put("oldest_snapshot_age_millis", (Gauge<Long>) snapshots::oldestAgeMillis);
    metrics.forEach((name, metric) -> {
      registry.remove("txn." + name);
      registry.register("txn." + name, metric);
    });
  }

  Map<String, Object> stats() {
    var stats = new LinkedHashMap<String, Object>();
    metrics.forEach((name, metric) -> stats.put(name, metric instanceof Counter counter ? counter.getCount() : ((Gauge<?>) metric).getValue()));
    return stats;
  }

  @Override public void close() {
    registry.removeMatching((name, metric) -> metrics.containsValue(metric));
  }
}
