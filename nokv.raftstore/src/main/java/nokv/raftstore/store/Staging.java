package nokv.raftstore.store;

import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import nokv.api.BusyException;
import nokv.api.ColumnFamily;
import nokv.api.CorruptException;
import nokv.api.DiskFullException;
import nokv.api.KeyRange;
import nokv.api.Timestamp;
import nokv.raftstore.proto.SnapshotEntries;
import nokv.raftstore.proto.SnapshotEntry;
import nokv.spi.EngineBatch;
import nokv.spi.EngineCursor;
import nokv.spi.Environment;
import nokv.spi.Kind;
import nokv.spi.StorageEngine;
import org.jspecify.annotations.Nullable;

/*
 * How a snapshot is taken in
 *
 * Its chunks are laid aside in the family LOCAL, durably, while the peer goes on as it was: a stream that breaks has done no harm. When all are here the raft node judges whether it wants
 * the snapshot, and then it is installed: the region's state says APPLYING; what the range held is taken away; the chunks are written to their place; the state says NORMAL with the
 * snapshot's applied index, and the chunks are gone with it. All of it is logged by the engine, and begins anew after a crash as long as the state says APPLYING. So neither memory nor the
 * sender is needed to finish, and nobody ever reads a mixture.
 *
 * What is written here is logged; what entries do is not, and after a crash they are applied again on top of it. Those of the region that this one was once split off would bring back its
 * birth and the keys it had then. So tables are written first: from then on nothing of that region is older than the split.
 *
 * To take away a version a DELETE is written over it, at the same version: of two the later written counts. A range delete would hide the snapshot's versions, too, where they are older
 * than it. Rollbacks and locks of transactions long over may stay: readers pass over them.
 */

/** The laid aside chunks of one region's snapshot. Methods are called one after the other. */
final class Staging {
  private static final int LOCAL = ColumnFamily.LOCAL.id();
  private static final int LAST_FAMILY = 255;
  private static final byte[] PREFIX = "snapshot".getBytes(StandardCharsets.US_ASCII);
  private static final long ENGINE_VERSION = 1;
  private static final int BATCH_BYTES = 256 << 10;
  private static final Duration PAUSE = Duration.ofMillis(50);

  private final Environment environment;
  private final StorageEngine engine;
  private final long region;

  Staging(Environment environment, StorageEngine engine, long region) {
    this.environment = environment;
    this.engine = engine;
    this.region = region;
  }

  private byte[] key(long chunk) {
    return ByteBuffer.allocate(PREFIX.length + 2 * Long.BYTES).put(PREFIX).putLong(region).putLong(chunk).array();
  }

  private KeyRange keys() {
    return KeyRange.prefix(ByteBuffer.allocate(PREFIX.length + Long.BYTES).put(PREFIX).putLong(region).array());
  }

  /** Takes away what is laid aside. */
  CompletionStage<Void> clear() {
    return write(() -> new EngineBatch().deleteRange(LOCAL, keys(), ENGINE_VERSION));
  }

  CompletionStage<Void> add(long chunk, SnapshotEntries entries) {
    byte[] bytes = entries.toByteArray();
    return write(() -> new EngineBatch().put(LOCAL, key(chunk), ENGINE_VERSION, 0, 0, bytes));
  }

  /** Makes the region's state that of the snapshot. Completes with it, durable. @param displaced tombstones of regions whose keys it holds */
  CompletionStage<RegionState> install(RegionState snapshot, List<RegionState> displaced) {
    RegionState applying = snapshot.with(RegionState.Status.APPLYING);
    RegionState normal = snapshot.with(RegionState.Status.NORMAL);
    return untilThereIsRoom(engine::flush).thenCompose(flushed -> write(() -> {
      var batch = with(new EngineBatch(), applying);
      displaced.forEach(tombstone -> tombstone.addTo(batch));
      return batch;
    })).thenCompose(begun -> erase(RegionState.range(snapshot.region()))).thenCompose(erased -> copy(0))
        .thenCompose(copied -> write(() -> with(new EngineBatch().deleteRange(LOCAL, keys(), ENGINE_VERSION), normal))).thenApply(done -> normal);
  }

  private static EngineBatch with(EngineBatch batch, RegionState state) {
    state.addTo(batch);
    return batch;
  }

  /** Writes the region's state durably, and before it all that entries have done so far. */
  CompletionStage<Void> mark(RegionState state) {
    return untilThereIsRoom(engine::flush).thenCompose(flushed -> write(() -> with(new EngineBatch(), state)));
  }

  /** Takes away every version in a range of user keys. */
  CompletionStage<Void> erase(KeyRange range) {
    var pin = engine.pin();
    return erase(range, pin, 0, null).whenComplete((done, error) -> pin.close());
  }

  private CompletionStage<Void> erase(KeyRange range, StorageEngine.Pin pin, int fromFamily, @Nullable EngineCursor from) {
    var batch = new EngineBatch().setOutOfOrder();
    int family = fromFamily;
    EngineCursor cursor = from;
    while (family <= LAST_FAMILY && batch.byteSize() < BATCH_BYTES) {
      if (cursor == null && family != LOCAL) cursor = engine.versions(family, RegionState.inFamily(range, family), pin);
      if (cursor != null && cursor.next()) {
        if (cursor.kind() == Kind.PUT || cursor.kind() == Kind.DELETE) batch.delete(family, cursor.key(), cursor.version(), 0);
        continue;
      }
      if (cursor != null) cursor.close();
      cursor = null;
      family++;
    }
    int nextFamily = family;
    EngineCursor next = cursor;
    boolean done = family > LAST_FAMILY;
    if (batch.entries().isEmpty()) return CompletableFuture.completedFuture(null);
    var entries = batch.entries();
    var written = write(() -> {
      var again = new EngineBatch(entries.size()).setOutOfOrder();
      entries.forEach(again::add);
      return again;
    });
    return done ? written : written.thenComposeAsync(some -> erase(range, pin, nextFamily, next), environment.io());
  }

  private CompletionStage<Void> copy(long chunk) {
    byte[] bytes = engine.get(LOCAL, key(chunk), Timestamp.MAX);
    if (bytes == null) return CompletableFuture.completedFuture(null);
    SnapshotEntries entries;
    try {
      entries = SnapshotEntries.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      return CompletableFuture.failedFuture(new CorruptException("chunk " + chunk + " of the snapshot of region " + region + " cannot be read", e));
    }
    return write(() -> {
      var batch = new EngineBatch(entries.getEntriesCount()).setOutOfOrder();
      for (SnapshotEntry e : entries.getEntriesList()) {
        batch.add(new EngineBatch.Entry(e.getFamily(), e.getKey().toByteArray(), e.getVersion(), Kind.of(e.getKind()), e.getStartVersion(), e.getExpiryMillis(), e.getValue().toByteArray()));
      }
      return batch;
    }).thenComposeAsync(done -> copy(chunk + 1), environment.io());
  }

  private CompletionStage<Void> write(Supplier<EngineBatch> batch) {
    return untilThereIsRoom(() -> engine.writeAsync(batch.get()));
  }

  private CompletionStage<Void> untilThereIsRoom(Supplier<CompletionStage<?>> work) {
    var done = new CompletableFuture<Void>();
    attempt(work, done);
    return done;
  }

  private void attempt(Supplier<CompletionStage<?>> work, CompletableFuture<Void> done) {
    work.get().whenComplete((result, error) -> {
      Throwable cause = error instanceof CompletionException e && e.getCause() != null ? e.getCause() : error;
      if (cause == null) done.complete(null);
      else if (cause instanceof BusyException || cause instanceof DiskFullException) environment.timer().schedule(PAUSE, () -> environment.io().execute(() -> attempt(work, done)));
      else done.completeExceptionally(cause);
    });
  }
}
