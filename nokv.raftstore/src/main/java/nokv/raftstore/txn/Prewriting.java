package nokv.raftstore.txn;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import nokv.api.KeyRange;
import nokv.raftstore.key.FamilyKey;
import nokv.raftstore.key.RegionRange;
import nokv.raftstore.proto.KeyError;
import nokv.raftstore.proto.Mutation.Op;
import nokv.raftstore.proto.Mutation;
import nokv.raftstore.proto.Prewrite;
import nokv.raftstore.proto.PrewriteResult;
import nokv.raftstore.proto.Region;
import nokv.raftstore.store.RegionErrors;
import nokv.raftstore.store.SafePoint;
import nokv.spi.EngineBatch.Entry;
import nokv.spi.Version;
import org.jspecify.annotations.Nullable;

/**
 * The first phase of a commit, at a region's leader, under the latches of its keys: each key is checked for conflicts and given a lock; or, where the transaction lies in this region as a
 * whole, its version at once. May block on file reads.
 */
final class Prewriting {
  private final Records records;
  private final ReadTimestamps timestamps;
  private final Prewrite request;
  private final Region region;
  private final SafePoint safePoint;
  private final boolean again;
  private final PendingWrites.@Nullable Pending pending;
  private final List<Entry> writes = new ArrayList<>();
  private final PrewriteResult.Builder result = PrewriteResult.newBuilder();
  private final Set<FamilyKey> toLock = new HashSet<>();
  private boolean begunInTwoPhases;

  /**
   * @param again whether it was asked before, and it is not known whether it was done
   * @param pending published before this begins, where the region's leader gives the version: one phase or asynchronous
   */
  Prewriting(Records records, ReadTimestamps timestamps, SafePoint safePoint, Prewrite request, boolean again, Region region, PendingWrites.@Nullable Pending pending) {
    this.records = records;
    this.timestamps = timestamps;
    this.request = request;
    this.safePoint = safePoint;
    this.again = again;
    this.region = region;
    this.pending = pending;
  }

  Effect run() {
    for (Mutation mutation : request.getMutationsList()) {
      long committed = mutation.getOp() == Op.DELETE_RANGE ? checkRange(mutation) : check(mutation);
      if (committed != 0) return done(committed);
    }
    // A conflict that was dropped could not be seen any more, nor that it was done before.
    if (request.getStartVersion() < safePoint.get()) return tooOld();
    // What was begun in two phases goes on in two: the answer without a version says so.
    if (request.getOnePhase() && begunInTwoPhases) return done(0);
    if (result.getErrorsCount() == 0) {
      if (request.getOnePhase()) commit();
      else lock();
    }
    return new Effect(writes, response());
  }

  /** It was done before: this is the request again. */
  private Effect done(long committed) {
    result.clear();
    result.setCommitVersion(committed);
    // The others' least versions may be below it, but all keys must get the same.
    if (request.getAsyncCommit()) result.setMinCommitVersion(committed);
    return new Effect(List.of(), response());
  }

  private Effect tooOld() {
    if (again) throw RegionErrors.undetermined(region.getId());
    result.clear().addErrors(Reading.tooOld(safePoint));
    return new Effect(List.of(), response());
  }

  private nokv.raftstore.proto.Response response() {
    return nokv.raftstore.proto.Response.newBuilder().setPrewrite(result).build();
  }

  /** Notes what stands in the way of a key. Returns the version at which this transaction has committed it already, or 0. */
  private long check(Mutation mutation) {
    var key = FamilyKey.of(mutation.getKey());
    long start = request.getStartVersion();
    Lock lock = records.lock(key);
    if (lock != null && lock.start() == start) {
      begunInTwoPhases = true;
      result.setMinCommitVersion(Math.max(result.getMinCommitVersion(), lock.minCommitVersion()));
      return 0;
    }
    Version newest = records.newest(key, nokv.api.Timestamp.MAX);
    long committed = records.commitVersion(key, start, newest);
    if (committed != 0) return committed;
    Outcome outcome = records.outcome(key, start);
    if (outcome != null) {
      result.addErrors(rolledBack());
    } else if (lock != null) {
      result.addErrors(Reading.locked(key, lock));
    } else if (newest != null && newest.version() > start && !request.getBlind()) {
      result.addErrors(conflict(key, start, newest.version()));
    } else if (newest != null && request.getBlind() && newest.version() > timestamps.greatest()) {
      result.addErrors(conflict(key, start, newest.version()));
    } else {
      toLock.add(key);
    }
    return 0;
  }

  private long checkRange(Mutation mutation) {
    if (!request.getOnePhase() || !request.getBlind()) {
      result.addErrors(invalid("a range is deleted only by a write without a transaction, in one phase"));
      return 0;
    }
    var at = FamilyKey.of(mutation.getKey());
    Outcome outcome = records.outcome(at, request.getStartVersion());
    if (outcome != null && outcome.commitVersion() != 0) return outcome.commitVersion();
    if (outcome != null) result.addErrors(rolledBack());
    KeyRange range = range(mutation, region);
    records.locks(range.start(), range.end(), (key, lock) -> {
      if (key.family() == at.family()) result.addErrors(Reading.locked(key, lock));
      return result.getErrorsCount() == 0;
    });
    if (records.engine.maxVersion() > timestamps.greatest()) result.addErrors(conflict(at, request.getStartVersion(), records.engine.maxVersion()));
    return 0;
  }

  static KeyRange range(Mutation mutation, Region region) {
    return RegionRange.clip(mutation.getKey().getKey().toByteArray(), RegionRange.end(mutation.getValue()), region);
  }

  /**
   * The version that the leader gives: nobody has read here at or above it, and it is at most one above what the oracle has given, so that whoever asks the oracle afterwards is not below
   * it. Therefore a write that overwrites something newer than any timestamp seen here is told to come again with a newer one.
   */
  private long choose() {
    long version = Math.max(Math.max(timestamps.greatest(), request.getStartVersion()) + 1, request.getMinCommitVersion());
    if (pending == null) throw new IllegalStateException("a version was chosen for keys that are not published");
    pending.choose(version);
    return version;
  }

  private void commit() {
    long version = choose();
    long start = request.getStartVersion();
    for (Mutation mutation : request.getMutationsList()) {
      var key = FamilyKey.of(mutation.getKey());
      if (mutation.getOp() == Op.DELETE_RANGE) {
        writes.add(Records.rangeDelete(key.family(), range(mutation, region), version));
        Records.outcome(writes, key, start, new Outcome(version));
      } else {
        writes.add(Records.version(key, mutation.getOp(), start, version, mutation.getExpiryMillis(), mutation.getValue().toByteArray()));
      }
    }
    result.setCommitVersion(version);
  }

  private void lock() {
    long minimum = request.getAsyncCommit() ? choose() : Math.max(request.getStartVersion() + 1, request.getMinCommitVersion());
    var primary = FamilyKey.of(request.getPrimary());
    var secondaries = request.getSecondariesList().stream().map(FamilyKey::of).toList();
    for (Mutation mutation : request.getMutationsList()) {
      var key = FamilyKey.of(mutation.getKey());
      if (!toLock.contains(key)) continue;
      var lock = new Lock(mutation.getOp(), primary, request.getStartVersion(), request.getLockTtlMillis(), minimum, request.getAsyncCommit(),
          key.equals(primary) ? secondaries : List.of(), mutation.getExpiryMillis(), mutation.getValue().toByteArray());
      Records.lock(writes, key, lock);
    }
    if (request.getAsyncCommit()) result.setMinCommitVersion(Math.max(result.getMinCommitVersion(), minimum));
  }

  static KeyError conflict(FamilyKey key, long start, long version) {
    return KeyError.newBuilder().setMessage(key + " was changed at " + version)
        .setConflict(KeyError.WriteConflict.newBuilder().setKey(key.toProto()).setStartVersion(start).setConflictVersion(version)).build();
  }

  private static KeyError rolledBack() {
    return KeyError.newBuilder().setMessage("the transaction was rolled back").setAlreadyRolledBack(KeyError.AlreadyRolledBack.getDefaultInstance()).build();
  }

  static KeyError invalid(String message) {
    return KeyError.newBuilder().setMessage(message).setInvalid(KeyError.Invalid.getDefaultInstance()).build();
  }
}
