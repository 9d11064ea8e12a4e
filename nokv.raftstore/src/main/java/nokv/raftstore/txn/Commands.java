package nokv.raftstore.txn;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import nokv.api.KeyRange;
import nokv.raftstore.key.FamilyKey;
import nokv.raftstore.key.RegionRange;
import nokv.raftstore.proto.Context;
import nokv.raftstore.proto.Key;
import nokv.raftstore.proto.Mutation;
import nokv.raftstore.proto.Prewrite;
import nokv.raftstore.proto.Region;
import nokv.raftstore.proto.Request;
import nokv.raftstore.proto.Response;
import nokv.raftstore.store.CommandHandler;
import nokv.raftstore.store.RegionErrors;
import nokv.raftstore.store.Regions;
import nokv.raftstore.store.SafePoint;
import nokv.spi.Environment;
import nokv.spi.MemoryBudget;
import nokv.spi.Oracle;
import nokv.spi.StorageEngine;
import nokv.spi.txn.Stages;
import org.jspecify.annotations.Nullable;

/*
 * How a store executes a command
 *
 *   read    lead ──► evaluate ──► answer
 *   write   latches ──► evaluate ──► propose ──► (applied) ──► answer, latches let go
 *                               └── nothing to write ──► lead ──► answer
 *
 * `lead` makes sure that the local engine holds all that was committed before. A write that is proposed does not need it: the engine holds all of earlier terms, the latches see to it that
 * what was answered in this one is applied before the next looks at its keys, and a proposal fails in any other term. What a write answers without a proposal was true when it was evaluated
 * if this store led then, so that is asked afterwards. Under the latches nothing that the command looks at can change until what it wants written is applied. So a command is evaluated once,
 * here, and what goes into the log is its result; the other replicas only apply. Evaluation reads the engine, which may wait for a file, so it is an I/O task.
 *
 * Where the leader chooses the version (one phase, asynchronous commit), the keys are published in `pending` first, then the greatest read timestamp is read: a reader that came before is
 * below the version, one that comes later finds the key published and waits until it is applied or given up.
 */
/** What a store does with the commands of clients. Thread-safe; parks nobody. */
public final class Commands implements CommandHandler, AutoCloseable {
  private final Evaluations evaluations;
  private final Regions regions;
  private final SafePoint safePoint;
  private final Records records;
  private final ReadTimestamps timestamps;
  private final PendingWrites pending = new PendingWrites();
  private final Traffic traffic = new Traffic();
  private final Latches latches = new Latches();
  private final Reading reading;
  private final Ending ending;
  private final Registers registers;
  private final MemoryBudget.Claim memory;
  private final AtomicLong underWay = new AtomicLong();

  /**
   * @param safePoint of this store
   * @param bytes of commands that may be under way; they are part of the memory budget, until this is closed
   */
  public Commands(Environment environment, StorageEngine engine, Regions regions, SafePoint safePoint, long bytes) {
    evaluations = new Evaluations(environment.io());
    this.regions = regions;
    this.safePoint = safePoint;
    memory = environment.memory().claim("commands", bytes);
    records = new Records(engine);
    timestamps = new ReadTimestamps(environment);
    reading = new Reading(records, timestamps, pending, safePoint, environment.clock());
    ending = new Ending(records, safePoint);
    registers = new Registers(records);
  }

  /** Until it is given an oracle, the store commits nothing in one phase. */
  public void start(Oracle oracle) {
    timestamps.start(oracle);
  }

  /** What the regions were asked. */
  public Traffic traffic() {
    return traffic;
  }

  /** To be told about the life of regions. */
  public Regions.Listener listener() {
    return timestamps;
  }

  @Override public CompletionStage<Response> handle(Request request) {
    long bytes = request.getSerializedSize();
    long before = underWay.getAndAdd(bytes);
    if (before > 0 && before + bytes > memory.bytes()) {
      underWay.addAndGet(-bytes);
      return CompletableFuture.failedFuture(RegionErrors.busy("commands of " + before + " bytes are under way"));
    }
    return begin(() -> run(request)).whenComplete((response, error) -> underWay.addAndGet(-bytes));
  }

  private CompletionStage<Response> run(Request request) {
    return switch (request.getCommandCase()) {
      case GET -> read(request, region -> Response.newBuilder().setGet(reading.get(request.getGet())).build());
      case BATCH_GET -> read(request, region -> Response.newBuilder().setBatchGet(reading.batchGet(request.getBatchGet())).build());
      case SCAN -> read(request, region -> Response.newBuilder().setScan(reading.scan(request.getScan(), region)).build());
      case REFRESH -> read(request, region -> Response.newBuilder().setRefresh(reading.refresh(request.getRefresh(), region)).build());
      case SCAN_LOCKS -> read(request, region -> Response.newBuilder().setScanLocks(reading.scanLocks(request.getScanLocks(), region)).build());
      case PREWRITE -> prewrite(request, request.getPrewrite());
      case COMMIT -> write(request, lead -> ending.commit(request.getCommit()));
      case BATCH_ROLLBACK -> write(request, lead -> ending.rollback(request.getBatchRollback()));
      case RESOLVE_LOCK -> write(request, lead -> ending.resolve(request.getResolveLock()));
      case CHECK_TXN_STATUS -> write(request, lead -> ending.status(request.getCheckTxnStatus()));
      case TXN_HEART_BEAT -> write(request, lead -> ending.heartBeat(request.getTxnHeartBeat()));
      case CHECK_SECONDARY_LOCKS -> write(request, lead -> ending.secondaries(request.getCheckSecondaryLocks()));
      case REGISTER -> write(request, lead -> registers.access(request.getRegister()));
      default -> throw RegionErrors.busy("no command of a region: " + request.getCommandCase());
    };
  }

  /** The keys that a command names; all must lie in the region. */
  private static List<FamilyKey> keys(Request request) {
    return switch (request.getCommandCase()) {
      case GET -> List.of(FamilyKey.of(request.getGet().getKey()));
      case BATCH_GET -> request.getBatchGet().getKeysList().stream().map(key -> new FamilyKey(0, key.toByteArray())).toList();
      case SCAN -> List.of(new FamilyKey(0, request.getScan().getStartKey().toByteArray()));
      case REFRESH -> keys(request.getRefresh().getKeysList());
      case PREWRITE -> request.getPrewrite().getMutationsList().stream().map(mutation -> FamilyKey.of(mutation.getKey())).toList();
      case COMMIT -> keys(request.getCommit().getKeysList());
      case BATCH_ROLLBACK -> keys(request.getBatchRollback().getKeysList());
      case RESOLVE_LOCK -> keys(request.getResolveLock().getKeysList());
      case CHECK_TXN_STATUS -> List.of(FamilyKey.of(request.getCheckTxnStatus().getPrimary()));
      case TXN_HEART_BEAT -> List.of(FamilyKey.of(request.getTxnHeartBeat().getPrimary()));
      case CHECK_SECONDARY_LOCKS -> keys(request.getCheckSecondaryLocks().getKeysList());
      case REGISTER -> List.of(Registers.key(request.getRegister()));
      default -> List.of();
    };
  }

  private static List<FamilyKey> keys(List<Key> keys) {
    return keys.stream().map(FamilyKey::of).toList();
  }

  private static void checkInside(Region region, List<FamilyKey> keys) {
    KeyRange bounds = RegionRange.of(region);
    for (FamilyKey key : keys) if (!bounds.contains(key.key())) throw RegionErrors.keyNotInRegion(region);
  }

  // Reads

  /** Evaluates a read of a region that this store leads. */
  @FunctionalInterface
  private interface Read {
    Response of(Region region);
  }

  /**
   * Announces itself and waits for what is being written below it before it asks to lead: a write that vanished from memory because leadership was lost may still be committed, and then
   * asking fails, or succeeds in a later term, which has it applied.
   */
  private CompletionStage<Response> read(Request request, Read read) {
    traffic.read(request.getContext().getRegionId());
    return announced(request, read);
  }

  private CompletionStage<Response> announced(Request request, Read read) {
    PendingWrites.Pending by = reading.announce(request);
    if (by != null) return by.over().thenCompose(nothing -> announced(request, read));
    var keys = keys(request);
    return regions.lead(request.getContext()).thenCompose(lead -> {
      checkInside(lead.region(), keys);
      return onIo(() -> read.of(lead.region()));
    });
  }

  private <T> CompletionStage<T> onIo(Supplier<T> work) {
    return Stages.on(evaluations, work);
  }

  // Writes

  /** Evaluates a write to a region that this store leads. */
  @FunctionalInterface
  private interface Write {
    Effect of(Regions.Lead lead);
  }

  private CompletionStage<Response> write(Request request, Write write) {
    traffic.wrote(request.getContext().getRegionId());
    var keys = keys(request);
    return latched(keys, false, () -> leading(request.getContext()).thenCompose(lead -> {
      checkInside(lead.region(), keys);
      return onIo(() -> write.of(lead)).thenCompose(effect -> propose(request.getContext(), lead, effect));
    }));
  }

  private CompletionStage<Regions.Lead> leading(Context context) {
    var known = regions.leading(context);
    return known == null ? regions.lead(context) : CompletableFuture.completedFuture(known);
  }

  private CompletionStage<Response> propose(Context context, Regions.Lead lead, Effect effect) {
    if (!effect.writes().isEmpty()) return regions.propose(lead, effect.writes()).thenApply(nothing -> effect.response());
    return regions.lead(context).thenApply(now -> {
      if (now.term() != lead.term()) throw RegionErrors.busy("leadership was lost and won again while this was looked at; ask again");
      return effect.response();
    });
  }

  private CompletionStage<Response> latched(List<FamilyKey> keys, boolean all, Supplier<CompletionStage<Response>> work) {
    var result = new CompletableFuture<Response>();
    var hold = new Latches.@Nullable Hold[1];
    Runnable then = () -> begin(work).whenComplete((response, error) -> {
      Latches.Hold held = hold[0];
      if (held != null) latches.release(held);
      if (error == null) result.complete(response);
      else result.completeExceptionally(Stages.cause(error));
    });
    Latches.Hold taken = all ? Latches.holdAll(then) : Latches.hold(keys, then);
    hold[0] = taken;
    latches.acquire(taken);
    return result;
  }

  private static CompletionStage<Response> begin(Supplier<CompletionStage<Response>> work) {
    try {
      return work.get();
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(new CompletionException(e));
    }
  }

  private CompletionStage<Response> prewrite(Request request, Prewrite prewrite) {
    traffic.wrote(request.getContext().getRegionId());
    var keys = keys(request);
    boolean wide = prewrite.getMutationsList().stream().anyMatch(mutation -> mutation.getOp() == Mutation.Op.DELETE_RANGE);
    boolean chooses = prewrite.getOnePhase() || prewrite.getAsyncCommit();
    return latched(keys, wide, () -> leading(request.getContext()).thenCompose(lead -> {
      checkInside(lead.region(), keys);
      if (chooses && !timestamps.isKnown(lead)) throw RegionErrors.busy("a new leader does not know yet up to which timestamp was read here");
      timestamps.raise(prewrite.getStartVersion());
      var published = chooses ? pending.publish(keys, wide ? ranges(prewrite, lead.region()) : List.of()) : null;
      var done = onIo(() -> new Prewriting(records, timestamps, safePoint, prewrite, request.getContext().getAgain(), lead.region(), published).run())
          .thenCompose(effect -> propose(request.getContext(), lead, effect));
      return published == null ? done : done.whenComplete((response, error) -> pending.remove(published));
    }));
  }

  private static List<PendingWrites.Range> ranges(Prewrite prewrite, Region region) {
    var ranges = new ArrayList<PendingWrites.Range>();
    for (Mutation mutation : prewrite.getMutationsList()) {
      if (mutation.getOp() != Mutation.Op.DELETE_RANGE) continue;
      var range = Prewriting.range(mutation, region);
      ranges.add(new PendingWrites.Range(mutation.getKey().getFamily(), range.start(), range.end()));
    }
    return ranges;
  }

  /** Gives its share of the memory back. */
  @Override public void close() {
    memory.close();
  }
}
