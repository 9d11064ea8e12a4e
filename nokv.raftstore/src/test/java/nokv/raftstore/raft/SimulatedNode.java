package nokv.raftstore.raft;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import nokv.raftstore.raft.Ready.StorageAppend;
import nokv.raftstore.raft.Ready.StorageApply;
import org.jspecify.annotations.Nullable;

/** A node with a disk that forgets what was not synced, and an application whose state is a hash of all it has applied. */
final class SimulatedNode {
  /** Ways to build the driver wrong. */
  enum Defect { NONE, VOTE_NOT_STORED, TERM_NOT_STORED, ANSWERS_BEFORE_SYNC, LOSES_SYNCED_ENTRIES, SLOW_CLOCK, SNAPSHOT_WITHOUT_STATE }

  private final RaftOptions options;
  private final Random random;
  private final Invariants invariants;
  private final Defect defect;
  private final Consumer<Message> network;

  /** What survives: the log, and the application's state that belongs to it. */
  private MemoryStorage synced = new MemoryStorage();
  private final List<StorageAppend> unsynced = new ArrayList<>();
  private MemoryStorage disk = synced.copy();

  private @Nullable RaftNode raft;
  private Snapshot application;
  private final ArrayDeque<StorageAppend> toAppend = new ArrayDeque<>();
  private final ArrayDeque<StorageApply> toApply = new ArrayDeque<>();
  private final Map<Long, Long> reads = new HashMap<>();
  private long nextRead;

  SimulatedNode(RaftOptions options, Configuration configuration, Random random, Invariants invariants, Defect defect, Consumer<Message> network) {
    this.options = options;
    this.random = random;
    this.invariants = invariants;
    this.defect = defect;
    this.network = network;
    application = state(0, 0, configuration, 0);
    synced.applied(application);
    start();
  }

  private static Snapshot state(long index, long term, Configuration configuration, long hash) {
    return new Snapshot(index, term, configuration, ByteBuffer.allocate(8).putLong(hash).array());
  }

  boolean isUp() {
    return raft != null;
  }

  RaftNode raft() {
    if (raft == null) throw new AssertionError("node " + options.id() + " is down");
    return raft;
  }

  void start() {
    disk = synced.copy();
    application = disk.snapshot();
    raft = new RaftNode(options, disk, application.index(), random);
  }

  /** The process ends; of what was written and not synced, any beginning survives. */
  void crash() {
    raft = null;
    int survives = random.nextInt(unsynced.size() + 1);
    for (var append : unsynced.subList(0, survives)) write(synced, append);
    if (defect == Defect.LOSES_SYNCED_ENTRIES) synced = shortened(synced);
    unsynced.clear();
    toAppend.clear();
    toApply.clear();
  }

  private static MemoryStorage shortened(MemoryStorage whole) {
    long last = whole.lastIndex();
    var shorter = whole.copy();
    shorter.truncate(Math.max(whole.snapshot().index(), last - 2));
    shorter.store(new HardState(whole.hardState().term(), whole.hardState().vote(), Math.min(whole.hardState().commit(), shorter.lastIndex())), null, List.of());
    return shorter;
  }

  void tick(long time) {
    if (defect == Defect.SLOW_CLOCK && raft().role() instanceof Leader && time % 4 != 0) return;
    raft().tick();
    observe();
  }

  void step(Message message) {
    raft().step(message);
    observe();
  }

  private void observe() {
    if (raft().role() instanceof Leader) invariants.leads(raft());
  }

  void read() {
    long id = nextRead++;
    reads.put(id, invariants.committed());
    raft().readIndex(id);
  }

  /** Does one piece of what is to be done, if there is any. */
  boolean work() {
    switch (random.nextInt(3)) {
      case 0 -> {
        if (toAppend.isEmpty()) return handleReady();
        append(toAppend.remove());
      }
      case 1 -> {
        if (toApply.isEmpty()) return handleReady();
        var apply = toApply.remove();
        apply(apply.entries());
        step(apply.response());
      }
      default -> {
        return handleReady();
      }
    }
    return true;
  }

  private boolean handleReady() {
    if (!raft().hasReady()) return false;
    var ready = raft().ready();
    for (var state : ready.readStates()) invariants.read(options.id(), reads.get(state.context()), state.index());
    if (options.asyncStorage()) {
      ready.messages().forEach(network);
      var append = ready.append();
      if (append != null) toAppend.add(append);
      if (ready.apply() != null) toApply.add(ready.apply());
      return true;
    }
    append(new StorageAppend(ready.hardState(), ready.snapshot(), ready.entries(), ready.mustSync(), List.of()));
    ready.messages().forEach(network);
    apply(ready.committed());
    raft().advance();
    observe();
    return true;
  }

  private void append(StorageAppend append) {
    write(disk, append);
    for (var entry : append.entries()) invariants.stored(options.id(), entry, disk.term(entry.index() - 1));
    unsynced.add(append);
    if (append.snapshot() != null) {
      application = defect == Defect.SNAPSHOT_WITHOUT_STATE ? state(append.snapshot().index(), append.snapshot().term(), append.snapshot().configuration(), 0) : append.snapshot();
    }
    if (append.mustSync() || append.snapshot() != null || random.nextInt(4) == 0) {
      if (defect != Defect.ANSWERS_BEFORE_SYNC || random.nextInt(8) == 0) sync();
    }
    for (var response : append.responses()) {
      if (response.isLocal()) step(response);
      else network.accept(response);
    }
  }

  private void write(MemoryStorage to, StorageAppend append) {
    var hard = append.hardState();
    if (hard != null && defect == Defect.VOTE_NOT_STORED) hard = new HardState(hard.term(), 0, hard.commit());
    if (hard != null && defect == Defect.TERM_NOT_STORED) hard = new HardState(0, 0, hard.commit());
    to.store(hard, append.snapshot(), append.entries());
  }

  private void sync() {
    for (var append : unsynced) write(synced, append);
    unsynced.clear();
  }

  private void apply(List<Entry> entries) {
    for (var entry : entries) {
      // A snapshot has come in between.
      if (entry.index() <= application.index()) continue;
      if (entry.index() != application.index() + 1) throw new AssertionError("node " + options.id() + " applies " + entry.index() + " behind " + application.index());
      var configuration = application.configuration();
      if (entry.kind() == Entry.Kind.CHANGE) {
        try {
          configuration = configuration.after(ConfChange.decode(entry.data()));
          raft().applyConfiguration(entry.index(), configuration);
        } catch (InvalidChangeException e) {
          // All nodes meet it at this entry.
        }
      }
      invariants.state(options.id(), application.index(), ByteBuffer.wrap(application.data()).getLong());
      application = state(entry.index(), entry.term(), configuration, invariants.applied(options.id(), entry));
    }
    if (!entries.isEmpty()) disk.applied(application);
  }

  /** Makes the application's state durable, and lets go of the log before it. */
  void compact() {
    if (!unsynced.isEmpty() || !toAppend.isEmpty()) return;
    if (application.index() < disk.firstIndex() || application.index() > disk.lastIndex()) return;
    long keep = application.index() - random.nextInt(4);
    for (var storage : List.of(disk, synced)) {
      storage.applied(application);
      storage.compact(keep);
    }
  }

  long appliedIndex() {
    return application.index();
  }
}
