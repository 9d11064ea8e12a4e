package nokv.engine.local;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import nokv.api.ClosedException;
import nokv.api.ColumnFamily;
import nokv.api.ConflictException;
import nokv.api.Cursor;
import nokv.api.Direction;
import nokv.api.DiskFullException;
import nokv.api.Entry;
import nokv.api.InvalidArgumentException;
import nokv.api.KeyRange;
import nokv.api.OutcomeUnknownException;
import nokv.api.Timestamp;
import nokv.api.Transaction;
import nokv.api.TransactionOptions;
import nokv.spi.EngineBatch;
import nokv.spi.txn.FamilyKey;
import nokv.spi.txn.Footprint;
import nokv.spi.txn.ReadSet;
import nokv.spi.txn.Stages;
import nokv.spi.txn.TransactionCursor;
import nokv.spi.txn.WriteSet;
import org.jspecify.annotations.Nullable;

/** A transaction: a read point, the writes waiting for commit, and, serializable, what was read. Its conditions are checked by {@link Versions} at commit. */
final class LocalTransaction extends LocalReader implements Transaction, Commit.Condition {
  private final LocalStore store;
  private final Snapshots.ReadPoint point;
  private final TransactionOptions options;
  private final Footprint footprint;
  private final WriteSet writes;
  private volatile boolean over;

  LocalTransaction(LocalStore store, Snapshots.ReadPoint point, TransactionOptions options) {
    super(store.engine, store.io);
    this.store = store;
    this.point = point;
    this.options = options;
    footprint = new Footprint(options, store.maxTransactionBytes);
    writes = footprint.writes();
  }

  @Override public long startTimestamp() {
    return point.timestamp;
  }

  // Reads

  @Override public byte @Nullable [] get(ColumnFamily family, byte[] key) {
    beforeRead(family, key);
    WriteSet.Write own = writes.get(family.id(), key);
    if (own != null) return isLive(own) && own.value() != null ? own.value().clone() : null;
    byte[] value = engine.get(family.id(), key, point.timestamp);
    check();
    return value;
  }

  /** Of an entry that this transaction has written, the version is 0: it has none yet. */
  @Override public @Nullable Entry getEntry(ColumnFamily family, byte[] key) {
    beforeRead(family, key);
    WriteSet.Write own = writes.get(family.id(), key);
    if (own != null) return isLive(own) && own.value() != null ? new Entry(key.clone(), own.value().clone(), 0, own.expiryMillis()) : null;
    Entry entry = entryAt(family, key, point.timestamp);
    check();
    return entry;
  }

  private void beforeRead(ColumnFamily family, byte[] key) {
    check();
    footprint.read(family.id(), key);
  }

  private boolean isLive(WriteSet.Write write) {
    return !Timestamp.expired(write.expiryMillis(), point.timestamp);
  }

  @Override public Cursor scan(ColumnFamily family, KeyRange range, Direction direction) {
    check();
    var stored = engine.scan(family.id(), range, direction, point.timestamp, null);
    try {
      check();
      var cursor = new StoreCursor(this, stored);
      ReadSet reads = footprint.reads();
      if (writes.isEmpty() && reads == null) return cursor;
      footprint.scan();
      return new TransactionCursor(cursor, writes, this::check, point.timestamp, family.id(), range, direction, reads);
    } catch (RuntimeException e) {
      stored.close();
      throw e;
    }
  }

  // Writes

  @Override public void put(ColumnFamily family, byte[] key, byte[] value, long expiryMillis) {
    check();
    footprint.put(family.id(), key, value, expiryMillis);
  }

  @Override public void delete(ColumnFamily family, byte[] key) {
    check();
    footprint.delete(family.id(), key);
  }

  // The end

  @Override public long commit() {
    check();
    refuseManaged();
    if (writes.isEmpty()) return endWithoutWrites();
    Commit commit = toCommit(0);
    try {
      long version = store.versions.commit(commit);
      store.figures.committed.inc();
      return version;
    } catch (RuntimeException e) {
      throw failure(commit, e);
    } finally {
      end();
    }
  }

  @Override public CompletionStage<Long> commitAsync() {
    try {
      check();
      refuseManaged();
      return writes.isEmpty() ? CompletableFuture.completedFuture(endWithoutWrites()) : commitAsync(toCommit(0));
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  @Override public CompletionStage<Long> commitAt(long commitVersion) {
    try {
      check();
      if (!options.managed()) throw new InvalidArgumentException("commitAt ends a transaction whose start version the caller gave; this one ends with commit");
      if (commitVersion <= point.timestamp || commitVersion > MAX_GIVEN_VERSION) {
        throw new InvalidArgumentException("commit version " + commitVersion + "; it must be above the start version " + point.timestamp + " and at most " + MAX_GIVEN_VERSION);
      }
      return writes.isEmpty() ? CompletableFuture.completedFuture(endWithoutWrites()) : commitAsync(toCommit(commitVersion));
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** Later versions must have room above a caller's. */
  private static final long MAX_GIVEN_VERSION = Long.MAX_VALUE / 2;

  private CompletionStage<Long> commitAsync(Commit commit) {
    over = true;
    var result = new CompletableFuture<Long>();
    store.versions.commitAsync(commit).whenComplete((version, error) -> {
      end();
      if (error == null) {
        store.figures.committed.inc();
        result.complete(version);
      } else {
        result.completeExceptionally(Stages.cause(error) instanceof RuntimeException e ? failure(commit, e) : Stages.cause(error));
      }
    });
    return result;
  }

  private void refuseManaged() {
    if (options.managed()) throw new InvalidArgumentException("a transaction whose start version the caller gave ends with commitAt");
  }

  private long endWithoutWrites() {
    end();
    store.figures.committed.inc();
    return point.timestamp;
  }

  private Commit toCommit(long givenVersion) {
    var commit = new Commit(store.versions, writes.size(), this, givenVersion);
    for (Map.Entry<FamilyKey, WriteSet.Write> entry : writes.all().entrySet()) {
      FamilyKey key = entry.getKey();
      byte[] value = entry.getValue().value();
      if (value == null) commit.delete(key.family(), key.key(), EngineBatch.OF_BATCH, point.timestamp);
      else commit.put(key.family(), key.key(), EngineBatch.OF_BATCH, point.timestamp, entry.getValue().expiryMillis(), value);
    }
    return commit;
  }

  /** Called by the engine, through the commit, in the order of commits: the read point is still in its list, so nothing that the check asks for has been dropped. */
  @Override public void check(Commit commit) {
    for (EngineBatch.Entry entry : commit.entries()) store.versions.checkUnchanged(entry.family(), entry.key(), point.timestamp);
    ReadSet reads = footprint.reads();
    if (reads != null) checkUnchanged(reads);
    if (point.ended()) throw LocalSnapshot.tooOld(point);
  }

  private void checkUnchanged(ReadSet read) {
    for (FamilyKey key : read.keys()) store.versions.checkUnchanged(key.family(), key.key(), point.timestamp);
    for (ReadSet.Passed passed : read.ranges()) {
      KeyRange range = passed.range();
      if (range != null) store.versions.checkUnchanged(passed.family(), range, point.timestamp);
    }
  }

  private RuntimeException failure(Commit commit, RuntimeException error) {
    if (error instanceof ConflictException) store.figures.conflicts.inc();
    if (commit.failure() == null || error instanceof DiskFullException) return error;
    return new OutcomeUnknownException("the log failed while the transaction of " + point.timestamp + " was committed; open the store again and read to see whether it was", error);
  }

  @Override public void rollback() {
    if (!over) end();
  }

  private void end() {
    over = true;
    writes.clear();
    store.snapshots.close(point);
  }

  @Override void check() {
    store.check();
    if (over) throw new ClosedException("the transaction is over; begin another");
    if (point.ended()) throw LocalSnapshot.tooOld(point);
  }
}
