package nokv.raftstore.raft;

import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/*
 * How the core works
 *
 * A node is a function of its inputs: messages (step), the passing of time (tick), and commands (propose, campaign, ...). Each changes the state in memory and may leave something
 * to be done, which hasReady/ready hand to the driver. What a node promises to others (a vote, an acknowledged entry) leaves it only with, and after, what has to be stored for it.
 *
 * Time is counted in ticks, randomness is passed in; so a whole cluster can run in one thread from one seed.
 *
 * Terms: a message of a higher term makes its receiver a follower in that term; one of a lower term is dropped. Exceptions: pre-votes, which speak of a term that may never begin
 * (thesis 9.6); and vote requests while a leader was heard within the election timeout (checkQuorum), which would depose a working leader (thesis 4.2.3).
 *
 * Safety rests on: one vote a term, stored before it is told; a vote only for a log that has at least as much as one's own (RaftLog.isUpToDate); acknowledgements only of stored
 * entries; a leader never overwrites its own entries and commits by counting only entries of its own term (Leader.maybeCommit; thesis 3.6.2).
 */
/** One node of one raft group. Not thread-safe. An exception out of it means a broken invariant or storage: discard the node. */
public final class RaftNode {
  private final RaftOptions options;
  private final RandomGenerator random;
  private final RaftLog log;
  private final Outbox outbox;
  private Configuration configuration;
  /** The entry or snapshot that brought the configuration, or where the node was started. */
  private long configurationIndex;
  private Role role = new Follower(this);
  private long term;
  private long vote;
  private long leader;
  /** Ticks since a leader was heard, or since an election was begun or a vote given; as leader, since it last looked for its quorum. */
  private int electionElapsed;
  private int electionTimeout;
  /** With reads by lease: ticks for which this node may have confirmed a leader's lease, whatever has happened to its term since, and so helps nobody else to be elected. */
  private int owedTicks;

  /**
   * Starts a node from what is stored.
   *
   * @param applied the greatest index the application's state holds; at least the stored log's {@code firstIndex - 1}
   */
  public RaftNode(RaftOptions options, Storage storage, long applied, RandomGenerator random) {
    this.options = options;
    this.random = random;
    log = new RaftLog(storage, !options.asyncStorage(), options.maxApplyBytes());
    var hard = storage.hardState();
    configuration = storage.configuration();
    configurationIndex = applied;
    term = hard.term();
    vote = hard.vote();
    log.commitTo(hard.commit());
    log.appliedTo(applied, 0);
    owedTicks = options.leaseReads() && term > 0 ? options.electionTicks() : 0;
    becomeFollower(term, 0);
    outbox = new Outbox(this, options.asyncStorage(), softState(), hardState());
  }

  /** Lets a tick pass. */
  public void tick() {
    if (owedTicks > 0) owedTicks--;
    role.tick();
  }

  /**
   * Takes a message. Returns false for an answer from a node that is no member: it was ignored.
   */
  public boolean step(Message message) {
    boolean answer = message instanceof Message.AppendResponse || message instanceof Message.VoteResponse || message instanceof Message.HeartbeatResponse
        || message instanceof Message.ReadIndexResponse;
    if (answer && !message.isLocal() && !configuration.contains(message.from())) return false;
    if (message instanceof Message.VoteRequest request && !request.transfer() && (owedTicks > 0 || (request.term() > term && hearsLeader()))) return true;
    if (message.term() > term) followTerm(message);
    if (message.term() != 0 && message.term() < term) {
      stepOld(message);
      return true;
    }
    switch (message) {
      case Message.VoteRequest request -> vote(request);
      case Message.Stored stored -> {
        if (stored.index() != 0) log.unstable().stored(stored.index(), stored.logTerm());
        snapshotStored(stored.snapshot());
      }
      case Message.Applied applied -> applied(applied);
      default -> role.step(message);
    }
    return true;
  }

  private void followTerm(Message message) {
    switch (message) {
      case Message.VoteRequest request when request.pre() -> { }
      case Message.VoteResponse response when response.pre() && !response.rejected() -> { }
      case Message.Append append -> becomeFollower(append.term(), append.from());
      case Message.Heartbeat heartbeat -> becomeFollower(heartbeat.term(), heartbeat.from());
      case Message.InstallSnapshot install -> becomeFollower(install.term(), install.from());
      default -> becomeFollower(message.term(), 0);
    }
  }

  private boolean hearsLeader() {
    return options.checkQuorum() && leader != 0 && electionElapsed < options.electionTicks();
  }

  private void stepOld(Message message) {
    switch (message) {
      // We are ahead of a leader that does not know, because our vote requests are ignored while it works; without an answer we would never take part again.
      case Message.Append append -> tellTerm(append);
      case Message.Heartbeat heartbeat -> tellTerm(heartbeat);
      // A pre-candidate behind us would otherwise ask for ever.
      case Message.VoteRequest request when request.pre() -> send(new Message.VoteResponse(id(), request.from(), term, true, true));
      // Stored entries may have been replaced since, but a snapshot is committed state in any term.
      case Message.Stored stored -> snapshotStored(stored.snapshot());
      default -> { }
    }
  }

  private void tellTerm(Message message) {
    if (options.checkQuorum() || options.preVote()) send(Message.AppendResponse.accepted(id(), message.from(), term, 0));
  }

  private void vote(Message.VoteRequest request) {
    boolean free = vote == request.from() || (vote == 0 && leader == 0) || (request.pre() && request.term() > term);
    if (!free || !log.isUpToDate(request.lastIndex(), request.lastTerm())) {
      send(new Message.VoteResponse(id(), request.from(), term, request.pre(), true));
      return;
    }
    send(new Message.VoteResponse(id(), request.from(), request.term(), request.pre(), false));
    if (!request.pre()) {
      electionElapsed = 0;
      vote = request.from();
    }
  }

  private void applied(Message.Applied applied) {
    long bytes = 0;
    for (var entry : applied.entries()) bytes += entry.bytes();
    appliedTo(applied.entries().getLast().index(), bytes);
    if (role instanceof Leader leading) leading.uncommittedDone(applied.entries());
  }

  private void appliedTo(long index, long bytes) {
    log.appliedTo(index, bytes);
    if (role instanceof Leader leading) leading.maybeLeaveJoint();
  }

  private void snapshotStored(@Nullable Snapshot snapshot) {
    if (snapshot == null) return;
    log.unstable().snapshotStored(snapshot.index());
    appliedTo(snapshot.index(), 0);
  }

  // Elections

  /** Begins an election now. Does nothing on a leader, where the node may not be elected, or where a leader may still read by its lease. */
  public void campaign() {
    if (owedTicks == 0) campaign(options.preVote() ? Campaign.PRE : Campaign.REAL);
  }

  void campaign(Campaign kind) {
    if (role instanceof Leader || !isElectable() || log.hasUnappliedChange()) return;
    boolean pre = kind == Campaign.PRE;
    if (pre) {
      leader = 0;
    } else {
      reset(term + 1);
      vote = id();
    }
    role = new Candidate(this, pre);
    long newTerm = pre ? term + 1 : term;
    configuration.quorum().ids().stream().forEach(to -> send(to == id()
        ? new Message.VoteResponse(id(), id(), newTerm, pre, false)
        : new Message.VoteRequest(id(), to, newTerm, pre, log.lastIndex(), log.lastTerm(), kind == Campaign.TRANSFER)));
  }

  private boolean isElectable() {
    return configuration.isVoter(id()) && log.unstable().snapshot() == null;
  }

  void tickElection() {
    electionElapsed++;
    if (isElectable() && electionElapsed >= electionTimeout) {
      electionElapsed = 0;
      campaign();
    }
  }

  private void reset(long newTerm) {
    if (newTerm != term) {
      term = newTerm;
      vote = 0;
    }
    leader = 0;
    electionElapsed = 0;
    electionTimeout = options.electionTicks() + random.nextInt(options.electionTicks());
  }

  void becomeFollower(long newTerm, long newLeader) {
    reset(newTerm);
    leader = newLeader;
    role = new Follower(this);
  }

  void becomeLeader() {
    reset(term);
    leader = id();
    var leading = new Leader(this);
    role = leading;
    leading.begin();
  }

  void heardLeader(long from) {
    electionElapsed = 0;
    leader = from;
    if (options.leaseReads()) owedTicks = options.electionTicks();
  }

  /**
   * Makes a follower give up its leader, which the driver knows to be dead, so that it grants votes at once. Does nothing on other roles, nor with reads by lease, which such a vote
   * would break.
   */
  public void forgetLeader() {
    if (role instanceof Follower && !options.leaseReads()) leader = 0;
  }

  // Commands

  /** Proposes a command. */
  public Proposal propose(byte[] data) {
    return propose(Entry.proposed(Entry.Kind.DATA, data));
  }

  /** Proposes a change of the configuration. One that the present configuration does not allow, or while another is under way, becomes an empty entry. */
  public Proposal propose(ConfChange change) {
    return propose(Entry.proposed(Entry.Kind.CHANGE, change.encode()));
  }

  Proposal propose(Entry entry) {
    return role instanceof Leader leading ? leading.propose(entry) : new Proposal.Refused(Proposal.Reason.NOT_LEADER);
  }

  /**
   * Puts a configuration into effect: what {@link Configuration#after} makes of the application's own and a committed change. The driver calls it for each such entry before it says
   * that the entry is applied, and stores the configuration with the applied index. Does nothing if a snapshot has brought a later one.
   */
  public void applyConfiguration(long index, Configuration newConfiguration) {
    if (index <= configurationIndex) return;
    configurationIndex = index;
    configuration = newConfiguration;
    if (!(role instanceof Leader leading)) return;
    leading.followConfiguration();
    if (!configuration.isVoter(id()) && options.stepDownOnRemoval()) becomeFollower(term, 0);
  }

  /** Replaces log and configuration by a snapshot. Returns false where that is not needed. */
  boolean restore(Snapshot snapshot) {
    if (snapshot.index() <= log.committed() || !snapshot.configuration().contains(id())) return false;
    if (log.matches(snapshot.index(), snapshot.term())) {
      log.commitTo(snapshot.index());
      return false;
    }
    log.restore(snapshot);
    configuration = snapshot.configuration();
    configurationIndex = snapshot.index();
    return true;
  }

  /** Hands leadership over to a voter once it has the whole log. Proposals are refused meanwhile; given up after an election timeout. Does nothing unless leader. */
  public void transferLeadership(long to) {
    if (role instanceof Leader leading) leading.transfer(to);
  }

  /**
   * Asks for an index at which a read is linearizable; the answer comes in {@link Ready#readStates}, or never: ask again after a time-out. Returns false if nobody can be asked.
   *
   * @param context comes back with the answer
   */
  public boolean readIndex(long context) {
    return readIndex(new Message.ReadIndex(id(), id(), context));
  }

  boolean readIndex(Message.ReadIndex request) {
    if (role instanceof Leader leading) return leading.read(request);
    if (!(role instanceof Follower) || leader == 0) return false;
    send(new Message.ReadIndex(request.from(), leader, request.context()));
    return true;
  }

  /** The driver knows, from elsewhere than this group, that an entry is committed. Of one that this node's log does not have nothing follows. */
  public void commitKnown(long index, long entryTerm) {
    if (index > log.committed() && log.matches(index, entryTerm)) log.commitTo(index);
  }

  /** A message to a peer was lost: what was sent to it is not counted on. */
  public void reportUnreachable(long peer) {
    if (role instanceof Leader leading) leading.unreachable(peer);
  }

  /** A snapshot to a peer has been sent, or could not be. */
  public void reportSnapshot(long peer, boolean sent) {
    if (role instanceof Leader leading) leading.snapshotSent(peer, sent);
  }

  // What to do

  public boolean hasReady() {
    return outbox.hasReady();
  }

  /** Hands out what is to be done. Without asynchronous storage {@link #advance} follows before anything else. */
  public Ready ready() {
    return outbox.take();
  }

  /** Everything of the last {@link Ready} is done. Only without asynchronous storage. */
  public void advance() {
    for (var message : outbox.takeOnAdvance()) step(message);
  }

  // State

  public long id() {
    return options.id();
  }

  public long term() {
    return term;
  }

  public Configuration configuration() {
    return configuration;
  }

  public SoftState softState() {
    return new SoftState(leader, role.kind());
  }

  public HardState hardState() {
    return new HardState(term, vote, log.committed());
  }

  public long committed() {
    return log.committed();
  }

  public long applied() {
    return log.applied();
  }

  public long lastIndex() {
    return log.lastIndex();
  }

  /** Up to where a peer is known to have the log; 0 unless this node leads. */
  public long matched(long peer) {
    var progress = role instanceof Leader leading ? leading.peers().find(peer) : null;
    return progress == null ? 0 : progress.match();
  }

  /** Whether it leads, every member has all of its log, and everything is committed and applied: nothing will happen by itself. */
  public boolean isQuiet() {
    if (!(role instanceof Leader leading) || log.applied() != log.lastIndex()) return false;
    for (var peer : leading.peers().all()) if (peer.match() != log.lastIndex()) return false;
    return true;
  }

  /** Whether it leads and has heard every other member since it last looked for its quorum. */
  public boolean hearsAll() {
    if (!(role instanceof Leader leading)) return false;
    for (var peer : leading.peers().all()) if (peer.id != id() && !peer.isRecentlyActive()) return false;
    return true;
  }

  RaftOptions options() {
    return options;
  }

  RaftLog log() {
    return log;
  }

  Outbox outbox() {
    return outbox;
  }

  Role role() {
    return role;
  }

  void send(Message message) {
    outbox.send(message);
  }

  int electionElapsed() {
    return electionElapsed;
  }

  void electionElapsed(int ticks) {
    electionElapsed = ticks;
  }

  void electionTimeout(int ticks) {
    electionTimeout = ticks;
  }
}
