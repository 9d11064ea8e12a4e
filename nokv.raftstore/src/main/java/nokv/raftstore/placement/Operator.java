package nokv.raftstore.placement;

import nokv.raftstore.proto.Epoch;
import nokv.raftstore.proto.Peer;
import nokv.raftstore.proto.Region;
import nokv.raftstore.proto.RegionStatus;

/** One change of one region that placement has decided on. It holds for the epoch it was decided for: a region that has changed meanwhile is looked at anew. */
sealed interface Operator {
  long regionId();

  Epoch epoch();

  /** Why, for people. */
  String reason();

  /** Whether the region is as it is to be. */
  boolean isDone(RegionStatus now);

  /**
   * A peer with a vote on another store, which it gets once it has the data.
   *
   * @param from the store that is to lose a peer in exchange; 0 = none
   */
  record AddPeer(long regionId, Epoch epoch, long store, long from, String reason) implements Operator {
    @Override public boolean isDone(RegionStatus now) {
      return now.getRegion().getPeersList().stream().anyMatch(peer -> peer.getStoreId() == store && !peer.getLearner());
    }

    @Override public String toString() {
      return "add-peer store=" + store;
    }
  }

  record RemovePeer(long regionId, Epoch epoch, Peer peer, String reason) implements Operator {
    @Override public boolean isDone(RegionStatus now) {
      return now.getRegion().getPeersList().stream().noneMatch(each -> each.getPeerId() == peer.getPeerId());
    }

    @Override public String toString() {
      return "remove-peer store=" + peer.getStoreId();
    }
  }

  record TransferLeader(long regionId, Epoch epoch, Peer to, String reason) implements Operator {
    @Override public boolean isDone(RegionStatus now) {
      return now.getLeader().getStoreId() == to.getStoreId();
    }

    @Override public String toString() {
      return "transfer store=" + to.getStoreId();
    }
  }

  /** Whether the region has changed its bounds or peers since it was decided for. */
  default boolean isStale(Region now) {
    return now.getEpoch().getVersion() > epoch().getVersion() || now.getEpoch().getConfVersion() > epoch().getConfVersion();
  }
}
