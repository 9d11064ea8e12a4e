package nokv.raftstore.placement;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import nokv.raftstore.placement.ClusterView.State;
import nokv.raftstore.placement.ClusterView.StoreView;
import nokv.raftstore.proto.Region;
import nokv.raftstore.proto.RegionStatus;
import nokv.raftstore.proto.StoreReport;
import org.jspecify.annotations.Nullable;

/** What the stores' reports of one term come to. Not thread-safe. */
final class ClusterState {
  /** Reports that may be missed before a store is silent, and that are heard before it is given anything. */
  private static final int SILENT_REPORTS = 3;
  private static final int STEADY_REPORTS = 5;

  private record Heard(long sinceNanos, long lastNanos) {}

  private final List<Long> stores;
  private final long reportNanos;
  private final long goneNanos;
  private final long beganNanos;
  private final Map<Long, Heard> heard = new TreeMap<>();
  private final TreeMap<Long, RegionStatus> regions = new TreeMap<>();

  /**
   * @param stores all there are to be
   * @param report between two of a store
   * @param goneAfter silence of a store for so long means that it does not come back
   */
  ClusterState(List<Long> stores, Duration report, Duration goneAfter, long nowNanos) {
    this.stores = stores;
    reportNanos = report.toNanos();
    goneNanos = goneAfter.toNanos();
    beganNanos = nowNanos;
  }

  void heard(StoreReport report, long nowNanos) {
    Heard before = heard.get(report.getStoreId());
    long since = before == null || nowNanos - before.lastNanos > SILENT_REPORTS * reportNanos ? nowNanos : before.sinceNanos;
    heard.put(report.getStoreId(), new Heard(since, nowNanos));
    report.getRegionsList().forEach(this::learn);
  }

  private void learn(RegionStatus status) {
    RegionStatus known = regions.get(status.getRegion().getId());
    if (known != null && isOlder(status, known)) return;
    // One that overlaps it and is older has been taken in, or is told anew by its own leader.
    var overlapping = regions.values().stream().map(RegionStatus::getRegion).filter(other -> other.getId() != status.getRegion().getId() && overlap(other, status.getRegion())).toList();
    for (Region other : overlapping) if (other.getEpoch().getVersion() > status.getRegion().getEpoch().getVersion()) return;
    for (Region other : overlapping) regions.remove(other.getId());
    regions.put(status.getRegion().getId(), status);
  }

  private static boolean isOlder(RegionStatus status, RegionStatus known) {
    var epoch = status.getRegion().getEpoch();
    var other = known.getRegion().getEpoch();
    if (epoch.getVersion() != other.getVersion()) return epoch.getVersion() < other.getVersion();
    if (epoch.getConfVersion() != other.getConfVersion()) return epoch.getConfVersion() < other.getConfVersion();
    return status.getTerm() < known.getTerm();
  }

  private static boolean overlap(Region a, Region b) {
    return startsBeforeEnd(a, b) && startsBeforeEnd(b, a);
  }

  private static boolean startsBeforeEnd(Region a, Region b) {
    ByteString end = b.getEndKey();
    return end.isEmpty() || ByteString.unsignedLexicographicalComparator().compare(a.getStartKey(), end) < 0;
  }

  @Nullable RegionStatus region(long id) {
    return regions.get(id);
  }

  ClusterView view(List<Operator> underWay, long nowNanos) {
    var views = new ArrayList<StoreView>();
    for (long store : stores) {
      Heard known = heard.get(store);
      long silent = nowNanos - (known == null ? beganNanos : known.lastNanos);
      State state = silent >= goneNanos ? State.GONE : known == null || silent > SILENT_REPORTS * reportNanos ? State.SILENT
          : nowNanos - known.sinceNanos < STEADY_REPORTS * reportNanos ? State.NEW : State.STEADY;
      views.add(new StoreView(store, state, silent / 1_000_000));
    }
    return new ClusterView(views, List.copyOf(regions.values()), underWay);
  }
}
