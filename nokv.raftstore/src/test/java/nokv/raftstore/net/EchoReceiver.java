package nokv.raftstore.net;

import com.google.protobuf.ByteString;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;
import nokv.raftstore.proto.Entry;
import nokv.raftstore.proto.GetResult;
import nokv.raftstore.proto.RaftMessage;
import nokv.raftstore.proto.Request;
import nokv.raftstore.proto.Response;
import nokv.raftstore.proto.SnapshotChunk;

/** The smallest store: answers a get with its key as value, keeps the messages, and takes snapshots as a test wishes. */
final class EchoReceiver implements Receiver {
  final BlockingQueue<RaftMessage> messages = new LinkedBlockingQueue<>();
  final BlockingQueue<Long> unreachable = new LinkedBlockingQueue<>();
  final BlockingQueue<Request> held = new LinkedBlockingQueue<>();
  final List<SnapshotChunk> chunks = new CopyOnWriteArrayList<>();
  final BlockingQueue<CompletableFuture<Void>> takings = new LinkedBlockingQueue<>();
  final CompletableFuture<Void> aborted = new CompletableFuture<>();
  /** What becomes of a chunk. */
  volatile Function<SnapshotChunk, CompletionStage<Void>> take = chunk -> CompletableFuture.completedFuture(null);

  static Request get(String key) {
    return Request.newBuilder().setGet(nokv.raftstore.proto.Get.newBuilder().setKey(nokv.raftstore.proto.Key.newBuilder().setKey(ByteString.copyFromUtf8(key)))).build();
  }

  static String value(Response response) {
    return response.getGet().getEntry().getValue().toStringUtf8();
  }

  @Override public CompletionStage<Response> handle(Request request) {
    var key = request.getGet().getKey().getKey();
    if (key.toStringUtf8().startsWith("hold")) {
      held.add(request);
      return new CompletableFuture<>();
    }
    return CompletableFuture.completedFuture(Response.newBuilder().setGet(GetResult.newBuilder().setEntry(Entry.newBuilder().setValue(key))).build());
  }

  @Override public void raft(RaftMessage message) {
    messages.add(message);
  }

  @Override public void unreachable(long storeId) {
    unreachable.add(storeId);
  }

  @Override public SnapshotSink snapshot() {
    return new SnapshotSink() {
      @Override public CompletionStage<Void> chunk(SnapshotChunk chunk) {
        chunks.add(chunk);
        return take.apply(chunk);
      }

      @Override public void aborted() {
        aborted.complete(null);
      }
    };
  }
}
