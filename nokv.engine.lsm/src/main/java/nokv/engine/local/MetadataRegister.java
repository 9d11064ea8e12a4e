package nokv.engine.local;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import nokv.api.CorruptException;
import nokv.spi.Register;
import nokv.spi.StorageEngine;
import nokv.spi.txn.Stages;

/**
 * A register kept as a named value of the engine: 8 bytes, little-endian, stored with the manifest and checked by its checksums. Operations run one after another, each beginning
 * when the one before is durable, which makes them linearizable; nobody holds a thread meanwhile.
 */
final class MetadataRegister implements Register {
  private static final String PREFIX = "register.";

  private final StorageEngine engine;
  private final String name;
  private CompletableFuture<?> tail = CompletableFuture.completedFuture(null);

  MetadataRegister(StorageEngine engine, String name) {
    this.engine = engine;
    this.name = PREFIX + name;
  }

  @Override public CompletionStage<Long> read() {
    return afterOthers(() -> CompletableFuture.completedFuture(stored()));
  }

  @Override public CompletionStage<Boolean> compareAndSet(long expected, long next) {
    return afterOthers(() -> {
      if (stored() != expected) return CompletableFuture.completedFuture(false);
      byte[] value = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(next).array();
      return engine.putMetadata(name, value).thenApply(ignored -> true);
    });
  }

  private long stored() {
    byte[] value = engine.metadata(name);
    if (value == null) return 0;
    if (value.length != Long.BYTES) throw new CorruptException("metadata \"" + name + "\" has " + value.length + " bytes, expected 8: another program wrote it");
    return ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getLong();
  }

  private <T> CompletionStage<T> afterOthers(Supplier<CompletionStage<T>> operation) {
    var result = new CompletableFuture<T>();
    CompletableFuture<?> before;
    synchronized (this) {
      before = tail;
      tail = result;
    }
    before.whenComplete((ignored, alsoIgnored) -> {
      try {
        operation.get().whenComplete((value, error) -> {
          if (error == null) result.complete(value);
          else result.completeExceptionally(Stages.cause(error));
        });
      } catch (RuntimeException | Error e) {
        result.completeExceptionally(e);
      }
    });
    return result;
  }
}
