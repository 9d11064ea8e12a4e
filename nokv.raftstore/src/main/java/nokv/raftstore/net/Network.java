package nokv.raftstore.net;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import nokv.raftstore.proto.RaftMessage;
import nokv.raftstore.proto.Request;
import nokv.raftstore.proto.Response;
import nokv.raftstore.proto.SnapshotChunk;

/**
 * The way to the stores, by their ids. Thread-safe; nothing here parks the caller. What is queued for a store that cannot be reached is bounded in bytes.
 *
 * <p>Two implementations: gRPC, and the simulated network of the tests.
 */
public interface Network extends AutoCloseable {
  /**
   * Asks a store. Fails with {@link nokv.api.UnavailableException} where it surely was not received, and with {@link nokv.api.OutcomeUnknownException} where it may have been: the
   * stream broke, or {@code timeout} has passed.
   */
  CompletionStage<Response> call(long storeId, Request request, Duration timeout);

  /** Sends a raft message. It may be lost, which {@link Receiver#unreachable} tells where it is known; order between two stores is kept while their stream lives. */
  void send(long storeId, RaftMessage message);

  /**
   * Streams a snapshot as fast as the receiver takes it. Completes when the receiver has made it durable; fails otherwise.
   *
   * @param chunks read on an I/O task, one at a time; closed at the end in every case
   */
  CompletionStage<Void> sendSnapshot(long storeId, Chunks chunks);

  /** The parts of a snapshot, in order. */
  interface Chunks extends AutoCloseable {
    /** Null at the end. May block on file reads. */
    @org.jspecify.annotations.Nullable SnapshotChunk next();

    @Override void close();
  }

  /** Ends every stream; what is under way fails. */
  @Override void close();
}
