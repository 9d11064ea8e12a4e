package nokv.raftstore.client;

import java.util.Arrays;
import nokv.raftstore.proto.Peer;
import nokv.raftstore.proto.Region;
import org.jspecify.annotations.Nullable;

/** A region as the client knows it, and who leads it as far as is known. */
final class Route {
  final Region region;
  final byte[] start;
  /** Exclusive; empty = unbounded. */
  final byte[] end;
  private volatile @Nullable Peer leader;

  Route(Region region, @Nullable Peer leader) {
    this.region = region;
    this.start = region.getStartKey().toByteArray();
    this.end = region.getEndKey().toByteArray();
    this.leader = leader;
  }

  @Nullable Peer leader() {
    return leader;
  }

  /** The peer answered as leader, or others say that it leads. */
  void leads(Peer peer) {
    leader = peer;
  }

  /** The store cannot be the leader's: it said so, or does not answer. */
  void doesNotLead(long storeId) {
    var known = leader;
    if (known != null && known.getStoreId() == storeId) leader = null;
  }

  boolean has(long storeId) {
    return peerOn(storeId) != null;
  }

  @Nullable Peer peerOn(long storeId) {
    for (var peer : region.getPeersList()) if (peer.getStoreId() == storeId) return peer;
    return null;
  }

  boolean holds(byte[] key) {
    return Arrays.compareUnsigned(start, key) <= 0 && isBelowEnd(key);
  }

  boolean isBelowEnd(byte[] key) {
    return end.length == 0 || Arrays.compareUnsigned(key, end) < 0;
  }

  boolean overlaps(Route other) {
    return isBelowEnd(other.start) && other.isBelowEnd(start);
  }

  /** Whether this is what was before {@code other}. Between regions of different ids only the version of the bounds tells. */
  boolean isOlderThan(Route other) {
    var mine = region.getEpoch();
    var its = other.region.getEpoch();
    int order = Long.compareUnsigned(mine.getVersion(), its.getVersion());
    if (order == 0 && region.getId() == other.region.getId()) order = Long.compareUnsigned(mine.getConfVersion(), its.getConfVersion());
    return order < 0;
  }

  @Override public String toString() {
    return "region " + region.getId() + " (epoch " + region.getEpoch().getVersion() + "/" + region.getEpoch().getConfVersion() + ")";
  }
}
