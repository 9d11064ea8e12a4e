package nokv.raftstore.txn;

import java.util.ArrayList;
import java.util.List;
import nokv.raftstore.key.FamilyKey;
import nokv.raftstore.proto.BatchRollback;
import nokv.raftstore.proto.CheckSecondaryLocks;
import nokv.raftstore.proto.CheckTxnStatus;
import nokv.raftstore.proto.Commit;
import nokv.raftstore.proto.Key;
import nokv.raftstore.proto.KeyError;
import nokv.raftstore.proto.KeyResult;
import nokv.raftstore.proto.ResolveLock;
import nokv.raftstore.proto.Response;
import nokv.raftstore.proto.SecondaryLocks;
import nokv.raftstore.proto.TxnHeartBeat;
import nokv.raftstore.proto.TxnHeartBeatResult;
import nokv.raftstore.proto.TxnStatus;
import nokv.raftstore.store.SafePoint;
import nokv.spi.EngineBatch.Entry;

/**
 * What ends a transaction, or tells how it ended, at a region's leader, under the latches of its keys. Each may be asked twice. May block on file reads. Thread-safe.
 */
final class Ending {
  private final Records records;
  private final SafePoint safePoint;

  Ending(Records records, SafePoint safePoint) {
    this.records = records;
    this.safePoint = safePoint;
  }

  Effect commit(Commit commit) {
    var writes = new ArrayList<Entry>();
    for (Key each : commit.getKeysList()) {
      var key = FamilyKey.of(each);
      Lock lock = records.lock(key);
      if (lock != null && lock.start() == commit.getStartVersion()) {
        if (commit.getCommitVersion() < lock.minCommitVersion()) return committed(List.of(), tooOld(lock));
        Records.commit(writes, key, lock, commit.getCommitVersion());
      } else if (records.commitVersion(key, commit.getStartVersion()) == 0) {
        return committed(List.of(), missing(key, commit.getStartVersion()));
      }
    }
    return new Effect(writes, Response.newBuilder().setCommit(KeyResult.getDefaultInstance()).build());
  }

  /** Neither lock nor version; below the safe point that says nothing, unless a rollback is there. */
  private KeyError missing(FamilyKey key, long start) {
    return start < safePoint.get() && records.outcome(key, start) == null ? Reading.tooOld(safePoint) : notFound();
  }

  private static Effect committed(List<Entry> writes, KeyError error) {
    return new Effect(writes, Response.newBuilder().setCommit(KeyResult.newBuilder().setError(error)).build());
  }

  Effect rollback(BatchRollback rollback) {
    var writes = new ArrayList<Entry>();
    long start = rollback.getStartVersion();
    for (Key each : rollback.getKeysList()) {
      var key = FamilyKey.of(each);
      long committed = records.commitVersion(key, start);
      if (committed != 0) return new Effect(List.of(), Response.newBuilder().setBatchRollback(KeyResult.newBuilder().setError(alreadyCommitted(committed))).build());
      Lock lock = records.lock(key);
      if ((lock != null && lock.start() == start) || records.outcome(key, start) == null) Records.rollback(writes, key, lock, start);
    }
    return new Effect(writes, Response.newBuilder().setBatchRollback(KeyResult.getDefaultInstance()).build());
  }

  /** Keys that have no such lock any more were resolved by somebody else. */
  Effect resolve(ResolveLock resolve) {
    var writes = new ArrayList<Entry>();
    for (Key each : resolve.getKeysList()) {
      var key = FamilyKey.of(each);
      Lock lock = records.lock(key);
      if (lock == null || lock.start() != resolve.getStartVersion()) continue;
      if (resolve.getCommitVersion() == 0) Records.rollback(writes, key, lock, lock.start());
      else Records.commit(writes, key, lock, resolve.getCommitVersion());
    }
    return new Effect(writes, Response.newBuilder().setResolveLock(KeyResult.getDefaultInstance()).build());
  }

  Effect status(CheckTxnStatus check) {
    var key = FamilyKey.of(check.getPrimary());
    long start = check.getStartVersion();
    var writes = new ArrayList<Entry>();
    var status = TxnStatus.newBuilder();
    Lock lock = records.lock(key);
    if (lock != null && lock.start() == start) {
      if (lock.expired(check.getCurrentVersion()) && !lock.async()) {
        Records.rollback(writes, key, lock, start);
        status.setState(TxnStatus.State.ROLLED_BACK);
      } else {
        Lock pushed = lock;
        if (check.getCallerStartVersion() >= lock.minCommitVersion() && !lock.async()) {
          pushed = lock.withMinCommitVersion(check.getCallerStartVersion() + 1);
          Records.lock(writes, key, pushed);
        }
        status.setState(TxnStatus.State.LOCKED).setLock(pushed.toProto(key));
      }
    } else {
      ended(key, start, check.getRollbackIfMissing(), status, writes);
    }
    return new Effect(writes, Response.newBuilder().setCheckTxnStatus(status).build());
  }

  private void ended(FamilyKey key, long start, boolean rollbackIfMissing, TxnStatus.Builder status, List<Entry> writes) {
    long committed = records.commitVersion(key, start);
    Outcome outcome = committed != 0 ? new Outcome(committed) : records.outcome(key, start);
    if (outcome != null && outcome.commitVersion() != 0) {
      status.setState(TxnStatus.State.COMMITTED).setCommitVersion(outcome.commitVersion());
    } else if (outcome != null) {
      status.setState(TxnStatus.State.ROLLED_BACK);
    } else if (start < safePoint.get()) {
      // Whoever still sees a lock of it is right to take it away: what was committed has none left below the safe point.
      status.setState(TxnStatus.State.ROLLED_BACK).setForgotten(true);
    } else if (rollbackIfMissing) {
      Records.outcome(writes, key, start, Outcome.ROLLED_BACK);
      status.setState(TxnStatus.State.ROLLED_BACK);
    } else {
      status.setState(TxnStatus.State.MISSING);
    }
  }

  Effect heartBeat(TxnHeartBeat beat) {
    var key = FamilyKey.of(beat.getPrimary());
    Lock lock = records.lock(key);
    var result = TxnHeartBeatResult.newBuilder();
    var writes = new ArrayList<Entry>();
    if (lock == null || lock.start() != beat.getStartVersion()) {
      result.setError(notFound());
    } else {
      if (beat.getLockTtlMillis() > lock.ttlMillis()) Records.lock(writes, key, lock.withTtlMillis(beat.getLockTtlMillis()));
      result.setLockTtlMillis(Math.max(lock.ttlMillis(), beat.getLockTtlMillis()));
    }
    return new Effect(writes, Response.newBuilder().setTxnHeartBeat(result).build());
  }

  Effect secondaries(CheckSecondaryLocks check) {
    var writes = new ArrayList<Entry>();
    var result = SecondaryLocks.newBuilder();
    for (Key each : check.getKeysList()) {
      var key = FamilyKey.of(each);
      Lock lock = records.lock(key);
      if (lock != null && lock.start() == check.getStartVersion()) {
        result.addLocks(lock.toProto(key));
        continue;
      }
      long committed = records.commitVersion(key, check.getStartVersion());
      if (committed != 0) {
        result.setCommitVersion(committed);
      } else {
        if (records.outcome(key, check.getStartVersion()) == null) Records.outcome(writes, key, check.getStartVersion(), Outcome.ROLLED_BACK);
        result.setRolledBack(true);
      }
    }
    return new Effect(writes, Response.newBuilder().setCheckSecondaryLocks(result).build());
  }

  private static KeyError tooOld(Lock lock) {
    return KeyError.newBuilder().setMessage("a reader has moved the least commit version to " + lock.minCommitVersion())
        .setCommitVersionTooOld(KeyError.CommitVersionTooOld.newBuilder().setMinCommitVersion(lock.minCommitVersion())).build();
  }

  private static KeyError notFound() {
    return KeyError.newBuilder().setMessage("the transaction has no lock here: it was rolled back").setTxnNotFound(KeyError.TxnNotFound.getDefaultInstance()).build();
  }

  private static KeyError alreadyCommitted(long version) {
    return KeyError.newBuilder().setMessage("the transaction was committed at " + version)
        .setAlreadyCommitted(KeyError.AlreadyCommitted.newBuilder().setCommitVersion(version)).build();
  }
}
