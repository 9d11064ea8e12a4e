package nokv.bench;

import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Three servers as processes of this machine, and a client of them in this one. Thread-safe. */
interface Cluster extends AutoCloseable {
  /** Completes when the value is durable on a majority. */
  CompletionStage<?> put(byte[] key, byte[] value);

  /** The newest value, linearizable. */
  CompletionStage<byte @Nullable []> get(byte[] key);

  Processes servers();

  @Override void close();
}
