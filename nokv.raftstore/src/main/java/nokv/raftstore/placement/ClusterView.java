package nokv.raftstore.placement;

import java.util.List;
import nokv.raftstore.proto.RegionStatus;

/**
 * What placement knows of the cluster at one moment: all that its decisions depend on.
 *
 * @param regions in the order of their ids, each as its leader has told it
 * @param underWay at most one for each region
 */
record ClusterView(List<StoreView> stores, List<RegionStatus> regions, List<Operator> underWay) {
  /** How a store is. */
  enum State {
    /** Heard of lately, and long enough to be given something. */
    STEADY,
    /** Heard of lately, and not for long. */
    NEW,
    /** It may come back. */
    SILENT,
    /** Silent for so long that its peers are replaced. */
    GONE
  }

  /** @param silentMillis since it was heard last */
  record StoreView(long id, State state, long silentMillis) {
    boolean isUp() {
      return state == State.STEADY || state == State.NEW;
    }
  }
}
