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
import nokv.raftstore.raft.Entry;
import nokv.raftstore.raft.Message;
import nokv.raftstore.raft.Proposal;
import nokv.raftstore.raft.RaftNode;
import nokv.raftstore.raft.ReadState;
import nokv.raftstore.raft.Ready;
import nokv.raftstore.raft.RoleKind;
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
  final Merging merging;
  final PeerSnapshots snapshots;
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
  /** Who waits for it to have applied up to an index, to take it in. */
  private @Nullable CompletableFuture<Void> broughtUpDone;
  private long upTo;

  RegionPeer(Store store, StoreOptions options, RegionState state, RegionLog log, long ticks, RandomGenerator random) {
    this.store = store;
    this.options = options;
    this.log = log;
    peerId = state.peerId();
    region = state.region();
    appliedIndex = state.appliedIndex();
    ticked = ticks;
    heard = ticks;
    membership = new Membership(store, this);
    merging = new Merging(store, options, this);
    snapshots = new PeerSnapshots(store, this);
    log.start(state.appliedIndex(), state.appliedTerm(), RegionState.configuration(region), snapshots::make);
    node = new RaftNode(options.raft(peerId), log, appliedIndex, random);
    applier = new Applier(store.storeId(), store.environment(), store.engine(), state, done -> store.post(() -> applied(done)), installed -> store.post(() -> installed(installed)),
        error -> store.post(() -> store.broken(this, error)), commit -> store.bringUp(commit.step().getOther()));
    learn(region);
  }

  void learn(Region known) {
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
    return region.getPeersCount() == 0 && snapshots.isIdle() && ticks - heard > (long) STRAY_ELECTIONS * options.electionTicks();
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
    asleep = !leads() && !region.hasMerge() && node.softState().leader() == leading.getPeerId() && appliedIndex == node.lastIndex() && node.committed() == appliedIndex && storing == 0;
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
    else if (RegionLife.isBeingTakenIn(region)) refuse(List.of(waiting.done()), RegionErrors.merging(region));
    else proposals.add(waiting);
  }

  void read(Context context, CompletableFuture<Regions.Lead> done) {
    wake();
    if (!leads()) refuse(List.of(done), RegionErrors.notLeader(region.getId(), leader()));
    else if (context.getEpoch().getVersion() != region.getEpoch().getVersion()) refuse(List.of(done), store.epochNotMatch(region, context.getEpoch().getVersion()));
    else if (RegionLife.isBeingTakenIn(region)) refuse(List.of(done), RegionErrors.merging(region));
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
    merging.work();
    while (node.hasReady()) {
      handle(node.ready());
      followRole();
    }
    snapshots.work();
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
    boolean quiet = node.isQuiet() && announced && membership.isQuiet() && merging.isQuiet() && asked.isEmpty() && reads.isEmpty() && proposals.isEmpty() && storing == 0;
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
    if (ready.softState() != null && region.getPeersCount() > 0) {
      Peer leading = leader();
      store.events().leader(region, leading == null ? 0 : leading.getStoreId());
    }
    for (Message message : ready.messages()) send(message);
    for (ReadState state : ready.readStates()) {
      var waiting = asked.remove(state.context());
      if (waiting != null) answered.add(new Answered(state.index(), waiting));
    }
    answerReads();
    var append = ready.append();
    if (append != null) {
      if (snapshots.holds(append)) storing++;
      else if (storing == 0 && !append.mustSync()) stored(append);
      else {
        storing++;
        store.append(this, append);
      }
    }
    var apply = ready.apply();
    if (apply != null) apply(apply.entries());
  }

  /** Entries of merges are pieces of work of their own: one that commits has to wait for its source. */
  private void apply(List<Entry> entries) {
    int from = 0;
    for (int at = 0; at < entries.size(); at++) {
      boolean merge = RegionCommand.isMerge(entries.get(at).data());
      if (merge && at > from) submit(entries.subList(from, at));
      if (merge) submit(entries.subList(at, at + 1));
      if (merge) from = at + 1;
    }
    if (from < entries.size()) submit(entries.subList(from, entries.size()));
  }

  private void submit(List<Entry> entries) {
    var work = new Applier.Work(entries, new Message.Applied(peerId, entries), takeProposed(entries));
    boolean changes = entries.stream().anyMatch(entry -> entry.isChange() || RegionCommand.isOnRegions(entry.data()));
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
      snapshots.send(to, install);
    } else if (to != null) {
      store.send(this, to, message);
    }
  }

  private void installed(RegionState state) {
    if (closed) return;
    Region before = region;
    region = state.region();
    appliedIndex = state.appliedIndex();
    learn(region);
    store.regionsChanged();
    store.displaced(region, this);
    merging.changed(before);
    snapshots.installed();
    broughtUp();
    store.changed(this);
  }

  // Peers

  /** Hands leadership over. */
  void transfer(Peer to) {
    wake();
    node.transferLeadership(to.getPeerId());
  }

  /** Whether it leads and knows that all peers have an entry on their disks. */
  boolean hasEverywhere(long index) {
    return leads() && region.getPeersList().stream().allMatch(peer -> node.matched(peer.getPeerId()) >= index);
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
    Region before = region;
    if (before != done.state().region()) store.regionsChanged();
    region = done.state().region();
    appliedIndex = done.state().appliedIndex();
    learn(region);
    for (var change : done.changes()) node.applyConfiguration(change.index(), change.configuration());
    node.step(done.response());
    membership.changed();
    for (RegionState each : done.born()) store.born(each, leads());
    for (Waiting each : done.moved()) refuse(List.of(each.done()), store.epochNotMatch(region, each.proposal().epochVersion()));
    for (RegionState each : done.takenIn()) store.takenIn(each, done.sequence());
    merging.changed(before);
    broughtUp();
    if (announced && region.getEpoch().getVersion() != before.getEpoch().getVersion()) store.listener().leading(region, leadTerm);
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
    if (RegionLife.isBeingTakenIn(region)) {
      refuseReads(ready, RegionErrors.merging(region));
      return;
    }
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
    merging.fail();
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
    snapshots.close(why);
  }

  boolean isClosed() {
    return closed;
  }

  // The end, as a part of another region

  /** Applies all up to the entry that prepared its merge, which is committed and on its disk, and ends then. Completes when it has. */
  CompletableFuture<Void> bringUp(long index, long term) {
    var done = new CompletableFuture<Void>();
    upTo = index;
    broughtUpDone = done;
    node.commitKnown(index, term);
    broughtUp();
    store.changed(this);
    return done;
  }

  boolean isBroughtUp() {
    return broughtUpDone != null;
  }

  private void broughtUp() {
    var done = broughtUpDone;
    if (done == null || appliedIndex < upTo) return;
    broughtUpDone = null;
    end(RegionErrors.merging(region), () -> done.complete(null));
  }

  /** Answers, sends and applies nothing more; {@code then} runs, not on the loop, when what was handed to the applier is applied. */
  void end(RegionException why, Runnable then) {
    close(why);
    applier.stop(then);
  }
}
