package nokv.raftstore.net;

import com.codahale.metrics.Counter;
import com.codahale.metrics.MetricRegistry;
import java.util.Map;
import java.util.TreeMap;

/**
 * The figures of the transport, both directions together. Thread-safe.
 *
 * @param streams open now, as client and as server
 * @param frames written
 * @param messages raft messages, requests and responses in these frames
 * @param bytes of these messages
 * @param drops raft messages given up because their store was not reachable or its queue full
 * @param retries connections tried again
 * @param blockedPeers stores that cannot be reached now
 * @param snapshots whole ones sent or received
 * @param refused messages and calls with bytes that could not be read or a token that is wrong
 */
record TransportMetrics(Counter streams, Counter frames, Counter messages, Counter bytes, Counter drops, Counter retries, Counter blockedPeers, Counter snapshots, Counter refused) {
  TransportMetrics(MetricRegistry registry) {
    this(registry.counter("transport.streams"), registry.counter("transport.frames"), registry.counter("transport.messages"), registry.counter("transport.bytes"),
        registry.counter("transport.drops"), registry.counter("transport.retries"), registry.counter("transport.blocked_peers"), registry.counter("transport.snapshots"),
        registry.counter("transport.refused"));
  }

  void wrote(int count, long size) {
    frames.inc();
    messages.inc(count);
    bytes.inc(size);
  }

  Map<String, Object> asMap() {
    var map = new TreeMap<String, Object>();
    map.put("streams", streams.getCount());
    map.put("frames", frames.getCount());
    map.put("messages", messages.getCount());
    map.put("bytes", bytes.getCount());
    map.put("drops", drops.getCount());
    map.put("retries", retries.getCount());
    map.put("blocked_peers", blockedPeers.getCount());
    map.put("snapshots", snapshots.getCount());
    map.put("refused", refused.getCount());
    return map;
  }
}
