package nokv.engine.lsm.wal;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import nokv.spi.EngineBatch;
import nokv.spi.EngineLog;
import nokv.spi.ValuePointer;
import org.jspecify.annotations.Nullable;

/** One entry of the {@link CommitQueue}: a batch, records of a replicator, or with neither a request to sync. The leader owns it from when it takes it until {@link #done}. */
final class Commit {
  final @Nullable EngineBatch batch;
  final List<EngineLog.Record> records;
  /** Whether a batch goes to the log; otherwise its caller has logged it. */
  final boolean logged;
  final long bytes;
  /** The thread that waits, or null where {@link #onDone} is to be told. */
  final @Nullable Thread waiter;
  final @Nullable Completion onDone;

  /** The one before it while it is among the arrivals, the one behind it after that. */
  @Nullable Commit next;
  boolean prepared;
  long sequence;
  @Nullable ValuePointer @Nullable [] pointers;
  /** Where a logged batch lies in the log. */
  EngineLog.@Nullable Position position;
  List<EngineLog.Position> positions = List.of();
  @Nullable Throwable error;
  volatile boolean done;

  /** Tells a future how its commit ended. */
  @FunctionalInterface
  interface Completion {
    void tell(Commit commit);
  }

  private Commit(@Nullable EngineBatch batch, List<EngineLog.Record> records, boolean logged, @Nullable Thread waiter, @Nullable Completion onDone) {
    this.batch = batch;
    this.records = records;
    this.logged = logged;
    this.waiter = waiter;
    this.onDone = onDone;
    long size = batch == null ? 0 : batch.byteSize();
    for (EngineLog.Record record : records) size += record.payload().length;
    this.bytes = size + 64;
  }

  static Commit waiting(@Nullable EngineBatch batch) {
    return new Commit(batch, List.of(), true, Thread.currentThread(), null);
  }

  static Commit ofBatch(EngineBatch batch, boolean logged, CompletableFuture<Long> future) {
    return new Commit(batch, List.of(), logged, null, commit -> {
      Throwable error = commit.error;
      if (error == null) future.complete(commit.sequence);
      else future.completeExceptionally(error);
    });
  }

  static Commit ofRecords(List<EngineLog.Record> records, CompletableFuture<List<EngineLog.Position>> future) {
    return new Commit(null, records, true, null, commit -> {
      Throwable error = commit.error;
      if (error == null) future.complete(commit.positions);
      else future.completeExceptionally(error);
    });
  }

  /** Nobody waits for it; a failure is found by the next write. */
  static Commit sync() {
    return new Commit(null, List.of(), true, null, commit -> {});
  }

  /** Whether this or one behind it is a batch. */
  boolean withBatch() {
    for (Commit c = this; c != null; c = c.next) if (c.batch != null) return true;
    return false;
  }

  /** Whether the log must be synced before it is acknowledged, whatever the policy. */
  boolean mustSync() {
    return batch == null;
  }

  /** The first failure stays. */
  void fail(Throwable cause) {
    if (error != null) return;
    error = cause;
    if (!prepared || batch == null) return;
    try {
      batch.runFailed(cause);
    } catch (RuntimeException e) {
      cause.addSuppressed(e);
    }
  }
}
