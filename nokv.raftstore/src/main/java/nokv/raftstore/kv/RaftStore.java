package nokv.raftstore.kv;

import com.codahale.metrics.Counter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.LongFunction;
import nokv.api.ClosedException;
import nokv.api.ColumnFamily;
import nokv.api.ConflictException;
import nokv.api.Cursor;
import nokv.api.Direction;
import nokv.api.Entry;
import nokv.api.KeyRange;
import nokv.api.KvStore;
import nokv.api.NoKVException;
import nokv.api.Snapshot;
import nokv.api.SnapshotTooOldException;
import nokv.api.Transaction;
import nokv.api.TransactionOptions;
import nokv.api.WriteBatch;
import nokv.raftstore.client.Router;
import nokv.raftstore.key.RegionRange;
import nokv.raftstore.proto.BatchRollback;
import nokv.raftstore.proto.Key;
import nokv.raftstore.proto.KeyError;
import nokv.raftstore.proto.Mutation;
import nokv.raftstore.proto.Prewrite;
import nokv.raftstore.proto.Refresh;
import nokv.raftstore.proto.Request;
import nokv.spi.Environment;
import nokv.spi.Oracle;
import nokv.spi.txn.FamilyKey;
import nokv.spi.txn.LastWrites;
import nokv.spi.txn.Limits;
import nokv.spi.txn.ReadSet;
import nokv.spi.txn.Stages;
import org.jspecify.annotations.Nullable;

/**
 * The {@link KvStore} of a cluster. A read of one key goes to its region's leader and sees the newest committed state; several keys are read at a timestamp of the oracle. A write without
 * a transaction overwrites whatever is there: in one phase where its keys lie in one region, otherwise as a transaction that is run again when it meets another.
 */
public final class RaftStore extends RemoteReader implements KvStore {
  /** How long an operation waits for the locks of others. */
  private static final Duration LOCK_WAIT = Duration.ofSeconds(10);
  private static final int BLIND_ATTEMPTS = 32;

  final Environment environment;
  final Committer.Coordination coordination;
  final long maxTransactionBytes;
  final Counter committed;
  final Counter conflicts;
  private final Router router;
  private final Oracle oracle;
  private final Pins pins = new Pins();
  private final PinReports reports;
  private volatile boolean closed;

  /** @param lease for how long placement remembers what a client has said it reads at; the same in every process */
  public RaftStore(Environment environment, Router router, Oracle oracle, long maxTransactionBytes, Duration lease) {
    this(environment, router, oracle, new LockResolver(router, oracle), maxTransactionBytes, lease);
  }

  private RaftStore(Environment environment, Router router, Oracle oracle, LockResolver locks, long maxTransactionBytes, Duration lease) {
    super(new Reads(router, locks, environment, LOCK_WAIT));
    this.environment = environment;
    this.router = router;
    this.oracle = oracle;
    this.maxTransactionBytes = maxTransactionBytes;
    coordination = new Committer.Coordination(router, oracle, locks, environment, LOCK_WAIT);
    committed = environment.metrics().counter("txn.committed");
    conflicts = environment.metrics().counter("txn.conflicts");
    reports = new PinReports(environment, router, oracle, pins, lease);
    reports.start();
  }

  @Override void check() {
    if (closed) throw new ClosedException("the store was closed");
  }

  @Override long pointVersion() {
    return 0;
  }

  @Override <T> CompletionStage<T> atVersion(LongFunction<CompletionStage<T>> work) {
    var pin = pins.hold();
    return oracle.next().thenCompose(work::apply).whenComplete((done, error) -> pin.release());
  }

  @Override public Cursor scan(ColumnFamily family, KeyRange range, Direction direction) {
    check();
    Limits.checkRange(range);
    var pin = pins.hold();
    try {
      return new PagedCursor(this, family.id(), range, direction, Stages.await(oracle.next()), pin::release);
    } catch (RuntimeException e) {
      pin.release();
      throw e;
    }
  }

  @Override public @Nullable Entry getAt(ColumnFamily family, byte[] key, long version) {
    return Stages.await(getAtAsync(family, key, version));
  }

  /** A version beyond the present is read at the present: what will be there is not known yet. */
  @Override public CompletionStage<@Nullable Entry> getAtAsync(ColumnFamily family, byte[] key, long version) {
    return checked(() -> {
      Limits.checkKey(key);
      return oracle.next().thenCompose(now -> reads.get(family.id(), key, Math.min(version, now)));
    });
  }

  // Writes

  @Override public long put(ColumnFamily family, byte[] key, byte[] value, Duration ttl) {
    return put(family, key, value, Limits.expiry(environment.clock(), ttl));
  }

  @Override public long write(WriteBatch batch) {
    return Stages.await(writeAsync(batch));
  }

  /** Range deletes of a batch take effect first, region by region, each at a version of its own: over several regions the batch is not atomic then. */
  @Override public CompletionStage<Long> writeAsync(WriteBatch batch) {
    return checked(() -> {
      // A single value may be as large as a value may be.
      if (batch.size() > 1) Limits.checkSize(batch.byteSize(), maxTransactionBytes);
      var mutations = new ArrayList<Mutation>(batch.size());
      var ranges = new ArrayList<WriteBatch.DeleteRange>();
      for (WriteBatch.Write write : batch.size() > 1 ? LastWrites.of(batch.writes()) : batch.writes()) {
        switch (write) {
          case WriteBatch.Put put -> {
            Limits.checkPut(put.key(), put.value(), put.expiryMillis());
            mutations.add(Mutation.newBuilder().setOp(Mutation.Op.PUT).setKey(Wire.key(put.family().id(), put.key())).setValue(Wire.bytes(put.value()))
                .setExpiryMillis(put.expiryMillis()).build());
          }
          case WriteBatch.Delete delete -> {
            Limits.checkKey(delete.key());
            mutations.add(Mutation.newBuilder().setOp(Mutation.Op.DELETE).setKey(Wire.key(delete.family().id(), delete.key())).build());
          }
          case WriteBatch.DeleteRange delete -> {
            Limits.checkRange(delete.range());
            if (!delete.range().isEmpty()) ranges.add(delete);
          }
        }
      }
      return deleteRanges(ranges, 0).thenCompose(version -> mutations.isEmpty() ? CompletableFuture.completedFuture(version) : overwrite(sorted(mutations), BLIND_ATTEMPTS));
    });
  }

  private static List<Mutation> sorted(List<Mutation> mutations) {
    if (mutations.size() > 1) mutations.sort(Comparator.comparing(mutation -> new FamilyKey(mutation.getKey().getFamily(), mutation.getKey().getKey().toByteArray())));
    return mutations;
  }

  /** Over several regions it is a transaction that another may hinder; nobody has seen it then, so it is run again. */
  private CompletionStage<Long> overwrite(List<Mutation> mutations, int attempts) {
    return atVersion(start -> new Committer(coordination, mutations, start, true, true).commit(null, 0)).handle((version, error) -> {
      if (error == null) return CompletableFuture.completedFuture(version);
      boolean again = Stages.cause(error) instanceof ConflictException || Stages.cause(error) instanceof SnapshotTooOldException;
      if (again && attempts > 1) return overwrite(mutations, attempts - 1);
      return CompletableFuture.<Long>failedFuture(Stages.cause(error));
    }).thenCompose(stage -> stage);
  }

  private CompletionStage<Long> deleteRanges(List<WriteBatch.DeleteRange> deletes, int from) {
    if (from == deletes.size()) return from == 0 ? oracle.next() : CompletableFuture.completedFuture(0L);
    var delete = deletes.get(from);
    return deleteRange(delete.family().id(), delete.range())
        .thenCompose(version -> from + 1 == deletes.size() ? CompletableFuture.completedFuture(version) : deleteRanges(deletes, from + 1));
  }

  private CompletionStage<Long> deleteRange(int family, KeyRange range) {
    return atVersion(start -> deleteRange(family, range, start));
  }

  private CompletionStage<Long> deleteRange(int family, KeyRange range, long start) {
    return router.sendEach(List.of(range.start()), key -> key, (region, one) -> {
      KeyRange part = RegionRange.clip(range, region);
      var mutation = Mutation.newBuilder().setOp(Mutation.Op.DELETE_RANGE).setKey(Wire.key(family, part.start())).setValue(Wire.end(part.end()));
      return Request.newBuilder().setPrewrite(Prewrite.newBuilder().addMutations(mutation).setPrimary(mutation.getKey()).setStartVersion(start).setOnePhase(true).setBlind(true));
    }).thenCompose(answers -> {
      var result = answers.getFirst().response().getPrewrite();
      if (result.getErrorsCount() > 0) return deleteRangeAgain(family, range, start, result.getErrors(0));
      byte[] end = RegionRange.clip(range, answers.getFirst().region()).end();
      return end == null || Reads.isAtOrAbove(end, range.end()) ? CompletableFuture.completedFuture(result.getCommitVersion()) : deleteRange(family, new KeyRange(end, range.end()));
    });
  }

  /** A lock was in the way, or something newer than the start: with a newer start it is done. A copy of the refused request that is still under way must not be done later. */
  private CompletionStage<Long> deleteRangeAgain(int family, KeyRange range, long start, KeyError error) {
    if (!error.hasLocked() && !error.hasConflict() && !error.hasSnapshotTooOld()) return CompletableFuture.failedFuture(Wire.failure(error));
    CompletionStage<Boolean> gone = error.hasLocked() ? coordination.locks().resolve(error.getLocked(), 0) : CompletableFuture.completedFuture(true);
    return gone.thenCompose(free -> free ? CompletableFuture.<@Nullable Void>completedFuture(null) : new Attempts(environment, LOCK_WAIT).pause(error))
        .thenCompose(nothing -> router.send(range.start(), Request.newBuilder()
            .setBatchRollback(BatchRollback.newBuilder().addKeys(Wire.key(family, range.start())).setStartVersion(start))))
        .thenCompose(rolledBack -> deleteRange(family, range));
  }

  // Snapshots and transactions

  @Override public Snapshot snapshot() {
    return Stages.await(snapshotAsync());
  }

  @Override public CompletionStage<Snapshot> snapshotAsync() {
    return checked(() -> pinned(pins.hold(), oracle.next(), (timestamp, pin) -> new RaftSnapshot(this, timestamp, pin)));
  }

  @Override public Transaction begin(TransactionOptions options) {
    return Stages.await(beginAsync(options));
  }

  @Override public CompletionStage<Transaction> beginAsync(TransactionOptions options) {
    return checked(() -> {
      long given = options.startVersion();
      var pin = options.managed() ? pins.holdAt(given) : pins.hold();
      return pinned(pin, options.managed() ? CompletableFuture.completedFuture(given) : oracle.next(), (start, held) -> new RaftTransaction(this, start, options, held));
    });
  }

  private <T> CompletionStage<T> pinned(Pins.Pin pin, CompletionStage<Long> timestamp, BiFunction<Long, Pins.Pin, T> opened) {
    return timestamp.thenApply(at -> opened.apply(at, pins.settle(pin, at))).whenComplete((done, error) -> {
      if (error != null) pin.release();
    });
  }

  /**
   * Has every region confirm that what was read there at {@code start} is still so at the commit version, and let nothing in below it (the read refresh of CockroachDB: Taft et al.,
   * SIGMOD 2020).
   */
  Committer.Validation validation(ReadSet read, long start) {
    return commitVersion -> {
      var work = new ArrayList<CompletionStage<@Nullable Void>>();
      var keys = new ArrayList<Key>();
      for (FamilyKey key : read.keys()) keys.add(Wire.key(key));
      if (!keys.isEmpty()) work.add(refreshKeys(keys, start, commitVersion));
      for (ReadSet.Passed passed : read.ranges()) {
        KeyRange range = passed.range();
        if (range != null && !range.isEmpty()) work.add(refreshRange(passed.family(), range, start, commitVersion));
      }
      return CompletableFuture.allOf(work.stream().map(CompletionStage::toCompletableFuture).toArray(CompletableFuture[]::new));
    };
  }

  private CompletionStage<@Nullable Void> refreshKeys(List<Key> keys, long start, long to) {
    return router.sendEach(keys, key -> key.getKey().toByteArray(), (region, group) -> Request.newBuilder()
        .setRefresh(Refresh.newBuilder().addAllKeys(group).setFrom(start).setTo(to).setStartVersion(start))).thenApply(answers -> {
          for (var answer : answers) if (answer.response().getRefresh().hasError()) throw unconfirmed(answer.response().getRefresh().getError(), start);
          return null;
        });
  }

  private CompletionStage<@Nullable Void> refreshRange(int family, KeyRange range, long start, long to) {
    return router.sendEach(List.of(range.start()), key -> key, (region, one) -> {
      KeyRange part = RegionRange.clip(range, region);
      var piece = Refresh.Range.newBuilder().setFamily(family).setStartKey(Wire.bytes(part.start())).setEndKey(Wire.end(part.end()));
      return Request.newBuilder().setRefresh(Refresh.newBuilder().addRanges(piece).setFrom(start).setTo(to).setStartVersion(start));
    }).thenCompose(answers -> {
      if (answers.getFirst().response().getRefresh().hasError()) throw unconfirmed(answers.getFirst().response().getRefresh().getError(), start);
      byte[] end = RegionRange.clip(range, answers.getFirst().region()).end();
      return end == null || Reads.isAtOrAbove(end, range.end()) ? CompletableFuture.<@Nullable Void>completedFuture(null) : refreshRange(family, new KeyRange(end, range.end()), start, to);
    });
  }

  private static NoKVException unconfirmed(KeyError error, long start) {
    if (error.hasSnapshotTooOld()) return Wire.failure(error);
    return new ConflictException("something that the transaction had read was changed or is being changed, after its start at " + start + "; run it again");
  }

  @Override public void close() {
    closed = true;
    reports.close();
  }
}
