package nokv.raftstore.store;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.util.ArrayList;
import java.util.List;
import nokv.api.TooNewException;
import nokv.raftstore.proto.Merge;
import nokv.raftstore.proto.MergeStep;
import nokv.raftstore.proto.Peer;
import nokv.raftstore.proto.Region;
import nokv.raftstore.proto.SplitRegion;
import nokv.raftstore.raft.ConfChange;
import nokv.raftstore.raft.InvalidChangeException;
import org.jspecify.annotations.Nullable;

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

  /** Why one region cannot take in another that is said to lie behind it, or null. */
  static @Nullable String mergeMistake(Region target, Region source) {
    boolean adjacent = !target.getEndKey().isEmpty() && target.getEndKey().equals(source.getStartKey());
    if (!adjacent) return "region " + source.getId() + " does not begin where region " + target.getId() + " ends";
    if (source.hasMerge()) return "region " + source.getId() + " is in a merge already";
    if (target.hasMerge() && target.getMerge().getRegionId() != source.getId()) return "region " + target.getId() + " is in a merge already";
    for (Region each : List.of(target, source)) {
      if (each.getPeersList().stream().anyMatch(Peer::getLearner)) return "region " + each.getId() + " has a learner; give it its vote or remove it first";
    }
    if (stores(target).equals(stores(source))) return null;
    return "region " + target.getId() + " has its peers on stores " + stores(target) + " and region " + source.getId() + " on " + stores(source) + "; move them to the same ones first";
  }

  private static List<Long> stores(Region region) {
    return region.getPeersList().stream().map(Peer::getStoreId).sorted().toList();
  }

  /**
   * What a step of a merge makes of a region; null = it comes too late, or the region has changed: it is passed over. See {@link Merging}.
   *
   * @param epochVersion of the region when it was proposed
   * @param index of the entry, and its term
   */
  static @Nullable Region merge(Region region, MergeStep step, long epochVersion, long index, long term) {
    Merge merge = region.getMerge();
    boolean same = region.hasMerge() && merge.getBegun() == step.getBegun();
    boolean target = same && !merge.getSource();
    boolean source = same && merge.getSource();
    boolean untouched = !region.hasMerge() && region.getEpoch().equals(step.getEpoch());
    return switch (step.getKind()) {
      case BEGIN -> {
        boolean valid = !region.hasMerge() && region.getEpoch().getVersion() == epochVersion && mergeMistake(region, step.getOther()) == null;
        yield valid ? region.toBuilder().setMerge(Merge.newBuilder().setRegionId(step.getOther().getId()).setBegun(index).setSourceEpoch(step.getOther().getEpoch())).build() : null;
      }
      case PREPARE -> untouched ? withVersion(region, region.getEpoch().getVersion() + 1).setMerge(
          Merge.newBuilder().setRegionId(step.getOther().getId()).setSource(true).setBegun(step.getBegun()).setPrepared(index).setPreparedTerm(term)).build() : null;
      case READY -> source ? region.toBuilder().setMerge(merge.toBuilder().setReady(true)).build() : null;
      case COMMIT -> target && !merge.getAborted() ? withVersion(region, Math.max(region.getEpoch().getVersion(), step.getOther().getEpoch().getVersion()) + 1)
          .setEndKey(step.getOther().getEndKey()).clearMerge().build() : null;
      case ABORT -> target && !merge.getAborted() ? region.toBuilder().setMerge(merge.toBuilder().setAborted(true)).build() : null;
      case ROLLBACK -> source || untouched ? withVersion(region, region.getEpoch().getVersion() + 1).clearMerge().build() : null;
      case END -> target && merge.getAborted() ? region.toBuilder().clearMerge().build() : null;
      case UNRECOGNIZED -> throw new TooNewException("a step of a merge is of a kind that this build does not know; use the NoKV that proposed it, or a later one");
    };
  }

  private static Region.Builder withVersion(Region region, long version) {
    return region.toBuilder().setEpoch(region.getEpoch().toBuilder().setVersion(version));
  }

  /** What stays of a peer whose region was taken in by another, as that one is now. */
  static RegionState takenIn(Region region, long peerId, Region by) {
    var epoch = region.getEpoch().toBuilder().setVersion(by.getEpoch().getVersion()).setConfVersion(region.getEpoch().getConfVersion() + 1);
    return new RegionState(region.toBuilder().setEpoch(epoch).setMerge(Merge.newBuilder().setRegionId(by.getId()).setIntoStart(by.getStartKey()).setSource(true)).build(), peerId, RegionState.Status.TOMBSTONE, 0, 0);
  }

  /** Whether a region has taken in another: a region's first key never changes, so whoever else holds it with a greater version has. */
  static boolean hasTakenIn(Region region, Region other) {
    boolean later = region.getId() != other.getId() && region.getEpoch().getVersion() > other.getEpoch().getVersion();
    return later && RegionState.range(region).contains(other.getStartKey().toByteArray());
  }

  /** Whether it serves nothing, because another is taking it in. */
  static boolean isBeingTakenIn(Region region) {
    return region.hasMerge() && region.getMerge().getSource();
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
