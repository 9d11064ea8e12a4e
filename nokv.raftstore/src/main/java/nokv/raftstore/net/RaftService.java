package nokv.raftstore.net;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoop;
import java.util.concurrent.atomic.AtomicInteger;
import nokv.raftstore.proto.RaftFrame;
import nokv.raftstore.proto.RaftGrpc;
import nokv.raftstore.proto.SnapshotAccepted;
import nokv.raftstore.proto.SnapshotChunk;
import org.jspecify.annotations.Nullable;

/** Other stores' messages and snapshots, handed to the receiver. */
final class RaftService extends RaftGrpc.RaftImplBase {
  /** Snapshots that may arrive at the same time; more are refused, and their senders try again later. */
  static final int SNAPSHOTS_AT_ONCE = 4;

  private final GrpcTransport transport;
  private final Receiver receiver;
  private final AtomicInteger arriving = new AtomicInteger();

  RaftService(GrpcTransport transport, Receiver receiver) {
    this.transport = transport;
    this.receiver = receiver;
  }

  @Override public StreamObserver<RaftFrame> messages(StreamObserver<RaftFrame> answers) {
    transport.metrics.streams().inc();
    return new StreamObserver<>() {
      @Override public void onNext(RaftFrame frame) {
        if (frame.getMessagesCount() == 0) answers.onNext(RaftFrame.getDefaultInstance());
        for (var message : frame.getMessagesList()) receiver.raft(message);
      }

      @Override public void onError(Throwable broken) {
        transport.metrics.streams().dec();
      }

      @Override public void onCompleted() {
        transport.metrics.streams().dec();
        answers.onCompleted();
      }
    };
  }

  @Override public StreamObserver<SnapshotChunk> snapshot(StreamObserver<SnapshotAccepted> answer) {
    var stream = (ServerCallStreamObserver<SnapshotAccepted>) answer;
    stream.disableAutoRequest();
    if (arriving.incrementAndGet() > SNAPSHOTS_AT_ONCE) {
      arriving.decrementAndGet();
      stream.onError(Status.RESOURCE_EXHAUSTED.withDescription(SNAPSHOTS_AT_ONCE + " snapshots are arriving already; try again later").asRuntimeException());
      return new Arrival(stream, null);
    }
    var arrival = new Arrival(stream, receiver.snapshot());
    stream.setOnCancelHandler(arrival::abort);
    stream.request(1);
    return arrival;
  }

  /** One snapshot on its way in: the next chunk is asked for when the sink has done with the last. On its event loop. */
  private final class Arrival implements StreamObserver<SnapshotChunk> {
    private final ServerCallStreamObserver<SnapshotAccepted> stream;
    private final EventLoop loop = transport.currentLoop();
    private Receiver.@Nullable SnapshotSink sink;
    private boolean working;
    private boolean complete;
    private boolean closed;

    Arrival(ServerCallStreamObserver<SnapshotAccepted> stream, Receiver.@Nullable SnapshotSink sink) {
      this.stream = stream;
      this.sink = sink;
    }

    @Override public void onNext(SnapshotChunk chunk) {
      if (sink == null) return;
      working = true;
      complete = chunk.hasEnd();
      sink.chunk(chunk).whenComplete((nothing, failure) -> loop.execute(() -> taken(failure)));
    }

    private void taken(@Nullable Throwable failure) {
      working = false;
      if (sink == null) return;
      if (failure != null) {
        over();
        stream.onError(Status.FAILED_PRECONDITION.withDescription("refused: " + failure.getMessage()).withCause(failure).asRuntimeException());
      } else if (!closed) {
        stream.request(1);
      } else {
        accept();
      }
    }

    @Override public void onCompleted() {
      closed = true;
      if (sink != null && !working) accept();
    }

    private void accept() {
      if (!complete) {
        abort();
        stream.onError(Status.INVALID_ARGUMENT.withDescription("a snapshot without an end").asRuntimeException());
        return;
      }
      over();
      transport.metrics.snapshots().inc();
      stream.onNext(SnapshotAccepted.getDefaultInstance());
      stream.onCompleted();
    }

    @Override public void onError(Throwable broken) {
      abort();
    }

    private void abort() {
      var forgotten = sink;
      over();
      if (forgotten != null) forgotten.aborted();
    }

    private void over() {
      if (sink != null) arriving.decrementAndGet();
      sink = null;
    }
  }
}
