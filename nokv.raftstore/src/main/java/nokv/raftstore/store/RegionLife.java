package nokv.raftstore.store;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.util.ArrayList;
import nokv.raftstore.proto.Peer;
import nokv.raftstore.proto.Region;
import nokv.raftstore.proto.SplitRegion;
import nokv.raftstore.raft.ConfChange;
import nokv.raftstore.raft.InvalidChangeException;

/** How a region's descriptor changes: the same on every peer, from the descriptor and the entry alone. */
final class RegionLife {
  /** Where the log of a region is said to begin on its first peers: not at 0, so that a peer that comes later is sent a snapshot, and with it data, bounds and peers, and no entries only. */
  static final long FIRST_INDEX = 5;
  static final long FIRST_TERM = 5;

  private RegionLife() {}

  /** What a region becomes when it is split. */
  record Halves(RegionState left, RegionState right) {}

  static boolean contains(Region region, long peerId) {
    return region.getPeersList().stream().anyMatch(peer -> peer.getPeerId() == peerId);
  }

  static boolean isInside(Region region, ByteString key) {
    var order = ByteString.unsignedLexicographicalComparator();
    return order.compare(region.getStartKey(), key) < 0 && (region.getEndKey().isEmpty() || order.compare(key, region.getEndKey()) < 0);
  }

  /** The region keeps what lies before the key; both get the next epoch version. */
  static Halves split(RegionState state, SplitRegion split) {
    Region region = state.region();
    var epoch = region.getEpoch().toBuilder().setVersion(region.getEpoch().getVersion() + 1);
    var left = region.toBuilder().setEndKey(split.getKey()).setEpoch(epoch);
    var right = region.toBuilder().setId(split.getNewRegionId()).setStartKey(split.getKey()).setEpoch(epoch);
    long peerId = 0;
    for (int i = 0; i < region.getPeersCount(); i++) {
      long id = split.getNewPeerIds(i);
      if (region.getPeers(i).getPeerId() == state.peerId()) peerId = id;
      right.setPeers(i, region.getPeers(i).toBuilder().setPeerId(id));
    }
    return new Halves(state.with(left.build()), new RegionState(right.build(), peerId, RegionState.Status.NORMAL, FIRST_INDEX, FIRST_TERM));
  }

  /**
   * A change of one peer; its context says on which store it is.
   *
   * @throws InvalidChangeException the configuration does not allow it
   */
  static Region change(Region region, ConfChange change) throws InvalidChangeException {
    RegionState.configuration(region).after(change);
    var changed = region.toBuilder().setEpoch(region.getEpoch().toBuilder().setConfVersion(region.getEpoch().getConfVersion() + 1));
    for (ConfChange.Change each : change.changes()) {
      var peers = new ArrayList<Peer>();
      Peer known = null;
      for (Peer peer : region.getPeersList()) {
        if (peer.getPeerId() == each.id()) known = peer;
        else peers.add(peer);
      }
      Peer peer = known != null ? known : peer(change);
      switch (each.type()) {
        case ADD_VOTER -> peers.add(peer.toBuilder().setLearner(false).setPromote(false).build());
        case ADD_LEARNER -> peers.add(peer.toBuilder().setLearner(true).build());
        case REMOVE -> { }
        case UPDATE -> peers.add(peer);
      }
      changed.clearPeers().addAllPeers(peers);
    }
    return changed.build();
  }

  private static Peer peer(ConfChange change) {
    try {
      return Peer.parseFrom(change.context());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a configuration change names a peer that cannot be read", e);
    }
  }
}
