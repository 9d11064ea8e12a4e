package nokv.raftstore.kv;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import nokv.api.ConflictException;
import nokv.api.OutcomeUnknownException;
import nokv.api.Timestamp;
import nokv.raftstore.client.Router;
import nokv.raftstore.proto.BatchRollback;
import nokv.raftstore.proto.Commit;
import nokv.raftstore.proto.Key;
import nokv.raftstore.proto.KeyError;
import nokv.raftstore.proto.Mutation;
import nokv.raftstore.proto.Prewrite;
import nokv.raftstore.proto.PrewriteResult;
import nokv.raftstore.proto.Request;
import nokv.raftstore.proto.TxnHeartBeat;
import nokv.spi.Environment;
import nokv.spi.Oracle;
import nokv.spi.txn.Stages;
import org.jspecify.annotations.Nullable;

/*
 * How a transaction commits
 *
 * Prewrite: all regions at the same time put locks on the keys, each refusing where a version above the start is there, or another's lock. If all keys lie in one region, that prewrite is
 * the commit (one phase): the leader chooses the version. Otherwise the commit version is taken from the oracle when all locks are there, and the transaction is committed at the moment in
 * which the primary's lock becomes a version; the other keys follow in the background, or are finished by who meets their locks.
 *
 * What can go wrong, and what is said then. A lock of another in the way: resolved or waited for, then the prewrite is asked again. A conflict, or no answer before the commit of the
 * primary: everything is rolled back; ConflictException, or what the router said. No answer to the one phase or the primary's commit: the primary's status is asked; if it cannot be told
 * either, OutcomeUnknownException, and nothing is undone, since it may be committed. All commands can be repeated: the start version tells them.
 *
 * Invariants: no lock is committed before all are there and, serializable, the reads were seen unchanged at the commit version; the primary first, alone; the commit version is taken after
 * the last prewrite was answered, so it is above every reader that passed a key before its lock.
 */
/** Commits one set of mutations (Percolator: Peng and Dabek, OSDI 2010). Used once. */
final class Committer {
  private static final Duration LOCK_TTL = Duration.ofSeconds(3);

  private final Coordination shared;
  private final List<Mutation> mutations;
  private final long start;
  private final Key primary;
  private final Attempts attempts;
  private final boolean blind;
  private final AtomicBoolean over = new AtomicBoolean();
  private boolean onePhase;

  /** What all transactions of a store share. */
  record Coordination(Router router, Oracle oracle, LockResolver locks, Environment environment, Duration lockWait) {}

  /** Sees to it that the reads of a serializable transaction hold at its commit version. */
  @FunctionalInterface
  interface Validation {
    CompletionStage<@Nullable Void> at(long commitVersion);
  }

  /**
   * @param mutations in key order, at least one
   * @param onePhase whether to commit in one phase where all keys lie in one region
   * @param blind overwrites whatever is there
   */
  Committer(Coordination shared, List<Mutation> mutations, long start, boolean onePhase, boolean blind) {
    this.shared = shared;
    this.mutations = mutations;
    this.start = start;
    this.onePhase = onePhase;
    this.blind = blind;
    primary = mutations.getFirst().getKey();
    attempts = new Attempts(shared.environment, shared.lockWait);
  }

  /** Completes with the commit version. @param givenVersion 0 = the oracle gives it */
  CompletionStage<Long> commit(@Nullable Validation validation, long givenVersion) {
    if (mutations.size() > 1) keepAlive();
    return prewrite(mutations).handle((version, error) -> {
      if (error == null) return version != 0 ? CompletableFuture.completedFuture(version) : afterPrewrite(validation, givenVersion);
      return onePhase && Stages.cause(error) instanceof OutcomeUnknownException unknown ? settle(unknown) : undo(error);
    }).thenCompose(stage -> stage).whenComplete((version, error) -> over.set(true));
  }

  // Prewrite

  /** Completes with the commit version if it was done in one phase, otherwise 0. */
  private CompletionStage<Long> prewrite(List<Mutation> part) {
    return shared.router.sendEach(part, mutation -> mutation.getKey().getKey().toByteArray(), (region, group) -> request(group)).thenCompose(answers -> {
      var again = new ArrayList<Mutation>();
      KeyError locked = null;
      for (var answer : answers) {
        PrewriteResult result = answer.response().getPrewrite();
        if (result.getCommitVersion() != 0) return CompletableFuture.completedFuture(result.getCommitVersion());
        for (KeyError error : result.getErrorsList()) {
          if (!error.hasLocked()) return CompletableFuture.failedFuture(Wire.failure(error));
          locked = error;
        }
        if (result.getErrorsCount() > 0) again.addAll(answer.items());
        else if (onePhase && answer.items().size() == mutations.size()) {
          onePhase = false;
          again.addAll(answer.items());
        }
      }
      if (again.isEmpty()) return CompletableFuture.completedFuture(0L);
      if (locked == null) return prewrite(again);
      KeyError reason = locked;
      return shared.locks.resolve(reason.getLocked(), 0).thenCompose(gone -> gone ? CompletableFuture.<@Nullable Void>completedFuture(null) : attempts.pause(reason))
          .thenCompose(nothing -> prewrite(again));
    });
  }

  private Request.Builder request(List<Mutation> group) {
    boolean whole = onePhase && group.size() == mutations.size();
    return Request.newBuilder().setPrewrite(Prewrite.newBuilder().addAllMutations(group).setPrimary(primary).setStartVersion(start).setLockTtlMillis(LOCK_TTL.toMillis())
        .setOnePhase(whole).setBlind(blind && whole));
  }

  /** Lets the primary's lock live as long as this goes on. */
  private void keepAlive() {
    shared.environment.timer().schedule(LOCK_TTL.dividedBy(2), () -> {
      if (over.get()) return;
      long age = shared.environment.clock().millis() - Timestamp.physicalMillis(start);
      var beat = TxnHeartBeat.newBuilder().setPrimary(primary).setStartVersion(start).setLockTtlMillis(age + LOCK_TTL.toMillis());
      shared.router.send(primary.getKey().toByteArray(), Request.newBuilder().setTxnHeartBeat(beat)).whenComplete((response, error) -> {
        if (!over.get()) keepAlive();
      });
    });
  }

  // Commit

  private CompletableFuture<Long> afterPrewrite(@Nullable Validation validation, long givenVersion) {
    var version = givenVersion != 0 ? CompletableFuture.completedFuture(givenVersion) : shared.oracle.next();
    return version.thenCompose(commitVersion -> (validation == null ? CompletableFuture.<@Nullable Void>completedFuture(null) : validation.at(commitVersion))
        .thenApply(nothing -> commitVersion)).handle((commitVersion, error) -> error == null ? commitPrimary(commitVersion, validation, givenVersion) : undo(error))
        .thenCompose(stage -> stage).toCompletableFuture();
  }

  private CompletableFuture<Long> commitPrimary(long commitVersion, @Nullable Validation validation, long givenVersion) {
    return commit(List.of(primary), commitVersion).handle((error, failure) -> {
      if (failure != null) return Stages.cause(failure) instanceof OutcomeUnknownException unknown ? settle(unknown) : undo(failure);
      if (error == null) {
        commitOthers(commitVersion);
        return CompletableFuture.completedFuture(commitVersion);
      }
      if (error.hasSnapshotTooOld()) return CompletableFuture.<Long>failedFuture(new OutcomeUnknownException("the transaction is older than raft.max_snapshot_age, and what became of it is forgotten"));
      // A reader that met the lock has pushed it: a newer version will do.
      if (error.hasCommitVersionTooOld() && givenVersion == 0) return afterPrewrite(validation, givenVersion);
      return undo(Wire.failure(error));
    }).thenCompose(stage -> stage).toCompletableFuture();
  }

  private CompletionStage<@Nullable KeyError> commit(List<Key> keys, long commitVersion) {
    var commit = Commit.newBuilder().addAllKeys(keys).setStartVersion(start).setCommitVersion(commitVersion);
    return shared.router.send(keys.getFirst().getKey().toByteArray(), Request.newBuilder().setCommit(commit))
        .thenApply(response -> response.getCommit().hasError() ? response.getCommit().getError() : null);
  }

  /** Nobody waits for it, and whoever meets a lock that this does not reach commits it. */
  private void commitOthers(long commitVersion) {
    var keys = new ArrayList<Key>(mutations.size());
    for (Mutation mutation : mutations) if (!mutation.getKey().equals(primary)) keys.add(mutation.getKey());
    if (keys.isEmpty()) return;
    shared.router.sendEach(keys, key -> key.getKey().toByteArray(), (region, group) -> Request.newBuilder()
        .setCommit(Commit.newBuilder().addAllKeys(group).setStartVersion(start).setCommitVersion(commitVersion)));
  }

  // When it does not go well

  /** Rolls everything back, then fails with {@code error}. What the rollback does not reach, others undo when they meet it. */
  private CompletableFuture<Long> undo(Throwable error) {
    var keys = new ArrayList<Key>(mutations.size());
    for (Mutation mutation : mutations) keys.add(mutation.getKey());
    var failed = new CompletableFuture<Long>();
    shared.router.sendEach(keys, key -> key.getKey().toByteArray(), (region, group) -> Request.newBuilder()
        .setBatchRollback(BatchRollback.newBuilder().addAllKeys(group).setStartVersion(start))).whenComplete((answers, alsoFailed) -> failed.completeExceptionally(Stages.cause(error)));
    return failed;
  }

  /** The answer that says whether it was committed was lost: the primary knows, and if it does not yet, it is made to say no. */
  private CompletableFuture<Long> settle(OutcomeUnknownException unknown) {
    return shared.oracle.next().thenCompose(now -> shared.locks.status(primary, start, 0, now, true)).handle((status, failure) -> {
      if (failure != null || status.hasError() || status.getForgotten()) return CompletableFuture.<Long>failedFuture(unknown);
      return switch (status.getState()) {
        case COMMITTED -> {
          commitOthers(status.getCommitVersion());
          yield CompletableFuture.completedFuture(status.getCommitVersion());
        }
        case ROLLED_BACK -> undo(new ConflictException("the transaction was rolled back while nobody knew what had become of it; run it again"));
        case LOCKED, MISSING, UNRECOGNIZED -> CompletableFuture.<Long>failedFuture(unknown);
      };
    }).thenCompose(stage -> stage).toCompletableFuture();
  }
}
