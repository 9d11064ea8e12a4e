package nokv.raftstore.store;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import nokv.raftstore.proto.Peer;
import nokv.raftstore.proto.Region;
import nokv.raftstore.raft.ConfChange;
import org.jspecify.annotations.Nullable;

/**
 * How the peers of a region change, as its leader sees to it. A new peer is a learner first; that it is to have a vote is said in the region itself, so whoever leads when it has caught up
 * gives it one. Used by the store loop only.
 */
final class Membership {
  /** Entries that a learner may be behind when it gets its vote: under load nobody ever has all. */
  private static final long MAX_LAG = 256;

  private final Store store;
  private final RegionPeer peer;
  /** By peer: who waits until it has its vote. */
  private final Map<Long, CompletableFuture<Region>> waiting = new HashMap<>();
  private @Nullable CompletableFuture<Region> promotion;

  Membership(Store store, RegionPeer peer) {
    this.store = store;
    this.peer = peer;
  }

  /** Whether nobody is to be given a vote. */
  boolean isQuiet() {
    return waiting.isEmpty() && peer.region().getPeersList().stream().noneMatch(Peer::getPromote);
  }

  /** Adds a peer, as a learner at first; {@code done} is told when it is what was asked for. */
  void add(Peer asked, CompletableFuture<Region> done) {
    Region region = peer.region();
    Peer known = region.getPeersList().stream().filter(each -> each.getPeerId() == asked.getPeerId()).findFirst().orElse(null);
    if (known != null && (asked.getLearner() || !known.getLearner())) {
      store.tell(List.of(done), each -> each.complete(region));
    } else if (known != null) {
      await(known.getPeerId(), done);
    } else {
      var added = new CompletableFuture<Region>();
      added.whenComplete((now, error) -> {
        if (error != null) done.completeExceptionally(error);
        else if (asked.getLearner()) done.complete(now);
        else store.post(() -> {
          if (peer.leads()) await(asked.getPeerId(), done);
          else store.refuse(done, RegionErrors.notLeader(region.getId(), peer.leader()));
        });
      });
      propose(asked.toBuilder().setPromote(!asked.getLearner()).build(), ConfChange.Type.ADD_LEARNER, added);
    }
  }

  private void await(long id, CompletableFuture<Region> done) {
    var before = waiting.put(id, done);
    if (before != null) store.refuse(before, RegionErrors.busy("the same was asked again"));
    changed();
    store.changed(peer);
  }

  /** Removes a peer. A leader hands over first and has to be asked again elsewhere. */
  void remove(Peer asked, CompletableFuture<Region> done) {
    Region region = peer.region();
    if (!RegionLife.contains(region, asked.getPeerId())) {
      store.tell(List.of(done), each -> each.complete(region));
    } else if (asked.getPeerId() == peer.peerId) {
      region.getPeersList().stream().filter(each -> each.getPeerId() != peer.peerId && !each.getLearner()).max(Comparator.comparingLong(each -> peer.node.matched(each.getPeerId())))
          .ifPresent(other -> peer.node.transferLeadership(other.getPeerId()));
      store.refuse(done, RegionErrors.busy("the leader of region " + region.getId() + " hands over before it goes; ask again"));
    } else {
      propose(asked, ConfChange.Type.REMOVE, done);
    }
  }

  private void propose(Peer changed, ConfChange.Type type, CompletableFuture<Region> done) {
    var change = new ConfChange(ConfChange.Transition.AUTO, List.of(new ConfChange.Change(type, changed.getPeerId())), changed.toByteArray());
    peer.proposeAlone(done, () -> peer.node.propose(change));
  }

  /** Gives learners that have the log their vote, one after the other. */
  void work() {
    if (isQuiet() || !peer.leads() || (promotion != null && !promotion.isDone())) return;
    for (Peer each : peer.region().getPeersList()) {
      long matched = peer.node.matched(each.getPeerId());
      boolean due = each.getPromote() || waiting.containsKey(each.getPeerId());
      if (!due || matched == 0 || matched + MAX_LAG < peer.node.committed()) continue;
      promotion = new CompletableFuture<>();
      propose(each, ConfChange.Type.ADD_VOTER, promotion);
      return;
    }
  }

  /** The region's peers may have changed. */
  void changed() {
    Region region = peer.region();
    for (Peer each : region.getPeersList()) {
      var done = each.getLearner() ? null : waiting.remove(each.getPeerId());
      if (done != null) store.tell(List.of(done), waits -> waits.complete(region));
    }
  }

  /** Leadership is lost, or the peer ends: whoever waits is told. */
  void fail(RegionException refusal) {
    waiting.values().forEach(done -> store.refuse(done, refusal));
    waiting.clear();
  }
}
