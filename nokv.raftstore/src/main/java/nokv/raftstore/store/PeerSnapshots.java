package nokv.raftstore.store;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import nokv.raftstore.proto.Peer;
import nokv.raftstore.proto.SnapshotHeader;
import nokv.raftstore.raft.Message;
import nokv.raftstore.raft.Ready;
import nokv.raftstore.raft.Snapshot;
import nokv.spi.StorageEngine;
import org.jspecify.annotations.Nullable;

/** The snapshots that a region's peer gives and takes. Used by the store loop only. */
final class PeerSnapshots {
  /** A snapshot that a stream is to be made of. */
  private record Prepared(Snapshot snapshot, RegionState state, StorageEngine.Pin pin) {}

  private final Store store;
  private final RegionPeer peer;
  private @Nullable Prepared prepared;
  /** A snapshot that is laid aside, while the node judges it and while it is installed. */
  private @Nullable SnapshotHeader offered;
  private @Nullable CompletableFuture<Void> offeredDone;
  /** Steps that wait for a snapshot to be installed, the first of which brought it; null = none is. */
  private @Nullable List<Ready.StorageAppend> behind;

  PeerSnapshots(Store store, RegionPeer peer) {
    this.store = store;
    this.peer = peer;
  }

  // To others

  /** As of what is applied in the engine now, which may be a little more than the node has been told. */
  @Nullable Snapshot make() {
    if (!store.maySendSnapshot()) return null;
    dropPrepared();
    var pin = store.engine().pin();
    RegionState pinned = store.readState(peer.region().getId(), pin);
    if (pinned == null || pinned.status() != RegionState.Status.NORMAL) {
      pin.close();
      return null;
    }
    var snapshot = new Snapshot(pinned.appliedIndex(), pinned.appliedTerm(), RegionState.configuration(pinned.region()), new byte[0]);
    prepared = new Prepared(snapshot, pinned, pin);
    return snapshot;
  }

  private void dropPrepared() {
    if (prepared != null) prepared.pin.close();
    prepared = null;
  }

  void send(@Nullable Peer to, Message.InstallSnapshot install) {
    Prepared taken = prepared;
    prepared = null;
    if (taken == null || to == null || taken.snapshot != install.snapshot()) {
      if (taken != null) taken.pin.close();
      store.post(() -> sent(install.to(), false));
      return;
    }
    store.sendSnapshot(peer, to, install, taken.state, taken.pin);
  }

  void sent(long to, boolean arrived) {
    if (peer.isClosed()) return;
    peer.node.reportSnapshot(to, arrived);
    store.changed(peer);
  }

  // From others

  boolean wants(SnapshotHeader header) {
    return !peer.isClosed() && offeredDone == null && header.getIndex() > peer.node.committed() && header.getMessage().getTo().getPeerId() == peer.peerId;
  }

  /** A snapshot is laid aside: the node judges it. */
  void offer(SnapshotHeader header, Message message, CompletableFuture<Void> done) {
    offered = header;
    offeredDone = done;
    peer.learn(header.getRegion());
    peer.message(header.getMessage().getFrom(), message);
  }

  /** Whether a step has to wait for one that brought a snapshot; it is appended when that is in its place. */
  boolean holds(Ready.StorageAppend append) {
    if (append.snapshot() == null && behind == null) return false;
    if (behind == null) behind = new ArrayList<>();
    behind.add(append);
    if (append.snapshot() != null) install();
    return true;
  }

  private void install() {
    SnapshotHeader header = offered;
    if (header == null) throw new IllegalStateException("region " + peer.region().getId() + " is to take in a snapshot that is not here");
    var state = new RegionState(header.getRegion(), peer.peerId, RegionState.Status.NORMAL, header.getIndex(), header.getTerm());
    store.displace(header.getRegion(), peer, tombstones -> {
      if (!peer.isClosed()) peer.applier.submit(new Applier.Install(state, tombstones));
    });
  }

  /** It is in its place, and those whose keys it holds are gone. */
  void installed() {
    var waiting = behind;
    behind = null;
    if (waiting != null) waiting.forEach(append -> store.append(peer, append));
    endOffer();
  }

  /** The node did not need it. */
  void work() {
    if (offeredDone != null && behind == null) endOffer();
  }

  /** Whether none is here to be judged or installed. */
  boolean isIdle() {
    return offered == null;
  }

  private void endOffer() {
    var done = offeredDone;
    offered = null;
    offeredDone = null;
    if (done != null) store.tell(List.of(done), each -> each.complete(null));
  }

  void close(RegionException why) {
    dropPrepared();
    if (offeredDone != null) store.refuse(offeredDone, why);
    offeredDone = null;
  }
}
