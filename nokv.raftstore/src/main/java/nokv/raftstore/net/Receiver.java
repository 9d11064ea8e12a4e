package nokv.raftstore.net;

import java.util.concurrent.CompletionStage;
import nokv.raftstore.proto.RaftMessage;
import nokv.raftstore.proto.Request;
import nokv.raftstore.proto.Response;
import nokv.raftstore.proto.SnapshotChunk;

/** A store, as the network sees it. Thread-safe; nothing here parks the caller. */
public interface Receiver {
  /** Never fails: what goes wrong is told in the response. */
  CompletionStage<Response> handle(Request request);

  void raft(RaftMessage message);

  /** Messages to this store are being lost. */
  void unreachable(long storeId);

  /** A snapshot begins to arrive. */
  SnapshotSink snapshot();

  /** Takes the chunks of one snapshot, in order, one at a time: the next is given when the stage of the last is complete. */
  interface SnapshotSink {
    /** @return fails where the snapshot is refused; it is then over */
    CompletionStage<Void> chunk(SnapshotChunk chunk);

    /** The stream broke before its end: forget it. */
    void aborted();
  }
}
