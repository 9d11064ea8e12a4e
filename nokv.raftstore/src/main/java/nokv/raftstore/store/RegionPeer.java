package nokv.raftstore.store;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import nokv.raftstore.log.RegionLog;
import nokv.raftstore.proto.Context;
import nokv.raftstore.proto.Peer;
import nokv.raftstore.proto.Region;
import nokv.raftstore.proto.SnapshotHeader;
import nokv.raftstore.raft.Entry;
import nokv.raftstore.raft.Message;
import nokv.raftstore.raft.Proposal;
import nokv.raftstore.raft.RaftNode;
import nokv.raftstore.raft.ReadState;
import nokv.raftstore.raft.Ready;
import nokv.raftstore.raft.RoleKind;
import nokv.raftstore.raft.Snapshot;
import nokv.spi.StorageEngine;
import org.jspecify.annotations.Nullable;

/*
 * How a region's peer is driven
 *
 * Events (messages, ticks, proposals, reads) are put into the node or gathered here; `work`, once a round, proposes and asks what was gathered and hands on what the node wants done:
 * messages to the network, what is to be stored to the store's next append, committed entries to the applier. Proposals made while own entries are being stored wait and go into one
 * entry; all reads of a round share one read index.
 *
 * A region in which nothing happens falls asleep: its leader tells the others and stops to tick, and so do they. Whatever is asked or sent wakes it, and so does the silence of the store its
 * leader is on (see Store). The leader's lease does not outlive its sleep: it ticks beyond it before anything else.
 *
 * What changes peers or regions is applied only when it is stored that it is committed. Whoever is removed takes its log with it; if those who stay could forget, by losing their power, that
 * they may go on without it, they would ask for its vote for ever. And a region that was split off has made promises of its own: it must be born again after a crash, even where its parent
 * does not hear from the others any more.
 *
 * Every proposal is in exactly one place: `proposals` (not proposed), `proposed` (in the log, fate unknown), or the applier. Losing leadership empties the first with NotLeader and the
 * second with Undetermined; what the applier has is committed, and answered there.
 */

/** A region's replica on this store. Used by the store loop only. */
final class RegionPeer {
  private record Read(long epochVersion, CompletableFuture<Regions.Lead> done) {}

  /** A snapshot that a stream is to be made of. */
  private record Prepared(Snapshot snapshot, RegionState state, StorageEngine.Pin pin) {}

  private record Answered(long index, List<Read> reads) {}

  /** @param append that it waits for; null = only for its turn */
  private record Behind(Ready.@Nullable StorageAppend append, Applier.Work work) {}

  /** Election timeouts in which nothing happens before it falls asleep. */
  private static final int QUIET_ELECTIONS = 4;
  /** Election timeouts without a word after which an empty peer goes. */
  private static final int STRAY_ELECTIONS = 20;

  private final Store store;
  private final StoreOptions options;
  final long peerId;
  final RaftNode node;
  final RegionLog log;
  final Applier applier;
  final Membership membership;
  private Region region;
  private long appliedIndex;
  /** On which store a peer is; also of some that are no members any more, or not yet. */
  private final Map<Long, Peer> peers = new HashMap<>();

  private final List<Waiting> proposals = new ArrayList<>();
  private final ArrayDeque<Applier.Proposed> proposed = new ArrayDeque<>();
  private List<Read> reads = new ArrayList<>();
  private final Map<Long, List<Read>> asked = new HashMap<>();
  private final List<Answered> answered = new ArrayList<>();
  private long nextRead = 1;

  private @Nullable Prepared prepared;
  /** A snapshot that is laid aside, while the node judges it and while it is installed. */
  private @Nullable SnapshotHeader offered;
  private @Nullable CompletableFuture<Void> offeredDone;
  /** Steps that wait for a snapshot to be installed, the first of which brought it; null = none is. */
  private @Nullable List<Ready.StorageAppend> behindSnapshot;
  /** Work that waits for its commit index to be stored, and what came after it. */
  private final ArrayDeque<Behind> behindCommit = new ArrayDeque<>();

  /** Steps handed to the store's append and not stored. */
  private int storing;
  /** The term it was last found leading in; 0 = it was not. */
  private long leadTerm;
  private boolean announced;
  private boolean dirty;
  private boolean closed;
  private long ticked;
  private long heard;
  private boolean asleep;
  private int quietTicks;
  private boolean sentInRound;

  RegionPeer(Store store, StoreOptions options, RegionState state, RegionLog log, long ticks, RandomGenerator random) {
    this.store = store;
    this.options = options;
    this.log = log;
    peerId = state.peerId();
    region = state.region();
    appliedIndex = state.appliedIndex();
    ticked = ticks;
    heard = ticks;
    log.start(state.appliedIndex(), state.appliedTerm(), RegionState.configuration(region), this::makeSnapshot);
    node = new RaftNode(options.raft(peerId), log, appliedIndex, random);
    applier = new Applier(store.environment(), store.engine(), state, done -> store.post(() -> applied(done)), installed -> store.post(() -> installed(installed)),
        error -> store.post(() -> store.broken(this, error)));
    membership = new Membership(store, this);
    learn(region);
  }

  private void learn(Region known) {
    for (Peer peer : known.getPeersList()) peers.put(peer.getPeerId(), peer);
  }

  Region region() {
    return region;
  }

  long appliedIndex() {
    return appliedIndex;
  }

  boolean leads() {
    return node.softState().role() == RoleKind.LEADER;
  }

  @Nullable Peer leader() {
    return peers.get(node.softState().leader());
  }

  /** Whether it was clean before. */
  boolean markDirty() {
    boolean was = dirty;
    dirty = true;
    return !was && !closed;
  }

  // Events

  void message(Peer from, Message message) {
    if (closed) return;
    // The answer to the last heartbeat before it fell asleep changes nothing.
    if (!(message instanceof Message.HeartbeatResponse)) wake();
    heard = store.ticks();
    peers.putIfAbsent(from.getPeerId(), from);
    node.step(message);
  }

  /** Whether it was made for a message, and was then neither given its region nor spoken to any more: its group may have gone on without it, and its range is in the way of others. */
  boolean isStray(long ticks) {
    return region.getPeersCount() == 0 && offered == null && ticks - heard > (long) STRAY_ELECTIONS * options.electionTicks();
  }

  boolean isAsleep() {
    return asleep;
  }

  /** From now on time passes here again. */
  void wake() {
    quietTicks = 0;
    if (!asleep) return;
    asleep = false;
    // As many as end a lease, and too few to miss a majority that has slept as well.
    ticked = Math.max(ticked, store.ticks() - (options.electionTicks() - 2));
    tickTo(store.ticks());
    store.changed(this);
  }

  /** The leader has said that it falls asleep. */
  void sleep(Peer leading) {
    asleep = !leads() && node.softState().leader() == leading.getPeerId() && appliedIndex == node.lastIndex() && node.committed() == appliedIndex && storing == 0;
  }

  /** Its leader's store is silent. */
  void leaderSilent(long storeId) {
    Peer leading = leader();
    if (asleep && (leading == null || leading.getStoreId() == storeId)) wake();
  }

  void unreachable(long storeId) {
    leaderSilent(storeId);
    if (!leads()) return;
    for (Peer peer : region.getPeersList()) if (peer.getStoreId() == storeId) node.reportUnreachable(peer.getPeerId());
  }

  void propose(Waiting waiting) {
    wake();
    if (!leads() || node.term() != waiting.term()) refuse(List.of(waiting.done()), RegionErrors.notLeader(region.getId(), leader()));
    else proposals.add(waiting);
  }

  void read(Context context, CompletableFuture<Regions.Lead> done) {
    wake();
    if (!leads()) refuse(List.of(done), RegionErrors.notLeader(region.getId(), leader()));
    else if (context.getEpoch().getVersion() != region.getEpoch().getVersion()) refuse(List.of(done), store.epochNotMatch(region, context.getEpoch().getVersion()));
    else reads.add(new Read(context.getEpoch().getVersion(), done));
  }

  /** Proposes something other than writes, at once. */
  void proposeAlone(CompletableFuture<Region> done, java.util.function.Supplier<Proposal> proposing) {
    wake();
    var waiting = new Waiting(new RegionCommand.Proposal(region.getEpoch().getVersion(), List.of()), node.term(), done);
    proposed(proposing.get(), List.of(waiting));
  }

  void proposeSplit(RegionCommand.Split split, CompletableFuture<Region> done) {
    proposeAlone(done, () -> node.propose(RegionCommand.encode(split)));
  }

  // The round

  void work(long ticks) {
    dirty = false;
    sentInRound = false;
    if (closed) return;
    if (!asleep) tickTo(ticks);
    followRole();
    if (storing == 0) proposeGathered();
    askReads();
    membership.work();
    while (node.hasReady()) {
      handle(node.ready());
      followRole();
    }
    if (offeredDone != null && behindSnapshot == null) endOffer();
    // Not in a round that has sent a heartbeat, which might arrive later and wake the others again.
    if (quietTicks >= QUIET_ELECTIONS * options.electionTicks() && !sentInRound && node.hearsAll()) fallAsleep();
  }

  private void fallAsleep() {
    quietTicks = 0;
    asleep = true;
    for (Peer peer : region.getPeersList()) if (peer.getPeerId() != peerId) store.sendSleep(this, peer);
  }

  /** Beyond three election timeouts nothing changes any more. */
  private void tickTo(long ticks) {
    long due = Math.min(ticks - ticked, 3L * options.electionTicks());
    ticked = ticks;
    if (due <= 0) return;
    boolean quiet = node.isQuiet() && announced && membership.isQuiet() && asked.isEmpty() && reads.isEmpty() && proposals.isEmpty() && storing == 0;
    quietTicks = quiet ? quietTicks + (int) due : 0;
    for (; due > 0; due--) node.tick();
  }

  private void proposeGathered() {
    int from = 0;
    while (from < proposals.size()) {
      int to = from;
      long bytes = 0;
      while (to < proposals.size() && (to == from || bytes + proposals.get(to).proposal().bytes() <= options.entryBytes())) bytes += proposals.get(to++).proposal().bytes();
      var together = List.copyOf(proposals.subList(from, to));
      byte[] data = RegionCommand.encode(new RegionCommand.Writes(together.stream().map(Waiting::proposal).toList()));
      proposed(node.propose(data), together);
      from = to;
    }
    proposals.clear();
  }

  private void proposed(Proposal result, List<Waiting> waiting) {
    switch (result) {
      case Proposal.Appended appended -> proposed.add(new Applier.Proposed(appended.index(), appended.term(), waiting));
      case Proposal.Refused refused -> refuse(waiting.stream().map(Waiting::done).toList(), switch (refused.reason()) {
        case NOT_LEADER, NOT_MEMBER -> RegionErrors.notLeader(region.getId(), leader());
        case TRANSFERRING -> RegionErrors.busy("leadership of region " + region.getId() + " is being handed over");
        case BUSY -> RegionErrors.busy("too much is proposed to region " + region.getId() + " and not committed");
      });
    }
  }

  private void askReads() {
    if (reads.isEmpty()) return;
    long context = nextRead++;
    asked.put(context, reads);
    if (!node.readIndex(context)) refuseReads(asked.remove(context), RegionErrors.busy("too many reads of region " + region.getId() + " wait"));
    reads = new ArrayList<>();
  }

  private void handle(Ready ready) {
    for (Message message : ready.messages()) send(message);
    for (ReadState state : ready.readStates()) {
      var waiting = asked.remove(state.context());
      if (waiting != null) answered.add(new Answered(state.index(), waiting));
    }
    answerReads();
    var append = ready.append();
    if (append != null) {
      if (append.snapshot() != null || behindSnapshot != null) waitForSnapshot(append);
      else if (storing == 0 && !append.mustSync() && append.snapshot() == null) stored(append);
      else {
        storing++;
        store.append(this, append);
      }
    }
    var apply = ready.apply();
    if (apply != null) apply(new Applier.Work(apply.entries(), apply.response(), takeProposed(apply.entries())));
  }

  private void apply(Applier.Work work) {
    boolean changes = work.entries().stream().anyMatch(entry -> entry.isChange() || RegionCommand.isOnRegions(entry.data()));
    if (!changes && behindCommit.isEmpty()) {
      applier.submit(work);
      return;
    }
    var append = changes ? new Ready.StorageAppend(node.hardState(), null, List.of(), true, List.of()) : null;
    behindCommit.add(new Behind(append, work));
    if (append == null) return;
    storing++;
    store.append(this, append);
  }

  private void commitStored(Ready.StorageAppend append) {
    if (behindCommit.isEmpty() || behindCommit.getFirst().append != append) return;
    do applier.submit(behindCommit.remove().work);
    while (!behindCommit.isEmpty() && behindCommit.getFirst().append == null);
  }

  private List<Applier.Proposed> takeProposed(List<Entry> entries) {
    if (proposed.isEmpty()) return List.of();
    var taken = new ArrayList<Applier.Proposed>();
    for (Entry entry : entries) {
      while (!proposed.isEmpty() && proposed.getFirst().index() < entry.index()) lost(proposed.remove());
      if (proposed.isEmpty() || proposed.getFirst().index() > entry.index()) continue;
      var own = proposed.remove();
      if (own.term() == entry.term()) taken.add(own);
      else lost(own);
    }
    return taken;
  }

  private void lost(Applier.Proposed own) {
    refuse(own.waiting().stream().map(Waiting::done).toList(), RegionErrors.undetermined(region.getId()));
  }

  private void send(Message message) {
    Peer to = peers.get(message.to());
    sentInRound = true;
    if (message instanceof Message.InstallSnapshot install) {
      sendSnapshot(to, install);
    } else if (to != null) {
      store.send(this, to, message);
    }
  }

  // Snapshots

  /** As of what is applied in the engine now, which may be a little more than the node has been told. */
  private @Nullable Snapshot makeSnapshot() {
    if (!store.maySendSnapshot()) return null;
    dropPrepared();
    var pin = store.engine().pin();
    RegionState pinned = store.readState(region.getId(), pin);
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

  private void sendSnapshot(@Nullable Peer to, Message.InstallSnapshot install) {
    Prepared taken = prepared;
    prepared = null;
    if (taken == null || to == null || taken.snapshot != install.snapshot()) {
      if (taken != null) taken.pin.close();
      store.post(() -> snapshotSent(install.to(), false));
      return;
    }
    store.sendSnapshot(this, to, install, taken.state, taken.pin);
  }

  void snapshotSent(long to, boolean sent) {
    if (closed) return;
    node.reportSnapshot(to, sent);
    store.changed(this);
  }

  boolean wantsSnapshot(SnapshotHeader header) {
    return offeredDone == null && header.getIndex() > node.committed() && header.getMessage().getTo().getPeerId() == peerId;
  }

  /** A snapshot is laid aside: the node judges it. */
  void offer(SnapshotHeader header, Message message, CompletableFuture<Void> done) {
    offered = header;
    offeredDone = done;
    learn(header.getRegion());
    message(header.getMessage().getFrom(), message);
  }

  /** The snapshot is in its place, or was not needed. */
  private void endOffer() {
    var done = offeredDone;
    offered = null;
    offeredDone = null;
    if (done != null) store.tell(List.of(done), each -> each.complete(null));
  }

  private void waitForSnapshot(Ready.StorageAppend append) {
    storing++;
    if (behindSnapshot == null) behindSnapshot = new ArrayList<>();
    behindSnapshot.add(append);
    if (append.snapshot() == null) return;
    SnapshotHeader header = offered;
    if (header == null) throw new IllegalStateException("region " + region.getId() + " is to take in a snapshot that is not here");
    applier.submit(new Applier.Install(new RegionState(header.getRegion(), peerId, RegionState.Status.NORMAL, header.getIndex(), header.getTerm())));
  }

  private void installed(RegionState state) {
    if (closed) return;
    region = state.region();
    appliedIndex = state.appliedIndex();
    learn(region);
    store.regionsChanged();
    var waiting = behindSnapshot;
    behindSnapshot = null;
    if (waiting != null) waiting.forEach(append -> store.append(this, append));
    endOffer();
    store.changed(this);
  }

  // Peers

  /** Hands leadership over. */
  void transfer(Peer to) {
    wake();
    node.transferLeadership(to.getPeerId());
  }

  Peer self() {
    Peer known = peers.get(peerId);
    return known != null ? known : Peer.newBuilder().setPeerId(peerId).setStoreId(store.storeId()).build();
  }

  // Answers from storage and applier

  /** A step that was handed to the store's append is durable. */
  void storedLater(Ready.StorageAppend append) {
    storing--;
    if (closed) return;
    stored(append);
    commitStored(append);
  }

  private void stored(Ready.StorageAppend append) {
    for (Message response : append.responses()) {
      if (response.isLocal()) node.step(response);
      else send(response);
    }
    if (append.hardState() != null && append.entries().isEmpty()) log.remember(append.hardState());
  }

  private void applied(Applier.Done done) {
    if (closed) return;
    if (region != done.state().region()) store.regionsChanged();
    region = done.state().region();
    appliedIndex = done.state().appliedIndex();
    learn(region);
    for (var change : done.changes()) node.applyConfiguration(change.index(), change.configuration());
    node.step(done.response());
    membership.changed();
    for (RegionState each : done.born()) store.born(each, leads());
    for (Waiting each : done.moved()) refuse(List.of(each.done()), store.epochNotMatch(region, each.proposal().epochVersion()));
    if (!done.born().isEmpty() && announced) store.listener().leading(region, leadTerm);
    followRole();
    boolean own = done.state().appliedTerm() == leadTerm;
    if (leadTerm != 0 && own && !announced) {
      announced = true;
      store.listener().leading(region, leadTerm);
    }
    answerReads();
    if (done.state().status() == RegionState.Status.TOMBSTONE) store.removed(this, done.state());
    else store.changed(this);
  }

  private void answerReads() {
    if (answered.isEmpty()) return;
    var ready = new ArrayList<Read>();
    for (Iterator<Answered> each = answered.iterator(); each.hasNext(); ) {
      Answered next = each.next();
      if (next.index > appliedIndex) continue;
      ready.addAll(next.reads);
      each.remove();
    }
    if (ready.isEmpty()) return;
    var lead = new Regions.Lead(region, node.term());
    long version = region.getEpoch().getVersion();
    store.tell(ready.stream().filter(read -> read.epochVersion == version).toList(), read -> read.done.complete(lead));
    for (Read read : ready) if (read.epochVersion != version) refuse(List.of(read.done), store.epochNotMatch(region, read.epochVersion));
  }

  // Leadership

  private void followRole() {
    long now = leads() ? node.term() : 0;
    if (now == leadTerm) return;
    boolean told = announced;
    boolean lostIt = leadTerm != 0;
    leadTerm = now;
    announced = false;
    if (!lostIt) return;
    failAll(RegionErrors.notLeader(region.getId(), leader()));
    if (told) store.listener().notLeading(region.getId());
  }

  private void failAll(RegionException refusal) {
    refuse(proposals.stream().map(Waiting::done).toList(), refusal);
    proposals.clear();
    while (!proposed.isEmpty()) lost(proposed.remove());
    refuseReads(reads, refusal);
    reads = new ArrayList<>();
    asked.values().forEach(waiting -> refuseReads(waiting, refusal));
    asked.clear();
    membership.fail(refusal);
    answered.forEach(waiting -> refuseReads(waiting.reads, refusal));
    answered.clear();
  }

  private void refuseReads(@Nullable List<Read> waiting, RegionException refusal) {
    if (waiting != null) refuse(waiting.stream().map(Read::done).toList(), refusal);
  }

  private void refuse(List<? extends CompletableFuture<?>> waiting, RegionException refusal) {
    if (!waiting.isEmpty()) store.tell(waiting, each -> each.completeExceptionally(refusal));
  }

  /** Ends: everybody who waits is told. */
  void close(RegionException why) {
    if (closed) return;
    closed = true;
    behindCommit.forEach(each -> each.work.answers().forEach(this::lost));
    behindCommit.clear();
    boolean told = announced;
    announced = false;
    failAll(why);
    if (told) store.listener().notLeading(region.getId());
    dropPrepared();
    if (offeredDone != null) refuse(List.of(offeredDone), why);
    offeredDone = null;
  }
}
