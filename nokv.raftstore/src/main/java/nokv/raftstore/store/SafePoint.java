package nokv.raftstore.store;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import nokv.api.CorruptException;
import nokv.api.KeyRange;
import nokv.spi.StorageEngine;

/*
 * Why reading below it is never wrong, only refused
 *
 * A store drops old versions by its own safe point alone. It is raised in this order: stored, so that a restart does not forget what may be gone; shown in `get`; told to the engine. Who
 * reads at a version looks here after reading: if the safe point is still at or below that version, nothing the read needed can have been dropped. A region's snapshot carries the safe point
 * of its sender, and the receiver raises its own before it takes anything in. So no store needs to know what another has dropped, and one that has not heard of a newer safe point still
 * answers exactly.
 */
/** The version below which this store's engine may have dropped what no reader at or above it sees. Never goes back. Thread-safe. */
public final class SafePoint {
  private static final String NAME = "raft.safe_point";

  private final StorageEngine engine;
  private volatile long value;
  private CompletionStage<Void> raising = CompletableFuture.completedFuture(null);

  /** Goes on from what the engine was told last. */
  public SafePoint(StorageEngine engine) {
    this.engine = engine;
    byte[] stored = engine.metadata(NAME);
    if (stored == null) return;
    if (stored.length != Long.BYTES) throw new CorruptException("metadata " + NAME + " has " + stored.length + " bytes, expected 8");
    value = ByteBuffer.wrap(stored).order(ByteOrder.LITTLE_ENDIAN).getLong();
    engine.retain(KeyRange.ALL, value);
  }

  public long get() {
    return value;
  }

  /** Completes when it is at or above {@code version}, durably. */
  public synchronized CompletionStage<Void> raise(long version) {
    if (version <= value) return CompletableFuture.completedFuture(null);
    raising = raising.exceptionally(failedBefore -> null).thenCompose(nothing -> {
      if (version <= value) return CompletableFuture.completedFuture(null);
      return engine.putMetadata(NAME, ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(version).array()).thenRun(() -> {
        value = version;
        engine.retain(KeyRange.ALL, version);
      });
    });
    return raising;
  }
}
