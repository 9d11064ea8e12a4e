package nokv.engine.local;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import nokv.api.ClosedException;
import nokv.api.ColumnFamily;
import nokv.api.Cursor;
import nokv.api.Direction;
import nokv.api.Entry;
import nokv.api.KeyRange;
import nokv.api.KvStore;
import nokv.api.Snapshot;
import nokv.api.SnapshotTooOldException;
import nokv.api.Timestamp;
import nokv.api.Transaction;
import nokv.api.TransactionOptions;
import nokv.api.WriteBatch;
import nokv.spi.Backup;
import nokv.spi.Clock;
import nokv.spi.EngineBatch;
import nokv.spi.Environment;
import nokv.spi.Oracle;
import nokv.spi.StorageEngine;
import nokv.spi.Timer;
import nokv.spi.txn.LastWrites;
import nokv.spi.txn.Limits;
import nokv.spi.txn.Stages;
import org.jspecify.annotations.Nullable;

/**
 * The {@link KvStore} of one process. Plain reads go straight to the engine, at a timestamp that is above every visible version and at or after the clock's present, so that nothing
 * committed is missed and expiry is exact; the engine alone decides what is visible.
 */
final class LocalStore extends LocalReader implements KvStore {
  /** How often old snapshots are ended and the engine is told what it may drop, beside each time that much was written. */
  private static final Duration ADVANCE_INTERVAL = Duration.ofSeconds(1);

  final Versions versions;
  final Snapshots snapshots;
  final Figures figures;
  final long maxTransactionBytes;
  private final Clock clock;
  private final Timer timer;
  private volatile boolean closed;
  private Timer.@Nullable Cancellable nextAdvance;

  LocalStore(StorageEngine engine, Oracle oracle, Environment environment, Settings settings) {
    super(engine, environment.io());
    clock = environment.clock();
    timer = environment.timer();
    versions = new Versions(engine, oracle);
    snapshots = new Snapshots(engine, versions, clock, settings.maxSnapshotAge(), settings.keepVersions(), settings.retainedAtOpen());
    figures = new Figures(environment.metrics(), snapshots);
    maxTransactionBytes = settings.maxTransactionBytes();
    if (settings.readOnly()) return;
    versions.onWritten(snapshots::advance);
    scheduleAdvance();
  }

  /** @param retainedAtOpen below it versions may have been dropped before this opening */
  record Settings(long maxTransactionBytes, Duration maxSnapshotAge, Duration keepVersions, long retainedAtOpen, boolean readOnly) {}

  // Reads

  @Override public byte @Nullable [] get(ColumnFamily family, byte[] key) {
    Limits.checkKey(key);
    while (true) {
      check();
      long timestamp = present();
      byte[] value = engine.get(family.id(), key, timestamp);
      if (timestamp >= snapshots.retained()) return value;
    }
  }

  @Override public @Nullable Entry getEntry(ColumnFamily family, byte[] key) {
    Limits.checkKey(key);
    while (true) {
      check();
      long timestamp = present();
      Entry entry = entryAt(family, key, timestamp);
      if (timestamp >= snapshots.retained()) return entry;
    }
  }

  @Override public List<byte @Nullable []> multiGet(ColumnFamily family, List<byte[]> keys) {
    try (Snapshot snapshot = snapshot()) {
      return snapshot.multiGet(family, keys);
    }
  }

  @Override public Cursor scan(ColumnFamily family, KeyRange range, Direction direction) {
    while (true) {
      check();
      long timestamp = present();
      var cursor = engine.scan(family.id(), range, direction, timestamp, null);
      if (timestamp >= snapshots.retained()) return new StoreCursor(this, cursor);
      cursor.close();
    }
  }

  @Override public @Nullable Entry getAt(ColumnFamily family, byte[] key, long version) {
    check();
    Limits.checkKey(key);
    snapshots.checkRetained(version);
    Entry entry = entryAt(family, key, version);
    snapshots.checkRetained(version);
    return entry;
  }

  @Override public CompletionStage<@Nullable Entry> getAtAsync(ColumnFamily family, byte[] key, long version) {
    return Stages.on(io, () -> getAt(family, key, version));
  }

  private long present() {
    return Math.max(versions.visible(), Timestamp.endOf(clock.millis()));
  }

  // Writes

  @Override public long put(ColumnFamily family, byte[] key, byte[] value, long expiryMillis) {
    check();
    Limits.checkPut(key, value, expiryMillis);
    var commit = new Commit(versions, 1, null, 0);
    commit.put(family.id(), key, EngineBatch.OF_BATCH, 0, expiryMillis, value);
    return versions.commit(commit);
  }

  @Override public long put(ColumnFamily family, byte[] key, byte[] value, Duration ttl) {
    return put(family, key, value, Limits.expiry(clock, ttl));
  }

  @Override public long delete(ColumnFamily family, byte[] key) {
    check();
    Limits.checkKey(key);
    var commit = new Commit(versions, 1, null, 0);
    commit.delete(family.id(), key, EngineBatch.OF_BATCH, 0);
    return versions.commit(commit);
  }

  @Override public long write(WriteBatch batch) {
    check();
    Commit commit = toCommit(batch);
    return commit.entries().isEmpty() ? versions.visible() : versions.commit(commit);
  }

  @Override public CompletionStage<Long> writeAsync(WriteBatch batch) {
    try {
      check();
      Commit commit = toCommit(batch);
      return commit.entries().isEmpty() ? CompletableFuture.completedFuture(versions.visible()) : versions.commitAsync(commit);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private Commit toCommit(WriteBatch batch) {
    // A single value may be as large as a value may be.
    if (batch.size() > 1) Limits.checkSize(batch.byteSize(), maxTransactionBytes);
    List<WriteBatch.Write> writes = batch.size() > 1 ? LastWrites.of(batch.writes()) : batch.writes();
    var commit = new Commit(versions, writes.size(), null, 0);
    for (WriteBatch.Write write : writes) {
      int family = write.family().id();
      switch (write) {
        case WriteBatch.Put put -> {
          Limits.checkPut(put.key(), put.value(), put.expiryMillis());
          commit.put(family, put.key(), EngineBatch.OF_BATCH, 0, put.expiryMillis(), put.value());
        }
        case WriteBatch.Delete delete -> {
          Limits.checkKey(delete.key());
          commit.delete(family, delete.key(), EngineBatch.OF_BATCH, 0);
        }
        case WriteBatch.DeleteRange delete -> {
          Limits.checkRange(delete.range());
          // To the engine, an empty end is the end of the family.
          if (!delete.range().isEmpty()) commit.deleteRange(family, delete.range(), EngineBatch.OF_BATCH);
        }
      }
    }
    return commit;
  }

  // Snapshots and transactions

  @Override public Snapshot snapshot() {
    return new LocalSnapshot(this, openPoint());
  }

  @Override public CompletionStage<Snapshot> snapshotAsync() {
    return openPointAsync(point -> new LocalSnapshot(this, point));
  }

  @Override public Transaction begin(TransactionOptions options) {
    check();
    Snapshots.ReadPoint point = options.managed() ? snapshots.openAt(options.startVersion()) : openPoint();
    figures.begun.inc();
    return new LocalTransaction(this, point, options);
  }

  @Override public CompletionStage<Transaction> beginAsync(TransactionOptions options) {
    if (options.managed()) return completed(() -> begin(options));
    return openPointAsync(point -> {
      figures.begun.inc();
      return new LocalTransaction(this, point, options);
    });
  }

  private static <T> CompletionStage<T> completed(Supplier<T> work) {
    return Stages.on(Runnable::run, work);
  }

  private Snapshots.ReadPoint openPoint() {
    while (true) {
      check();
      Snapshots.ReadPoint point = snapshots.open();
      if (point != null) return point;
      Stages.await(versions.timestamp());
    }
  }

  private <T> CompletionStage<T> openPointAsync(Function<Snapshots.ReadPoint, T> use) {
    var result = new CompletableFuture<T>();
    openPointAsync(use, result);
    return result;
  }

  private <T> void openPointAsync(Function<Snapshots.ReadPoint, T> use, CompletableFuture<T> result) {
    try {
      check();
      Snapshots.ReadPoint point = snapshots.open();
      if (point != null) {
        result.complete(use.apply(point));
        return;
      }
    } catch (RuntimeException e) {
      result.completeExceptionally(e);
      return;
    }
    versions.timestamp().whenComplete((timestamp, error) -> {
      if (error == null) openPointAsync(use, result);
      else result.completeExceptionally(Stages.cause(error));
    });
  }

  // Copies

  @Override public void checkpoint(Path directory) {
    check();
    Stages.await(engine.checkpoint(text(directory)));
  }

  @Override public long backup(Path directory, long fromVersion, LongConsumer progress) {
    check();
    try (StorageEngine.Pin pin = engine.pin()) {
      // After the pin, which keeps all that was there when it was taken.
      if (fromVersion > 0 && fromVersion <= snapshots.retained()) {
        throw new SnapshotTooOldException("of the versions from " + fromVersion + " on, those up to " + snapshots.retained()
            + " may be gone where they were replaced; take a full backup, and set txn.keep_versions longer than the time between two backups");
      }
      return Backup.write(engine, pin, text(directory), fromVersion, bytes -> {
        check();
        progress.accept(bytes);
      }).to();
    }
  }

  private static String text(Path directory) {
    return directory.toString().replace('\\', '/');
  }

  // Upkeep

  private synchronized void scheduleAdvance() {
    if (!closed) nextAdvance = timer.schedule(ADVANCE_INTERVAL, this::advance);
  }

  private void advance() {
    try {
      if (!closed) snapshots.advance();
    } finally {
      scheduleAdvance();
    }
  }

  @Override void check() {
    if (closed) throw new ClosedException("the store was closed");
  }

  @Override public synchronized void close() {
    if (closed) return;
    closed = true;
    if (nextAdvance != null) nextAdvance.cancel();
    figures.close();
  }
}
