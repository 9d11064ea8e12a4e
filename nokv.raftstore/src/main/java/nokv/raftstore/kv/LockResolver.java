package nokv.raftstore.kv;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import nokv.api.Timestamp;
import nokv.raftstore.client.Router;
import nokv.raftstore.proto.CheckSecondaryLocks;
import nokv.raftstore.proto.CheckTxnStatus;
import nokv.raftstore.proto.Key;
import nokv.raftstore.proto.LockInfo;
import nokv.raftstore.proto.Request;
import nokv.raftstore.proto.ResolveLock;
import nokv.raftstore.proto.SecondaryLocks;
import nokv.raftstore.proto.TxnStatus;
import nokv.spi.Oracle;

/**
 * Deals with a lock in the way: asks the primary what became of its transaction, and finishes or undoes it at the key that was met (Peng and Dabek, OSDI 2010, 2.2). A transaction that
 * still has time is left alone; the caller waits. Thread-safe.
 */
final class LockResolver {
  private final Router router;
  private final Oracle oracle;

  LockResolver(Router router, Oracle oracle) {
    this.router = router;
    this.oracle = oracle;
  }

  /** Completes with whether the lock is gone. @param readVersion of the reader it stands in the way of; 0 = a writer, or a read of the newest */
  CompletionStage<Boolean> resolve(LockInfo lock, long readVersion) {
    return oracle.next().thenCompose(now -> status(lock.getPrimary(), lock.getStartVersion(), readVersion, now, isExpired(lock, now)).thenCompose(status -> {
      if (status.hasError()) return CompletableFuture.failedFuture(Wire.failure(status.getError()));
      return switch (status.getState()) {
        case COMMITTED -> finish(lock, status.getCommitVersion());
        case ROLLED_BACK -> finish(lock, 0);
        case LOCKED -> status.getLock().getAsyncCommit() && isExpired(status.getLock(), now) ? asynchronous(lock, status.getLock()) : CompletableFuture.completedFuture(false);
        // The primary's prewrite may still be on its way.
        case MISSING, UNRECOGNIZED -> CompletableFuture.completedFuture(false);
      };
    }));
  }

  private static boolean isExpired(LockInfo lock, long now) {
    return Timestamp.physicalMillis(lock.getStartVersion()) + lock.getTtlMillis() < Timestamp.physicalMillis(now);
  }

  /** Ends a lock whatever time its owner has left: its transaction is rolled back if it is not committed. */
  CompletionStage<Boolean> end(LockInfo lock) {
    return status(lock.getPrimary(), lock.getStartVersion(), 0, Timestamp.MAX, true).thenCompose(status -> {
      if (status.hasError()) return CompletableFuture.failedFuture(Wire.failure(status.getError()));
      return switch (status.getState()) {
        case COMMITTED -> finish(lock, status.getCommitVersion());
        case ROLLED_BACK -> finish(lock, 0);
        case LOCKED -> asynchronous(lock, status.getLock());
        case MISSING, UNRECOGNIZED -> CompletableFuture.completedFuture(false);
      };
    });
  }

  /**
   * What became of a transaction; one whose lock has expired is rolled back at its primary.
   *
   * @param rollbackIfMissing whether one that the primary does not know of is made never to happen
   */
  CompletionStage<TxnStatus> status(Key primary, long start, long readVersion, long now, boolean rollbackIfMissing) {
    var check = CheckTxnStatus.newBuilder().setPrimary(primary).setStartVersion(start).setCallerStartVersion(readVersion).setCurrentVersion(now).setRollbackIfMissing(rollbackIfMissing);
    return router.send(primary.getKey().toByteArray(), Request.newBuilder().setCheckTxnStatus(check)).thenApply(response -> response.getCheckTxnStatus());
  }

  /** An asynchronous commit is decided when all its locks are there, so of one whose time has run out the secondaries tell: those without a lock never get one. */
  private CompletionStage<Boolean> asynchronous(LockInfo met, LockInfo primary) {
    List<Key> keys = primary.getSecondariesList();
    return router.sendEach(keys, key -> key.getKey().toByteArray(), (region, group) -> Request.newBuilder()
        .setCheckSecondaryLocks(CheckSecondaryLocks.newBuilder().addAllKeys(group).setStartVersion(met.getStartVersion()))).thenCompose(answers -> {
          long commitVersion = primary.getMinCommitVersion();
          int locked = 0;
          for (var answer : answers) {
            SecondaryLocks found = answer.response().getCheckSecondaryLocks();
            if (found.getCommitVersion() != 0) return finishBoth(met, primary, found.getCommitVersion());
            if (found.getRolledBack()) return finishBoth(met, primary, 0);
            for (LockInfo lock : found.getLocksList()) commitVersion = Math.max(commitVersion, lock.getMinCommitVersion());
            locked += found.getLocksCount();
          }
          return finishBoth(met, primary, locked == keys.size() ? commitVersion : 0);
        });
  }

  private CompletionStage<Boolean> finishBoth(LockInfo met, LockInfo primary, long commitVersion) {
    return finish(primary, commitVersion).thenCompose(done -> met.getKey().equals(primary.getKey()) ? CompletableFuture.completedFuture(done) : finish(met, commitVersion));
  }

  private CompletionStage<Boolean> finish(LockInfo lock, long commitVersion) {
    var resolve = ResolveLock.newBuilder().setStartVersion(lock.getStartVersion()).setCommitVersion(commitVersion).addKeys(lock.getKey());
    return router.send(lock.getKey().getKey().toByteArray(), Request.newBuilder().setResolveLock(resolve)).thenApply(response -> {
      if (response.getResolveLock().hasError()) throw Wire.failure(response.getResolveLock().getError());
      return true;
    });
  }
}
