package nokv.raftstore.store;

import com.google.protobuf.ByteString;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import nokv.api.BusyException;
import nokv.api.ColumnFamily;
import nokv.api.ConfigException;
import nokv.api.CorruptException;
import nokv.api.Direction;
import nokv.api.DiskFullException;
import nokv.api.KeyRange;
import nokv.api.Timestamp;
import nokv.api.TooNewException;
import nokv.raftstore.log.LogBatch;
import nokv.raftstore.log.RaftLogs;
import nokv.raftstore.log.RegionLog;
import nokv.raftstore.net.MessageCodec;
import nokv.raftstore.net.Network;
import nokv.raftstore.net.Receiver;
import nokv.raftstore.proto.Context;
import nokv.raftstore.proto.Peer;
import nokv.raftstore.proto.RaftMessage;
import nokv.raftstore.proto.Region;
import nokv.raftstore.proto.Request;
import nokv.raftstore.proto.Response;
import nokv.raftstore.proto.SnapshotHeader;
import nokv.raftstore.raft.Message;
import nokv.raftstore.raft.Ready;
import nokv.spi.EngineBatch;
import nokv.spi.EngineLog;
import nokv.spi.Environment;
import nokv.spi.MemoryBudget;
import nokv.spi.NodeConfig;
import nokv.spi.RegionHook;
import nokv.spi.StorageEngine;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * How a store works
 *
 * All regions of a process share one loop, one log and one sync. The loop is the mailbox's rounds: events mark regions dirty; at the end of a round each dirty region works, and what they
 * want stored goes into one append. One append is under way at a time; the rounds go on meanwhile and gather the next, so under load one sync carries many regions' steps.
 *
 * Owned by the loop: the peers, their nodes, the logs. Others reach them by posting. Whoever waits for an answer is told in a task of its own, never on the loop, since what follows may
 * take its time.
 *
 * A disk that is full refuses an append as a whole: it is tried again until there is room. An append that fails otherwise leaves unknown what is durable: all regions end here, and only a
 * restart, which reads what is there, brings them back.
 */

/** One store of a cluster: the peers of its regions over one engine. Thread-safe. */
public final class Store implements Regions, Receiver, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Store.class);
  private static final java.time.Duration PAUSE_WHEN_FULL = java.time.Duration.ofMillis(100);
  /** Ticks between looks at what of the log can go. */
  private static final int TICKS_A_TIDY = 20;
  private static final int TOLD_A_TASK = 32;
  /** That are sent, or taken in, at a time. */
  private static final int MAX_SNAPSHOTS = 2;
  /** Regions that an error names; who needs more asks again. */
  private static final int MAX_CURRENT = 16;

  private record Step(RegionPeer peer, Ready.StorageAppend append) {}

  private final Environment environment;
  private final StoreOptions options;
  private final StorageEngine engine;
  private final long storeId;
  private final MemoryBudget.Claim memory;
  private final SafePoint safePoint;
  private final RaftLogs logs;
  private final SplittableRandom random;
  private final Mailbox mailbox;
  private final Admin admin;
  private final long beganNanos;
  private final Map<Long, RegionPeer> peers = new TreeMap<>();
  private final GoneRegions gone;
  private final RegionEvents events;
  private final List<RegionState> campaigners;

  private final ArrayDeque<RegionPeer> dirty = new ArrayDeque<>();
  private List<Step> steps = new ArrayList<>();
  private @Nullable LogBatch appending;
  private @Nullable DiskFullException full;
  private @Nullable RegionException ended;
  private long nextTidy;
  private long lastGreeting;
  /** By store: the tick in which it was heard last. */
  private final Map<Long, Long> heard = new HashMap<>();
  private int sendingSnapshots;
  /** By region: the snapshots that are coming in. */
  private final Map<Long, SnapshotHeader> intakes = new HashMap<>();
  private boolean regionsChanged = true;

  private @Nullable Network network;
  private @Nullable CommandHandler commands;
  private volatile Leads leads;
  private volatile boolean closed;
  private volatile List<Region> regions = List.of();
  /** As of the last greeting. */
  private volatile int leaders;
  private volatile int asleep;

  private Store(Environment environment, StoreOptions options, long storeId, StorageEngine engine, RaftLogs logs, MemoryBudget.Claim memory, List<RegionState> states,
      List<RegionState> campaigners) {
    this.environment = environment;
    this.options = options;
    this.storeId = storeId;
    this.engine = engine;
    safePoint = new SafePoint(engine);
    this.logs = logs;
    this.memory = memory;
    this.campaigners = campaigners;
    leads = new Leads(storeId, new Listener() {
      @Override public void leading(Region region, long term) {}

      @Override public void notLeading(long regionId) {}
    });
    random = new SplittableRandom(environment.random().getAsLong());
    beganNanos = environment.clock().nanos();
    mailbox = new Mailbox(environment.io(), options.mailboxBytes(), this::round);
    admin = new Admin(this);
    gone = new GoneRegions(logs);
    events = new RegionEvents(environment.io());
    for (RegionState state : states) {
      switch (state.status()) {
        case NORMAL -> add(state);
        case TOMBSTONE -> gone.bury(state);
        case APPLYING -> {
          gone.erasing(state.region());
          new Staging(environment, engine, state.region().getId()).install(state, List.of()).whenComplete((installed, error) -> mailbox.post(() -> resume(state.region(), installed, error)));
        }
      }
    }
    var metrics = environment.metrics();
    metrics.gauge("region.count", () -> () -> regions.size());
    metrics.gauge("region.leaders", () -> () -> leaders);
    metrics.gauge("region.asleep", () -> () -> asleep);
    metrics.gauge("region.mailbox_bytes", () -> mailbox::bytes);
    metrics.gauge("region.log_pinned_bytes", () -> logs::pinnedBytes);
    engine.onFlush(sequence -> mailbox.post(() -> {
      peers.values().forEach(peer -> peer.applier.flushed(sequence));
      gone.flushed(sequence);
    }));
  }

  /**
   * Opens the regions an engine holds; on the first start, those of the topology that have a peer on this store. It takes part once it is {@link #start started}.
   *
   * @param config its topology and store id; the engine has to sync every write
   * @throws ConfigException the engine does not, or the topology has no such store
   */
  public static Store open(Environment environment, StoreOptions options, NodeConfig config, StorageEngine engine) {
    Long storeId = config.storeId();
    if (storeId == null) throw new ConfigException(config.source() + ": a store of a cluster needs its store id; start it with --store-id");
    Object sync = config.blocks().getOrDefault("engine", Map.of()).get("sync");
    if (sync != null && !sync.equals("always")) {
      throw new ConfigException(config.source() + ": engine.sync is \"" + sync + "\", but a store of a cluster has promised what it wrote to the others; expected always");
    }
    var memory = environment.memory().claim("raft", options.cacheBytes() + options.mailboxBytes());
    try {
      var logs = RaftLogs.open(engine.log(), options.cacheBytes());
      var states = RegionState.all(engine);
      boolean first = states.isEmpty();
      if (first) states = Bootstrap.write(engine, config, storeId);
      return new Store(environment, options, storeId, engine, logs, memory, states, first ? Bootstrap.campaigners(states, config, storeId) : List.of());
    } catch (Throwable e) {
      memory.close();
      throw e;
    }
  }

  /** Begins to take part. Called once, before anything else but {@link #close}. */
  public void start(Network stores, CommandHandler handler, Listener regionListener) {
    network = stores;
    commands = handler;
    leads = new Leads(storeId, regionListener);
    mailbox.post(() -> {
      for (RegionState state : campaigners) {
        RegionPeer peer = peers.get(state.region().getId());
        if (peer != null) peer.node.campaign();
      }
      peers.values().forEach(this::changed);
    });
    scheduleTick();
  }

  private RegionPeer add(RegionState state) {
    long id = state.region().getId();
    var peer = new RegionPeer(this, options, state, logs.region(id), ticks(), random.split());
    peers.put(id, peer);
    regionsChanged = true;
    return peer;
  }

  /** A snapshot that a crash had interrupted is in its place. */
  private void resume(Region region, @Nullable RegionState installed, @Nullable Throwable error) {
    gone.erased(region);
    if (installed != null && ended == null) changed(add(installed));
    else if (error != null) LOG.error("the snapshot of region {} could not be taken in; the region ends on this store until it is started again", region.getId(), error);
  }

  // The loop

  long ticks() {
    return (environment.clock().nanos() - beganNanos) / options.tick().toNanos();
  }

  private void scheduleTick() {
    environment.timer().schedule(options.tick(), () -> {
      if (closed) return;
      mailbox.post(this::tick);
      scheduleTick();
    });
  }

  private void tick() {
    long now = ticks();
    for (RegionPeer peer : List.copyOf(peers.values())) {
      if (peer.isStray(now)) drop(peer);
      else if (!peer.isAsleep()) changed(peer);
    }
    if (now - lastGreeting < options.electionTicks() / 3) return;
    lastGreeting = now;
    leaders = (int) peers.values().stream().filter(RegionPeer::leads).count();
    asleep = (int) peers.values().stream().filter(RegionPeer::isAsleep).count();
    greet(now);
  }

  /** Tells the other stores that this one lives, and wakes the sleeping regions whose leaders are on one that does not say so. */
  private void greet(long now) {
    var others = new TreeSet<Long>();
    for (RegionPeer peer : peers.values()) for (Peer other : peer.region().getPeersList()) if (other.getStoreId() != storeId) others.add(other.getStoreId());
    for (long other : others) {
      Objects.requireNonNull(network).send(other, RaftMessage.newBuilder().setFrom(Peer.newBuilder().setStoreId(storeId)).setTo(Peer.newBuilder().setStoreId(other)).build());
      Long last = heard.putIfAbsent(other, now);
      if (last != null && now - last > options.electionTicks()) peers.values().forEach(peer -> peer.leaderSilent(other));
    }
  }

  /** Nobody wants an empty peer any more. Its vote stays in the log. */
  private void drop(RegionPeer peer) {
    peers.remove(peer.region().getId(), peer);
    peer.close(RegionErrors.notFound(peer.region().getId()));
  }

  void sendSleep(RegionPeer peer, Peer to) {
    Objects.requireNonNull(network).send(to.getStoreId(), message(peer, to, ByteString.EMPTY).toBuilder().setSleep(true).build());
  }

  private void hear(RaftMessage message) {
    heard.put(message.getFrom().getStoreId(), ticks());
    RegionPeer peer = peers.get(message.getRegionId());
    if (message.getRegionId() == 0 || ended != null) return;
    if (!message.getSleep()) hearGone(message);
    else if (peer != null && peer.peerId == message.getTo().getPeerId()) peer.sleep(message.getFrom());
  }

  void post(Runnable event) {
    mailbox.post(event);
  }

  /** The region has something to do. */
  void changed(RegionPeer peer) {
    if (peer.markDirty()) dirty.add(peer);
  }

  private void round() {
    if (ended != null) return;
    for (RegionPeer peer; (peer = dirty.poll()) != null; ) work(peer);
    if (regionsChanged) publishRegions();
    if (ticks() >= nextTidy) tidy();
    if (appending == null) appendSteps();
  }

  private void publishRegions() {
    regionsChanged = false;
    var now = peers((ByteString) null).stream().map(RegionPeer::region).toList();
    events.regions(regions, now);
    regions = now;
  }

  /** A region has come, gone or changed its bounds or peers. */
  void regionsChanged() {
    regionsChanged = true;
  }

  private void work(RegionPeer peer) {
    try {
      peer.work(ticks());
    } catch (RuntimeException e) {
      broken(peer, e);
    }
  }

  /** A region cannot go on here: its group does without it. */
  void broken(RegionPeer peer, Throwable error) {
    if (closed || ended != null) return;
    long id = peer.region().getId();
    LOG.error("region {} ends on this store until it is started again", id, error);
    if (peers.remove(id, peer)) gone.broken(peer.region());
    regionsChanged = true;
    peer.close(RegionErrors.notFound(id));
  }

  void append(RegionPeer peer, Ready.StorageAppend append) {
    steps.add(new Step(peer, append));
  }

  private void appendSteps() {
    if (steps.isEmpty()) return;
    var taken = steps;
    steps = new ArrayList<>();
    var batch = logs.batch();
    for (Step step : taken) batch.add(step.peer.log, step.append.entries(), step.append.hardState(), step.append.snapshot(), step.append.mustSync());
    append(batch, () -> {
      for (Step step : taken) {
        try {
          step.peer.storedLater(step.append);
        } catch (RuntimeException e) {
          broken(step.peer, e);
        }
        changed(step.peer);
      }
    });
  }

  private void append(LogBatch batch, Runnable then) {
    appending = batch;
    if (batch.isEmpty()) mailbox.post(() -> appended(batch, List.of(), then));
    else batch.append().whenComplete((positions, error) -> mailbox.post(() -> {
      if (error == null) appended(batch, positions, then);
      else appendFailed(batch, error instanceof CompletionException e && e.getCause() != null ? e.getCause() : error, then);
    }));
  }

  private void appended(LogBatch batch, List<EngineLog.Position> positions, Runnable then) {
    if (ended != null) return;
    appending = null;
    full = null;
    batch.stored(positions);
    then.run();
  }

  private void appendFailed(LogBatch batch, Throwable error, Runnable then) {
    if (closed || ended != null) return;
    if (error instanceof DiskFullException || error instanceof BusyException) {
      if (error instanceof DiskFullException noSpace) full = noSpace;
      environment.timer().schedule(PAUSE_WHEN_FULL, () -> mailbox.post(() -> append(batch, then)));
      return;
    }
    LOG.error("the log cannot be written; all regions end on this store until it is started again", error);
    end(RegionErrors.readOnly("the log of store " + storeId + " cannot be written: " + error.getMessage()));
  }

  private void end(RegionException why) {
    ended = why;
    peers.values().forEach(peer -> peer.close(why));
    peers.clear();
    dirty.clear();
    steps.clear();
  }

  /** Lets the log have back what it can, and sees to it that it can. */
  private void tidy() {
    if (appending != null) return;
    nextTidy = ticks() + TICKS_A_TIDY;
    boolean tight = logs.pinnedBytes() > options.pinnedBytes();
    var batch = logs.batch();
    boolean unflushed = false;
    for (RegionPeer peer : peers.values()) {
      long flushed = Math.min(peer.applier.flushedIndex(), peer.appliedIndex());
      long index = peer.log.truncationFor(flushed, tight ? 0 : options.keepBytes());
      if (index > peer.log.truncatedIndex()) batch.truncate(peer.log, index);
      unflushed |= flushed < peer.appliedIndex();
    }
    gone.tidy(batch);
    unflushed |= gone.isUnflushed();
    if (batch.isEmpty() && tight) {
      // The oldest segment is kept by entries that are not in tables yet, or by regions in which little happens.
      if (unflushed) engine.flush();
      else logs.oldest().forEach(batch::rewrite);
    }
    if (batch.isEmpty()) logs.release();
    else append(batch, logs::release);
  }

  /** Completes futures in tasks of their own. */
  <T> void tell(List<T> told, Consumer<T> how) {
    for (int from = 0; from < told.size(); from += TOLD_A_TASK) {
      var some = List.copyOf(told.subList(from, Math.min(told.size(), from + TOLD_A_TASK)));
      environment.io().execute(() -> some.forEach(how));
    }
  }

  /** A region was split off one on this store. */
  void born(RegionState state, boolean campaign) {
    long id = state.region().getId();
    if (isTaken(id)) return;
    RegionPeer peer = add(state);
    if (campaign) peer.node.campaign();
    changed(peer);
  }

  // Messages

  void send(RegionPeer peer, Peer to, Message message) {
    Objects.requireNonNull(network).send(to.getStoreId(), message(peer, to, MessageCodec.encode(message)));
  }

  private static RaftMessage message(RegionPeer peer, Peer to, ByteString message) {
    Region region = peer.region();
    return RaftMessage.newBuilder().setRegionId(region.getId()).setFrom(peer.self()).setTo(to).setEpoch(region.getEpoch()).setStartKey(region.getStartKey())
        .setEndKey(region.getEndKey()).setMessage(message).build();
  }

  @Override public void raft(RaftMessage message) {
    if (closed) return;
    if (message.getMessage().isEmpty()) {
      mailbox.post(() -> hear(message));
      return;
    }
    Message decoded;
    try {
      decoded = MessageCodec.decode(message.getMessage());
    } catch (CorruptException | TooNewException e) {
      LOG.warn("a message of region {} from store {} cannot be read and is passed over: {}", message.getRegionId(), message.getFrom().getStoreId(), e.getMessage());
      return;
    }
    boolean taken = mailbox.offer(message.getSerializedSize(), () -> step(message, decoded));
    if (!taken) environment.metrics().counter("transport.dropped_by_store").inc();
  }

  private void step(RaftMessage message, Message decoded) {
    // A snapshot comes by a stream of its own.
    if (ended != null || decoded instanceof Message.InstallSnapshot) return;
    RegionPeer peer = peers.get(message.getRegionId());
    // A region that is born elsewhere may need the vote of its peer here before it has a leader.
    boolean asks = decoded instanceof Message.Append || decoded instanceof Message.Heartbeat || decoded instanceof Message.VoteRequest;
    if (peer == null && asks) peer = create(message);
    if (decoded instanceof Message.VoteRequest) tellGone(peer, message);
    if (peer == null || peer.peerId != message.getTo().getPeerId()) return;
    try {
      peer.message(message.getFrom(), decoded);
    } catch (RuntimeException e) {
      broken(peer, e);
    }
    changed(peer);
  }

  @Override public void unreachable(long store) {
    mailbox.post(() -> {
      for (RegionPeer peer : peers.values()) {
        peer.unreachable(store);
        changed(peer);
      }
    });
  }

  // Snapshots

  boolean maySendSnapshot() {
    return sendingSnapshots < MAX_SNAPSHOTS;
  }

  /** The state of a region in a pinned view. */
  @Nullable RegionState readState(long region, StorageEngine.Pin pin) {
    try (var cursor = engine.scan(ColumnFamily.LOCAL.id(), KeyRange.prefix(RegionState.key(region)), Direction.FORWARD, Timestamp.MAX, pin)) {
      return cursor.next() ? RegionState.decode(cursor.value()) : null;
    }
  }

  void sendSnapshot(RegionPeer peer, Peer to, Message.InstallSnapshot install, RegionState state, StorageEngine.Pin pin) {
    sendingSnapshots++;
    var stream = new SnapshotStream(engine, pin, state, message(peer, to, MessageCodec.encode(install)), safePoint.get(), () -> { });
    Objects.requireNonNull(network).sendSnapshot(to.getStoreId(), stream).whenComplete((done, error) -> {
      if (error != null) LOG.info("a snapshot of region {} for store {} did not arrive: {}", state.region().getId(), to.getStoreId(), error.getMessage());
      environment.metrics().counter(error == null ? "transport.snapshots_sent" : "transport.snapshots_failed").inc();
      mailbox.post(() -> {
        sendingSnapshots--;
        peer.snapshots.sent(to.getPeerId(), error == null);
      });
    });
  }

  @Override public SnapshotSink snapshot() {
    return new SnapshotIntake(this);
  }

  /** Whether a snapshot may come: its peer wants it, and it is the only one of its region. */
  CompletionStage<Void> admitSnapshot(SnapshotHeader header) {
    var done = new CompletableFuture<Void>();
    mailbox.post(() -> {
      long region = header.getRegion().getId();
      RegionPeer peer = peers.get(region);
      if (peer == null) peer = create(header.getMessage());
      boolean wanted = ended == null && peer != null && peer.snapshots.wants(header) && intakes.size() < MAX_SNAPSHOTS && !intakes.containsKey(region) && isFree(header.getRegion(), peer);
      if (!wanted) {
        refuse(done, RegionErrors.busy("store " + storeId + " does not want a snapshot of region " + region + " now"));
        return;
      }
      intakes.put(region, header);
      tell(List.of(done), each -> each.complete(null));
    });
    return done;
  }

  /** All of a snapshot is laid aside. Completes when it is in its place, durable. */
  CompletionStage<Void> takeSnapshot(SnapshotHeader header) {
    var done = new CompletableFuture<Void>();
    mailbox.post(() -> {
      RegionPeer peer = peers.get(header.getRegion().getId());
      if (ended != null || peer == null || !peer.snapshots.wants(header) || !isFree(header.getRegion(), peer)) {
        refuse(done, RegionErrors.busy("region " + header.getRegion().getId() + " does not want the snapshot any more"));
        return;
      }
      try {
        peer.snapshots.offer(header, MessageCodec.decode(header.getMessage().getMessage()), done);
      } catch (RuntimeException e) {
        broken(peer, e);
      }
      changed(peer);
    });
    return done.whenComplete((taken, error) -> dropSnapshot(header));
  }

  void dropSnapshot(SnapshotHeader header) {
    mailbox.post(() -> intakes.remove(header.getRegion().getId(), header));
  }

  // Peers that come and go

  /**
   * Whether no other region here has, or is being cleared of, keys of this one. Where it has data here already, one that it has taken in does not count: that ends when this one's snapshot is
   * in place. Otherwise it may have been split off the one that did so, whose peer here is still to do the same.
   */
  private boolean isFree(Region region, @Nullable RegionPeer own) {
    for (RegionPeer peer : peers.values()) {
      boolean ending = own != null && own.appliedIndex() > 0 && RegionLife.hasTakenIn(region, peer.region()) && peer.appliedIndex() >= peer.node.committed();
      if (peer != own && !ending && RegionState.overlap(peer.region(), region)) return false;
    }
    return gone.isFree(region);
  }

  /** An empty peer for a message from its group; null where there is to be none. */
  private @Nullable RegionPeer create(RaftMessage message) {
    if (message.getTo().getStoreId() != storeId || message.getMessage().isEmpty()) return null;
    var region = Region.newBuilder().setId(message.getRegionId()).setStartKey(message.getStartKey()).setEndKey(message.getEndKey());
    // Where a split is still to be applied here, it brings the peer, with its data.
    if (!isFree(region.build(), null) || !gone.makesWayFor(message.getRegionId(), message.getEpoch().getConfVersion())) return null;
    return add(new RegionState(region.build(), message.getTo().getPeerId(), RegionState.Status.NORMAL, 0, 0));
  }

  /** A peer was removed from its group: durably said first, then its keys are taken away; its log goes when the store tidies up. */
  void removed(RegionPeer peer, RegionState state) {
    long id = state.region().getId();
    if (peers.get(id) != peer) return;
    peers.remove(id);
    regionsChanged = true;
    peer.close(RegionErrors.notFound(id));
    gone.erasing(state.region());
    var staging = new Staging(environment, engine, id);
    staging.mark(state).thenCompose(marked -> staging.erase(RegionState.range(state.region()))).whenComplete((done, error) -> mailbox.post(() -> {
      if (error != null) {
        LOG.error("region {} was removed from this store, but not all of it could be taken away", id, error);
        return;
      }
      gone.erased(state.region());
      gone.bury(state);
    }));
  }

  /** A peer that is no member any more and has not heard so, or whose region is no more, is told; it asks for votes for ever otherwise. */
  private void tellGone(@Nullable RegionPeer peer, RaftMessage message) {
    RegionState tombstone = peer == null ? gone.tombstone(message.getRegionId()) : null;
    if (tombstone != null && tombstone.region().hasMerge()) {
      var into = tombstone.region().getMerge();
      reply(message, RaftMessage.newBuilder().setFrom(message.getTo()).setEpoch(tombstone.region().getEpoch()).setMergedInto(into.getRegionId()).setStartKey(into.getIntoStart()));
    } else if (peer != null && message.getEpoch().getConfVersion() < peer.region().getEpoch().getConfVersion() && !RegionLife.contains(peer.region(), message.getFrom().getPeerId())) {
      reply(message, message(peer, message.getFrom(), ByteString.EMPTY).toBuilder());
    }
  }

  private void reply(RaftMessage message, RaftMessage.Builder note) {
    Objects.requireNonNull(network).send(message.getFrom().getStoreId(), note.setRegionId(message.getRegionId()).setTo(message.getFrom()).build());
  }

  private void hearGone(RaftMessage message) {
    RegionPeer peer = find(message.getRegionId());
    if (peer == null || peer.peerId != message.getTo().getPeerId() || message.getEpoch().getConfVersion() <= peer.region().getEpoch().getConfVersion()) return;
    // What is known to be committed may bring regions to life that have promised something before a crash. It will be told again.
    if (peer.appliedIndex() < peer.node.committed()) return;
    // Where the one that has taken it in is still to do so here, or even to be split off another before, it needs it.
    byte[] start = message.getStartKey().toByteArray();
    if (message.getMergedInto() != 0 && peers.values().stream().map(RegionPeer::region).anyMatch(each -> each.getId() != message.getRegionId() && RegionState.range(each).contains(start)
        && each.getEpoch().getVersion() < message.getEpoch().getVersion())) return;
    var last = peer.region().toBuilder().setEpoch(message.getEpoch()).clearMerge().build();
    peer.applier.stop(() -> mailbox.post(() -> removed(peer, new RegionState(last, peer.peerId, RegionState.Status.TOMBSTONE, peer.appliedIndex(), 0))));
  }

  // Merges

  /** A peer here that takes part, or null. On the loop. */
  @Nullable RegionPeer find(long region) {
    RegionPeer peer = peers.get(region);
    return peer == null || peer.isClosed() ? null : peer;
  }

  /** Has the source of a merge that is to be committed apply all it had before, and end. */
  CompletionStage<Void> bringUp(Region source) {
    var done = new CompletableFuture<Void>();
    mailbox.post(() -> {
      RegionPeer peer = find(source.getId());
      if (peer == null) {
        done.completeExceptionally(new IllegalStateException("region " + source.getId() + " is to become part of another and is not on store " + storeId));
        return;
      }
      peer.bringUp(source.getMerge().getPrepared(), source.getMerge().getPreparedTerm()).thenRun(() -> done.complete(null));
    });
    return done;
  }

  /** A region that has ended here is part of another. It stays listed until then, so that no message makes it anew. */
  void takenIn(RegionState tombstone, long sequence) {
    peers.remove(tombstone.region().getId());
    gone.takenIn(tombstone, sequence);
    regionsChanged = true;
  }

  /** Ends those that a region, as it will be once its snapshot is in place, has taken in elsewhere. {@code then} is given their tombstones, when all have ended. */
  void displace(Region region, RegionPeer own, Consumer<List<RegionState>> then) {
    var displaced = peers.values().stream().filter(peer -> peer != own && RegionLife.hasTakenIn(region, peer.region())).toList();
    var tombstones = displaced.stream().map(peer -> RegionLife.takenIn(peer.region(), peer.peerId, region)).toList();
    // One that is being brought up ends by itself: the region's applier, which waits for it, comes to the snapshot afterwards.
    var ending = displaced.stream().filter(peer -> !peer.isBroughtUp()).toList();
    if (ending.isEmpty()) then.accept(tombstones);
    var left = new AtomicInteger(ending.size());
    for (RegionPeer peer : ending) {
      peer.end(RegionErrors.notFound(peer.region().getId()), () -> {
        if (left.decrementAndGet() == 0) mailbox.post(() -> then.accept(tombstones));
      });
    }
  }

  /** The region has its snapshot: those that were displaced by it are no more, durably. */
  void displaced(Region region, RegionPeer own) {
    for (RegionPeer peer : List.copyOf(peers.values())) {
      if (peer == own || !peer.isClosed() || !RegionLife.hasTakenIn(region, peer.region())) continue;
      peers.remove(peer.region().getId());
      gone.bury(RegionLife.takenIn(peer.region(), peer.peerId, region));
    }
  }

  // Requests

  @Override public CompletionStage<Response> handle(Request request) {
    CommandHandler handler = commands;
    if (closed || handler == null) return CompletableFuture.completedFuture(failure(RegionErrors.busy("store " + storeId + " is being started or stopped")));
    CompletionStage<Response> response;
    try {
      response = Admin.isAdmin(request) ? admin.handle(request) : handler.handle(request);
    } catch (RegionException e) {
      response = CompletableFuture.failedFuture(e);
    }
    return response.exceptionally(error -> {
      Throwable cause = error instanceof CompletionException e && e.getCause() != null ? e.getCause() : error;
      if (cause instanceof RegionException e) return failure(e);
      LOG.error("a request failed: {}", request.getCommandCase(), cause);
      return failure(RegionErrors.busy("the store could not do it: " + cause));
    });
  }

  private static Response failure(RegionException error) {
    return Response.newBuilder().setRegionError(error.error()).build();
  }

  @Override public CompletionStage<Lead> lead(Context context) {
    var done = new CompletableFuture<Lead>();
    onRegion(context, 64, done, peer -> peer.read(context, done));
    return done;
  }

  @Override public @Nullable Lead leading(Context context) {
    return leads.of(context);
  }

  @Override public CompletionStage<Void> propose(Lead lead, List<EngineBatch.Entry> writes) {
    for (EngineBatch.Entry write : writes) {
      if (write.version() == EngineBatch.OF_BATCH) return CompletableFuture.failedFuture(new IllegalArgumentException("a replicated version is given by its proposer"));
    }
    var done = new CompletableFuture<Region>();
    var proposal = new RegionCommand.Proposal(lead.region().getEpoch().getVersion(), List.copyOf(writes));
    boolean taken = mailbox.offer(proposal.bytes(), () -> {
      RegionPeer peer = peer(lead.region().getId(), done);
      if (peer == null) return;
      if (full != null) {
        refuse(done, RegionErrors.diskFull("the log has no room: " + full.getMessage()));
        return;
      }
      peer.propose(new Waiting(proposal, lead.term(), done));
      changed(peer);
    });
    if (!taken) done.completeExceptionally(RegionErrors.busy("the store has " + mailbox.bytes() + " bytes of messages and commands waiting"));
    return done.thenAccept(region -> { });
  }

  /** Does something with the peer that a request is for, on the loop; where it is not here, that is what {@code done} fails with. */
  void onRegion(Context context, long bytes, CompletableFuture<?> done, Consumer<RegionPeer> work) {
    boolean taken = mailbox.offer(bytes, () -> {
      if (context.hasPeer() && context.getPeer().getStoreId() != storeId) {
        refuse(done, RegionErrors.storeNotMatch(storeId));
        return;
      }
      RegionPeer peer = peer(context.getRegionId(), done);
      if (peer == null) return;
      work.accept(peer);
      changed(peer);
    });
    if (!taken) done.completeExceptionally(RegionErrors.busy("the store has " + mailbox.bytes() + " bytes of messages and commands waiting"));
  }

  private @Nullable RegionPeer peer(long region, CompletableFuture<?> done) {
    RegionPeer peer = peers.get(region);
    if (peer != null && !peer.isClosed()) return peer;
    refuse(done, ended != null ? ended : absent(region));
    return null;
  }

  /**
   * What to answer where a region has other bounds or peers than was thought. Of a region that has split since, the new ones lie to its right, with greater versions.
   *
   * @param askedVersion of the epoch that was thought to be current
   */
  RegionException epochNotMatch(Region region, long askedVersion) {
    var current = new ArrayList<>(List.of(region));
    while (current.size() < MAX_CURRENT && !current.getLast().getEndKey().isEmpty()) {
      ByteString end = current.getLast().getEndKey();
      var next = peers.values().stream().map(RegionPeer::region).filter(each -> each.getPeersCount() > 0 && each.getStartKey().equals(end)
          && each.getEpoch().getVersion() > askedVersion).findFirst();
      if (next.isEmpty()) break;
      current.add(next.get());
    }
    return RegionErrors.epochNotMatch(current);
  }

  /** Of one that was taken in: who holds its keys now. */
  private RegionException absent(long region) {
    RegionState tombstone = gone.tombstone(region);
    if (tombstone == null || !tombstone.region().hasMerge()) return RegionErrors.notFound(region);
    byte[] start = tombstone.region().getStartKey().toByteArray();
    var holder = peers.values().stream().filter(peer -> RegionState.range(peer.region()).contains(start)).findFirst();
    return holder.isEmpty() ? RegionErrors.notFound(region) : epochNotMatch(holder.get().region(), tombstone.region().getEpoch().getVersion() - 1);
  }

  void refuse(CompletableFuture<?> done, RegionException why) {
    tell(List.of(done), each -> each.completeExceptionally(why));
  }

  /** The peers of the regions that hold a key; of all where there is none. On the loop. */
  List<RegionPeer> peers(@Nullable ByteString key) {
    return peers.values().stream().filter(peer -> peer.region().getPeersCount() > 0 && !peer.isClosed()).filter(peer -> key == null || RegionState.range(peer.region()).contains(key.toByteArray())).toList();
  }

  /** Whether a region of this id is, or was, here. On the loop. */
  boolean isTaken(long region) {
    return peers.containsKey(region) || gone.tombstone(region) != null;
  }

  /** The regions with a peer here, as they were a moment ago. */
  public List<Region> regions() {
    return regions;
  }

  public long storeId() {
    return storeId;
  }

  /** Up to where this store may have dropped old versions. */
  public SafePoint safePoint() {
    return safePoint;
  }

  Environment environment() {
    return environment;
  }

  StorageEngine engine() {
    return engine;
  }

  Listener listener() {
    return leads;
  }

  /** Tells a hook what becomes of the regions here, from now on. */
  public void watch(RegionHook hook) {
    mailbox.post(() -> events.add(hook, regions));
  }

  RegionEvents events() {
    return events;
  }

  /** Takes part no more; whoever waits is told. The engine and the network stay open. */
  @Override public void close() {
    if (closed) return;
    closed = true;
    mailbox.post(() -> end(RegionErrors.notFound(0)));
    memory.close();
  }
}
