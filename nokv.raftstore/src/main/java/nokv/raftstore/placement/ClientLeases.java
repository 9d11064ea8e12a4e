package nokv.raftstore.placement;

import java.util.HashMap;
import java.util.Map;
import nokv.raftstore.proto.ClientReport;
import nokv.raftstore.store.RegionErrors;

/** What the clients of the cluster have said lately that they still read at. Thread-safe. */
final class ClientLeases {
  private static final int MAX_CLIENTS = 1 << 16;

  private record Lease(long oldest, long endNanos) {}

  private final long leaseNanos;
  private final Map<Long, Lease> leases = new HashMap<>();

  ClientLeases(long leaseNanos) {
    this.leaseNanos = leaseNanos;
  }

  synchronized void renew(ClientReport report, long nowNanos) {
    if (leases.size() >= MAX_CLIENTS && !leases.containsKey(report.getClientId())) {
      drop(nowNanos);
      if (leases.size() >= MAX_CLIENTS) throw RegionErrors.busy(MAX_CLIENTS + " clients have snapshots; what this one reads at is not kept for it");
    }
    leases.put(report.getClientId(), new Lease(report.getOldest(), nowNanos + leaseNanos));
  }

  /** The least timestamp that a client with a lease reads at; {@code most} where all are above it. */
  synchronized long oldest(long most, long nowNanos) {
    drop(nowNanos);
    long oldest = most;
    for (Lease lease : leases.values()) oldest = Math.min(oldest, lease.oldest);
    return oldest;
  }

  private void drop(long nowNanos) {
    leases.values().removeIf(lease -> lease.endNanos - nowNanos < 0);
  }

  synchronized int size() {
    return leases.size();
  }
}
