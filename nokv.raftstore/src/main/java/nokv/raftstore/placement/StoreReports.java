package nokv.raftstore.placement;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import nokv.raftstore.proto.RegionStatus;
import nokv.raftstore.proto.Request;
import nokv.raftstore.proto.Response;
import nokv.raftstore.proto.StoreReport;
import nokv.raftstore.proto.StoreReportResult;
import nokv.raftstore.proto.StoreStatus;
import nokv.raftstore.proto.StoreStatusRequest;
import nokv.raftstore.store.CommandHandler;
import nokv.raftstore.txn.Traffic;
import nokv.raftstore.txn.Traffic.Counts;
import nokv.spi.Clock;

/** Makes a store's reports, one after the other: each has the regions it leads that have changed since a report that was answered. */
final class StoreReports {
  /** More wait for the next report. */
  private static final int MOST_REGIONS = 2048;
  /** Sizes are told in these steps, so that one that grows a little is no change. */
  private static final long SIZE_STEP = 1 << 20;

  private final long storeId;
  private final CommandHandler store;
  private final Traffic traffic;
  private final Clock clock;
  private final Map<Long, RegionStatus> told = new HashMap<>();
  private final Map<Long, Counts> counted = new HashMap<>();
  private long countedNanos;
  private long duty;

  StoreReports(long storeId, CommandHandler store, Traffic traffic, Clock clock) {
    this.storeId = storeId;
    this.store = store;
    this.traffic = traffic;
    this.clock = clock;
    countedNanos = clock.nanos();
  }

  CompletionStage<StoreReport> next() {
    return store.handle(Request.newBuilder().setStoreStatus(StoreStatusRequest.getDefaultInstance()).build()).thenApply(Response::getStoreStatus).thenApply(this::report);
  }

  private synchronized StoreReport report(StoreStatus status) {
    long now = clock.nanos();
    double seconds = Math.max(0.001, (now - countedNanos) / 1e9);
    countedNanos = now;
    var report = StoreReport.newBuilder().setStoreId(storeId).setDuty(duty);
    var there = new HashSet<Long>();
    for (RegionStatus region : status.getRegionsList()) {
      there.add(region.getRegion().getId());
      if (region.getLeader().getStoreId() != storeId) continue;
      RegionStatus stated = stated(region, seconds);
      RegionStatus before = told.get(region.getRegion().getId());
      boolean news = before == null || !before.equals(stated);
      if (news && report.getRegionsCount() < MOST_REGIONS) report.addRegions(stated);
    }
    forget(there);
    return report.build();
  }

  private RegionStatus stated(RegionStatus region, double seconds) {
    long id = region.getRegion().getId();
    Counts now = traffic.counts(id);
    Counts before = counted.put(id, now);
    if (before == null) before = now;
    return region.toBuilder().clearCommitted().clearApplied().setApproximateBytes(region.getApproximateBytes() / SIZE_STEP * SIZE_STEP)
        .setReadsPerSecond(Math.round((now.reads() - before.reads()) / seconds)).setWritesPerSecond(Math.round((now.writes() - before.writes()) / seconds)).build();
  }

  private void forget(Set<Long> there) {
    told.keySet().retainAll(there);
    counted.keySet().retainAll(there);
    traffic.keep(there);
  }

  synchronized void answered(StoreReport report, StoreReportResult result) {
    if (result.getDuty() != duty) told.clear();
    else for (RegionStatus region : report.getRegionsList()) told.put(region.getRegion().getId(), region);
    duty = result.getDuty();
  }
}
