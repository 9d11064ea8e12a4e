package nokv.raftstore.store;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import nokv.raftstore.proto.Merge;
import nokv.raftstore.proto.MergeStep;
import nokv.raftstore.proto.Region;
import org.jspecify.annotations.Nullable;

/*
 * How two regions become one
 *
 * The target takes in the source, the region behind it; both have their peers on the same stores. The target's log decides:
 *
 *   target   BEGIN      from now on its peers and bounds stay; the entry's index names the merge
 *   source   PREPARE    its epoch version grows: what was proposed before and lies behind is void. It serves and takes nothing more; its peers stay
 *   source   READY      its leader has seen the entry of PREPARE on every peer's disk
 *   target   COMMIT     its bounds grow, its version is above both. Valid only in the merge it names, unless that was aborted before
 *   target   ABORT      instead of COMMIT: somebody is missing, or the source has changed
 *   source   ROLLBACK   its version grows and it serves again; where it was not prepared yet, now it never will be
 *   target   END        of an aborted merge, once the source is known to be past it
 *
 * Nobody sends anything for it. Every store has a peer of both; whoever leads one of them acts on what its own store has applied of the other, at every tick, so any leader goes on with it.
 * The target remembers the merge until the source cannot be in doubt: a source that finds its target past the merge with no word of an abort knows that it was taken in.
 *
 * A target's peer that applies COMMIT first has the source's peer beside it apply all up to PREPARE, which is on its disk, whatever has become of the source's leader. Then both states are
 * written in one batch, the source's as a tombstone. Its log stays until that batch is in a table.
 *
 * A target's peer that gets a snapshot from behind COMMIT has no use for the source's peer beside it, which ends then: a region's first key never changes, so whoever else holds that key with
 * a greater version has taken the region in. An orphan, whose target has left this store or passed the merge by a snapshot that does not hold its keys, is told
 * so when it asks for votes.
 *
 * Reads: the source's leader answers none from PREPARE on, so none is answered there once the target may have been written to in its place; a leader of the merged region learns a new
 * greatest read timestamp before it gives versions of its own (ReadTimestamps).
 */

/** A region's part in a merge. Used by the store loop only. */
final class Merging {
  /** Election timeouts that a source may take until it is ready. */
  private static final int PATIENCE_ELECTIONS = 10;
  /** Entries that a source's peer may be behind: under load nobody ever has all. */
  private static final long MAX_LAG = 256;

  private final Store store;
  private final StoreOptions options;
  private final RegionPeer peer;
  /** Who waits for the merge of which this region is the target. */
  private @Nullable CompletableFuture<Region> waiting;
  private @Nullable CompletableFuture<Region> step;
  /** The merge that is looked after, and since which tick. */
  private long begun;
  private long since;

  Merging(Store store, StoreOptions options, RegionPeer peer) {
    this.store = store;
    this.options = options;
    this.peer = peer;
  }

  /** Why this region cannot take in another, or null. */
  @Nullable String mistake(Region asked) {
    Region target = peer.region();
    RegionPeer neighbour = store.find(asked.getId());
    if (neighbour == null) return "region " + asked.getId() + " has no peer on the store that leads region " + target.getId();
    return RegionLife.mergeMistake(target, neighbour.region());
  }

  /** Takes in the region behind this one, which may be taken in. {@code done} is told when that has happened, or was given up. */
  void begin(long source, CompletableFuture<Region> done) {
    RegionPeer neighbour = store.find(source);
    if (neighbour == null) return;
    if (waiting != null) store.refuse(waiting, RegionErrors.busy("the same was asked again"));
    waiting = done;
    if (peer.region().hasMerge()) return;
    propose(MergeStep.newBuilder().setKind(MergeStep.Kind.BEGIN).setOther(neighbour.region())).whenComplete((begun, error) -> {
      if (error != null) done.completeExceptionally(error);
    });
  }

  boolean isQuiet() {
    return waiting == null && !peer.region().hasMerge();
  }

  /** Once a round. */
  void work() {
    if (!peer.region().hasMerge()) return;
    Merge merge = peer.region().getMerge();
    if (merge.getBegun() != begun) {
      begun = merge.getBegun();
      since = store.ticks();
    }
    RegionPeer other = store.find(merge.getRegionId());
    if (other == null) return;
    if (!merge.getSource()) {
      // It acts for the source, too, which has nothing to look at before it is prepared.
      other.wake();
      if (other.leads()) other.merging.answer(peer.region());
      if (peer.leads()) drive(merge, other.region());
    } else if (peer.leads() && !merge.getReady() && peer.hasEverywhere(merge.getPrepared())) {
      propose(MergeStep.newBuilder().setKind(MergeStep.Kind.READY).setBegun(begun));
    }
  }

  /** As the target's leader. */
  private void drive(Merge merge, Region source) {
    boolean joined = source.getMerge().getSource() && source.getMerge().getBegun() == begun;
    // Later, that is: this store's peer may also be behind.
    boolean moved = !joined && (source.getEpoch().getVersion() > merge.getSourceEpoch().getVersion() || source.getEpoch().getConfVersion() > merge.getSourceEpoch().getConfVersion());
    boolean late = store.ticks() - since > (long) PATIENCE_ELECTIONS * options.electionTicks();
    var next = MergeStep.newBuilder().setBegun(begun);
    if (merge.getAborted()) {
      if (moved) propose(next.setKind(MergeStep.Kind.END));
    } else if (joined && source.getMerge().getReady()) {
      propose(next.setKind(MergeStep.Kind.COMMIT).setOther(source));
    } else if (moved || late) {
      propose(next.setKind(MergeStep.Kind.ABORT));
    }
  }

  /** As the source's leader, to what this store has applied of the target. */
  private void answer(Region target) {
    Merge merge = target.getMerge();
    Region source = peer.region();
    boolean joined = source.getMerge().getSource() && source.getMerge().getBegun() == merge.getBegun();
    boolean unchanged = !source.hasMerge() && source.getEpoch().equals(merge.getSourceEpoch());
    var next = MergeStep.newBuilder().setBegun(merge.getBegun()).setOther(target).setEpoch(merge.getSourceEpoch());
    if (merge.getAborted()) {
      if (joined || unchanged) propose(next.setKind(MergeStep.Kind.ROLLBACK));
    } else if (unchanged && peer.node.hearsAll() && peer.hasEverywhere(peer.node.committed() - MAX_LAG)) {
      // A source that has to wait for a peer that is far behind would stand still so long.
      propose(next.setKind(MergeStep.Kind.PREPARE));
    }
  }

  /** One step at a time: what has become of it is seen in the region. */
  private CompletableFuture<Region> propose(MergeStep.Builder next) {
    if (step != null && !step.isDone()) return step;
    var done = new CompletableFuture<Region>();
    step = done;
    var command = new RegionCommand.Merge(peer.region().getEpoch().getVersion(), next.build());
    peer.proposeAlone(done, () -> peer.node.propose(RegionCommand.encode(command)));
    return done;
  }

  /** The region is another one than it was. */
  void changed(Region before) {
    CompletableFuture<Region> done = waiting;
    if (done == null || !before.hasMerge() || peer.region().hasMerge()) return;
    waiting = null;
    Region now = peer.region();
    if (!now.getEndKey().equals(before.getEndKey())) store.tell(List.of(done), each -> each.complete(now));
    else store.refuse(done, RegionErrors.busy("region " + before.getMerge().getRegionId() + " was not taken in by region " + now.getId() + ": one of its peers is missing or far behind, or it has changed meanwhile"));
  }

  /** Leadership is lost, or the peer ends: whoever waits is told. */
  void fail() {
    if (waiting != null) store.refuse(waiting, RegionErrors.undetermined(peer.region().getId()));
    waiting = null;
  }
}
