package nokv.protocol.resp;

import com.codahale.metrics.Counter;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.SlidingWindowReservoir;
import com.codahale.metrics.Timer;
import java.util.LinkedHashMap;
import java.util.Map;

/** The frontend's figures, in the node's registry under {@code resp.}. */
final class Figures {
  final Counter commands;
  final Counter errors;
  final Counter conflicts;
  final Counter connections;
  final Counter connectionsTotal;
  final Counter rejected;
  final Counter cut;
  final Counter bytesIn;
  final Counter bytesOut;
  final Counter hits;
  final Counter misses;
  /** Keys of which nobody is told when they expire, because too many were to be watched. */
  final Counter expiriesUnseen;
  /** Collections whose elements were dropped behind the commit that deleted them. */
  final Counter lazyFreed;
  /** Pieces of collections that nothing referred to. */
  final Counter reclaimed;
  /** From the arrival of a unit's first request to its replies' hand-over. */
  final Timer latency;

  private volatile Map<Counter, Long> before = Map.of();

  Figures(MetricRegistry registry) {
    commands = registry.counter("resp.commands");
    errors = registry.counter("resp.errors");
    conflicts = registry.counter("resp.conflicts");
    connections = registry.counter("resp.connections");
    connectionsTotal = registry.counter("resp.connections_total");
    rejected = registry.counter("resp.connections_rejected");
    cut = registry.counter("resp.connections_cut");
    bytesIn = registry.counter("resp.bytes_in");
    bytesOut = registry.counter("resp.bytes_out");
    hits = registry.counter("resp.keyspace_hits");
    misses = registry.counter("resp.keyspace_misses");
    expiriesUnseen = registry.counter("resp.expiries_unseen");
    lazyFreed = registry.counter("resp.collections_lazily_freed");
    reclaimed = registry.counter("resp.collections_reclaimed");
    latency = registry.timer("resp.latency", () -> new Timer(new SlidingWindowReservoir(1024)));
  }

  /** CONFIG RESETSTAT: INFO counts from now on; the registry's counters go on. */
  void reset() {
    var now = new java.util.IdentityHashMap<Counter, Long>();
    for (Counter counter : java.util.List.of(commands, errors, connectionsTotal, rejected, bytesIn, bytesOut, hits, misses, lazyFreed)) now.put(counter, counter.getCount());
    before = now;
  }

  long sinceReset(Counter counter) {
    return counter.getCount() - before.getOrDefault(counter, 0L);
  }

  Map<String, Object> tree() {
    var tree = new LinkedHashMap<String, Object>();
    tree.put("connections", connections.getCount());
    tree.put("connections_total", connectionsTotal.getCount());
    tree.put("connections_rejected", rejected.getCount());
    tree.put("connections_cut", cut.getCount());
    tree.put("commands", commands.getCount());
    tree.put("errors", errors.getCount());
    tree.put("conflicts", conflicts.getCount());
    tree.put("keyspace_hits", hits.getCount());
    tree.put("keyspace_misses", misses.getCount());
    tree.put("expiries_unseen", expiriesUnseen.getCount());
    tree.put("collections_lazily_freed", lazyFreed.getCount());
    tree.put("collections_reclaimed", reclaimed.getCount());
    tree.put("bytes_in", bytesIn.getCount());
    tree.put("bytes_out", bytesOut.getCount());
    var snapshot = latency.getSnapshot();
    tree.put("latency_p50_micros", (long) snapshot.getMedian() / 1000);
    tree.put("latency_p99_micros", (long) snapshot.get99thPercentile() / 1000);
    tree.put("latency_max_micros", snapshot.getMax() / 1000);
    return tree;
  }
}
