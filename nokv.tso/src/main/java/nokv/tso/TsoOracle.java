package nokv.tso;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import nokv.spi.Oracle;
import nokv.spi.Replicator;
import org.jspecify.annotations.Nullable;

/**
 * The oracle {@code tso}: the timestamp server of this process where it has one that serves, otherwise whichever does.
 *
 * @param replicator closed with the oracle; null = it is somebody else's
 */
record TsoOracle(TsoClient client, @Nullable TimestampServer server, @Nullable TimestampListener listener, @Nullable Replicator replicator) implements Oracle {
  @Override public long tryNext() {
    return server == null ? 0 : server.take(1);
  }

  @Override public CompletionStage<Long> next() {
    long timestamp = tryNext();
    return timestamp == 0 ? client.next() : CompletableFuture.completedFuture(timestamp);
  }

  @Override public Map<String, Object> stats() {
    var stats = new LinkedHashMap<>(client.stats());
    if (server != null) stats.put("here", server.stats());
    return stats;
  }

  @Override public void close() {
    client.close();
    if (server != null) server.close();
    if (listener != null) listener.close();
    if (replicator != null) replicator.close();
  }
}
