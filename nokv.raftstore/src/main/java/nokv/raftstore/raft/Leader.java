package nokv.raftstore.raft;

import java.util.HashMap;
import java.util.List;
import java.util.function.LongUnaryOperator;

/*
 * How a leader works
 *
 * It begins its term with an empty entry: entries of earlier terms are committed with it, never by counting copies (thesis 3.6.2). It keeps a Progress of each member and sends
 * appends as those allow. The commit index is what a majority (of both halves, if joint) has stored; its own copy counts when its storage says so.
 *
 * Rounds: each broadcast of heartbeats has a number, whose upper bits are the tick it was sent in. A majority's answers to a round prove that this was the leader when the round was
 * sent; so reads asked for before are linearizable at the commit index of that time (thesis 6.4), and as no member of that majority votes for another within electionTicks of
 * hearing the round, reads need no round of their own for leaseTicks (6.4.1). TimeoutNow lets the receiver be elected despite the lease, so once it is sent there is none.
 */
final class Leader implements Role {
  private static final int TICK_SHIFT = 24;

  private final RaftNode node;
  private final RaftLog log;
  private final RaftOptions options;
  private final Peers peers;
  private final ReadQueue reads = new ReadQueue();
  private final LongUnaryOperator matchOf;
  private final LongUnaryOperator roundOf;
  private JointConfig quorum;
  private long ticks = 1;
  private int heartbeatElapsed;
  private long round;
  private long confirmedRound;
  private boolean leaseOver;
  /** To whom leadership is being handed over; 0 = nobody. */
  private long transferee;
  /** At most one configuration change is under way: none may be proposed until everything up to here is applied. */
  private long pendingChange;
  private long uncommittedBytes;

  Leader(RaftNode node) {
    this.node = node;
    log = node.log();
    options = node.options();
    peers = new Peers(options.maxInflightMessages(), options.maxInflightBytes());
    matchOf = peers::match;
    roundOf = peers::round;
    quorum = node.configuration().quorum();
    peers.follow(node.configuration(), log.lastIndex() + 1, false);
    // There may be a change among the entries of earlier terms.
    pendingChange = log.lastIndex();
    var self = peers.find(node.id());
    if (self != null) {
      self.acknowledged(log.lastIndex());
      self.becomeReplicate();
      self.recentlyActive(true);
    }
  }

  void begin() {
    append(Entry.empty());
    broadcastAppend();
  }

  @Override public RoleKind kind() {
    return RoleKind.LEADER;
  }

  Peers peers() {
    return peers;
  }

  @Override public void tick() {
    ticks++;
    node.electionElapsed(node.electionElapsed() + 1);
    if (node.electionElapsed() >= options.electionTicks()) {
      node.electionElapsed(0);
      if (options.checkQuorum() && !isQuorumActive()) {
        node.becomeFollower(node.term(), 0);
        return;
      }
      transferee = 0;
      if (isNewVoter()) maybeLeaveJoint();
      else handOver();
    }
    if (++heartbeatElapsed >= options.heartbeatTicks()) broadcastHeartbeat();
  }

  /** Whether a majority was heard since this was last asked. */
  private boolean isQuorumActive() {
    var active = new HashMap<Long, Boolean>();
    for (var peer : peers.all()) {
      active.put(peer.id, peer.isRecentlyActive());
      peer.recentlyActive(peer.id == node.id());
    }
    return quorum.voteResult(active) == VoteResult.WON;
  }

  @Override public void step(Message message) {
    if (message instanceof Message.ReadIndex request) {
      read(request);
      return;
    }
    var peer = peers.find(message.from());
    if (peer == null) return;
    switch (message) {
      case Message.AppendResponse response -> {
        peer.recentlyActive(true);
        if (response.rejected()) refused(peer, response);
        else acknowledged(peer, response.index());
      }
      case Message.HeartbeatResponse response -> heartbeatAnswered(peer, response.round());
      default -> { }
    }
  }

  // Proposals

  Proposal propose(Entry entry) {
    if (peers.find(node.id()) == null) return new Proposal.Refused(Proposal.Reason.NOT_MEMBER);
    if (transferee != 0) return new Proposal.Refused(Proposal.Reason.TRANSFERRING);
    long bytes = entry.data().length;
    if (uncommittedBytes > 0 && bytes > 0 && uncommittedBytes + bytes > options.maxUncommittedBytes()) return new Proposal.Refused(Proposal.Reason.BUSY);
    if (entry.isChange()) {
      if (options.validateChanges() && !isAllowed(ConfChange.decode(entry.data()))) entry = Entry.empty();
      else pendingChange = log.lastIndex() + 1;
    }
    append(entry);
    broadcastAppend();
    return new Proposal.Appended(node.term(), log.lastIndex());
  }

  private boolean isAllowed(ConfChange change) {
    return pendingChange <= log.applied() && change.leavesJoint() == node.configuration().isJoint();
  }

  private void append(Entry entry) {
    uncommittedBytes += entry.data().length;
    log.append(entry.at(node.term(), log.lastIndex() + 1));
    node.send(Message.AppendResponse.accepted(node.id(), node.id(), node.term(), log.lastIndex()));
  }

  void uncommittedDone(List<Entry> applied) {
    for (var entry : applied) uncommittedBytes -= entry.data().length;
    // Entries of earlier terms were never counted.
    uncommittedBytes = Math.max(0, uncommittedBytes);
  }

  /**
   * Once a joint configuration is in effect, proposes to leave it. Refused during a transfer, and tried again when more is applied. A leader that is not among the new voters hands
   * over instead: if it left, and the others did not hear that this was committed, they might need its vote and not get it, its log being longer.
   */
  void maybeLeaveJoint() {
    if (!node.configuration().autoLeave() || log.applied() < pendingChange) return;
    if (isNewVoter()) propose(Entry.proposed(Entry.Kind.CHANGE, ConfChange.leaveJoint().encode()));
    else if (transferee == 0) handOver();
  }

  private boolean isNewVoter() {
    return node.configuration().voters().contains(node.id());
  }

  private void handOver() {
    Progress best = null;
    for (var peer : peers.all()) {
      if (node.configuration().voters().contains(peer.id) && (best == null || peer.match() > best.match())) best = peer;
    }
    if (best != null) transfer(best.id);
  }

  void followConfiguration() {
    peers.follow(node.configuration(), Math.max(log.lastIndex(), 1), true);
    quorum = node.configuration().quorum();
    confirmedRound = quorum.committedIndex(roundOf);
    if (!node.configuration().isVoter(node.id()) || node.configuration().voters().isEmpty()) return;
    if (maybeCommit()) {
      broadcastAppend();
    } else {
      for (var peer : peers.all()) if (peer.id != node.id()) maybeSendAppend(peer, false);
    }
    if (!node.configuration().isVoter(transferee)) transferee = 0;
  }

  // Replication

  private void broadcastAppend() {
    for (var peer : peers.all()) if (peer.id != node.id()) maybeSendAppend(peer, true);
  }

  /** Sends what the peer may have next: entries, or a snapshot if those are gone. Returns false if there is nothing to send, or nothing may be sent now. */
  private boolean maybeSendAppend(Progress peer, boolean evenIfEmpty) {
    if (peer.isPaused()) return false;
    long previous = peer.next() - 1;
    long previousTerm = log.term(previous);
    if (previousTerm == Storage.UNKNOWN_TERM) return maybeSendSnapshot(peer);
    // With a full window only an empty append may go: its answer tells whether the others were lost.
    boolean full = peer.state() == Progress.State.REPLICATE && peer.inflights().isFull();
    List<Entry> entries = full ? List.of() : log.entriesFrom(peer.next(), options.maxMessageBytes());
    if (entries == null) return maybeSendSnapshot(peer);
    if (entries.isEmpty() && !evenIfEmpty) return false;
    long bytes = 0;
    for (var entry : entries) bytes += entry.data().length;
    node.send(new Message.Append(node.id(), peer.id, node.term(), previous, previousTerm, entries, log.committed()));
    peer.sent(entries.size(), bytes);
    peer.sentCommit(log.committed());
    return true;
  }

  private boolean maybeSendSnapshot(Progress peer) {
    if (!peer.isRecentlyActive()) return false;
    var snapshot = log.snapshot();
    if (snapshot == null) return false;
    peer.becomeSnapshot(snapshot.index());
    node.send(new Message.InstallSnapshot(node.id(), peer.id, node.term(), snapshot));
    return true;
  }

  private void refused(Progress peer, Message.AppendResponse response) {
    // Our own terms may show that the logs cannot agree at the hint either.
    long hint = response.hintTerm() > 0 ? log.lastIndexNotAbove(response.hintTerm(), response.hint()) : response.hint();
    if (!peer.refused(response.index(), hint)) return;
    if (peer.state() == Progress.State.REPLICATE) peer.becomeProbe();
    maybeSendAppend(peer, true);
  }

  private void acknowledged(Progress peer, long index) {
    // Old news still moves a probed peer on: it proves that the logs agree.
    if (!peer.acknowledged(index) && !(peer.match() == index && peer.state() == Progress.State.PROBE)) return;
    switch (peer.state()) {
      case PROBE -> peer.becomeReplicate();
      case SNAPSHOT -> {
        // Whatever snapshot it was: if the log continues behind it, the peer can go on.
        if (peer.match() + 1 >= log.firstIndex()) {
          peer.becomeProbe();
          peer.becomeReplicate();
        }
      }
      case REPLICATE -> peer.inflights().freeTo(index);
    }
    boolean self = peer.id == node.id();
    if (maybeCommit()) {
      answerEarlyReads();
      broadcastAppend();
    } else if (!self && peer.canRaiseCommit(log.committed())) {
      maybeSendAppend(peer, true);
    }
    if (self) return;
    while (maybeSendAppend(peer, false)) { }
    if (peer.id == transferee && peer.match() == log.lastIndex()) sendTimeoutNow();
  }

  private boolean maybeCommit() {
    long index = quorum.committedIndex(matchOf);
    if (index <= log.committed() || log.term(index) != node.term()) return false;
    log.commitTo(index);
    return true;
  }

  void unreachable(long id) {
    var peer = peers.find(id);
    if (peer != null && peer.state() == Progress.State.REPLICATE) peer.becomeProbe();
  }

  void snapshotSent(long id, boolean sent) {
    var peer = peers.find(id);
    if (peer == null || peer.state() != Progress.State.SNAPSHOT) return;
    if (!sent) peer.snapshotFailed();
    peer.becomeProbe();
    // Sent: the peer's acknowledgement continues. Failed: tried again after a heartbeat.
    peer.pause();
  }

  // Leadership

  void transfer(long to) {
    var peer = peers.find(to);
    if (peer == null || !node.configuration().isVoter(to) || to == transferee) return;
    transferee = 0;
    if (to == node.id()) return;
    transferee = to;
    node.electionElapsed(0);
    if (peer.match() == log.lastIndex()) sendTimeoutNow();
    else maybeSendAppend(peer, true);
  }

  private void sendTimeoutNow() {
    leaseOver = true;
    node.send(new Message.TimeoutNow(node.id(), transferee, node.term()));
  }

  private void broadcastHeartbeat() {
    heartbeatElapsed = 0;
    round = Math.max(round + 1, ticks << TICK_SHIFT);
    for (var peer : peers.all()) {
      if (peer.id == node.id()) {
        peer.answered(round);
        continue;
      }
      long commit = Math.min(peer.match(), log.committed());
      node.send(new Message.Heartbeat(node.id(), peer.id, node.term(), commit, round));
      peer.sentCommit(commit);
    }
  }

  private void heartbeatAnswered(Progress peer, long answeredRound) {
    peer.recentlyActive(true);
    peer.resume();
    // An empty append even to a full window or a probed peer: its answer sets both going again if appends were lost.
    if (peer.match() < log.lastIndex() || peer.state() == Progress.State.PROBE) maybeSendAppend(peer, true);
    peer.answered(answeredRound);
    confirmedRound = quorum.committedIndex(roundOf);
    reads.confirmed(confirmedRound, this::answer);
  }

  // Reads

  boolean read(Message.ReadIndex request) {
    // Until an entry of this term is committed, the commit index may be behind what was committed before: by an earlier leader, or by this node before a restart.
    if (log.term(log.committed()) != node.term()) return reads.addEarly(request);
    boolean alone = node.configuration().isSingleVoter() && node.configuration().isVoter(node.id());
    if (alone || hasLease()) {
      answer(request, log.committed());
      return true;
    }
    return readByRound(request);
  }

  private boolean readByRound(Message.ReadIndex request) {
    if (!reads.add(round + 1, log.committed(), request)) return false;
    broadcastHeartbeat();
    return true;
  }

  private void answerEarlyReads() {
    if (log.term(log.committed()) == node.term()) reads.takeEarly().forEach(this::read);
  }

  /** Whether no other leader can have been elected by now. Only as true as the ticks are on time: see docs/raft.md. */
  boolean hasLease() {
    return options.leaseReads() && !leaseOver && transferee == 0 && confirmedRound > 0 && ticks - (confirmedRound >>> TICK_SHIFT) <= options.leaseTicks();
  }

  private void answer(Message.ReadIndex request, long index) {
    if (request.from() == node.id()) node.outbox().readState(new ReadState(request.context(), index));
    else node.send(new Message.ReadIndexResponse(node.id(), request.from(), node.term(), request.context(), index));
  }
}
