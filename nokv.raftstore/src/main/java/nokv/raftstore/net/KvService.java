package nokv.raftstore.net;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.function.Consumer;
import nokv.raftstore.proto.KvGrpc;
import nokv.raftstore.proto.RegionError;
import nokv.raftstore.proto.Request;
import nokv.raftstore.proto.RequestFrame;
import nokv.raftstore.proto.Response;
import nokv.raftstore.proto.ResponseFrame;

/** Clients' requests, handed to the receiver. */
final class KvService extends KvGrpc.KvImplBase {
  private final GrpcTransport transport;
  private final Receiver receiver;

  KvService(GrpcTransport transport, Receiver receiver) {
    this.transport = transport;
    this.receiver = receiver;
  }

  @Override public StreamObserver<RequestFrame> batch(StreamObserver<ResponseFrame> answers) {
    return new Batch((ServerCallStreamObserver<ResponseFrame>) answers);
  }

  /**
   * One client's stream. Takes no more frames while the requests under way, with their answers, pass a bound: a client that sends faster than the store works, or does not read its answers, is
   * slowed by its own window. Twice what a client's link lets be under way, so that one client alone does not get there, whose pings would then not be answered.
   */
  private final class Batch implements StreamObserver<RequestFrame> {
    private static final long UNDER_WAY_BYTES = 64L << 20;
    /** What is counted for a request beside its own bytes. */
    private static final int OVERHEAD_BYTES = 256;

    private final ServerCallStreamObserver<ResponseFrame> stream;
    private final Outbox<Answer> answers;
    private long requestBytes;
    private boolean paused;
    private boolean over;

    private record Answer(ResponseFrame.One one, int requestBytes) {}

    Batch(ServerCallStreamObserver<ResponseFrame> stream) {
      this.stream = stream;
      answers = new Outbox<>(transport.currentLoop(), Long.MAX_VALUE, answer -> answer.one.getSerializedSize(), new Outbox.Stream<>() {
        @Override public boolean isReady() {
          return over || stream.isReady();
        }

        @Override public void write(List<Answer> frame, long bytes) {
          writeAnswers(frame, bytes);
        }
      });
      stream.disableAutoRequest();
      stream.setOnReadyHandler(answers::drain);
      stream.setOnCancelHandler(this::end);
      transport.metrics.streams().inc();
      stream.request(1);
    }

    @Override public void onNext(RequestFrame frame) {
      if (frame.getRequestsCount() == 0) stream.onNext(ResponseFrame.getDefaultInstance());
      for (var one : frame.getRequestsList()) {
        int bytes = one.getSerializedSize() + OVERHEAD_BYTES;
        requestBytes += bytes;
        handle(one.getRequest(), response -> answers.offer(new Answer(ResponseFrame.One.newBuilder().setId(one.getId()).setResponse(response).build(), bytes)));
      }
      paused = requestBytes + answers.heldBytes() > UNDER_WAY_BYTES;
      if (!paused) stream.request(1);
    }

    private void writeAnswers(List<Answer> frame, long bytes) {
      answers.release(bytes);
      var out = ResponseFrame.newBuilder();
      for (var answer : frame) {
        requestBytes -= answer.requestBytes;
        out.addResponses(answer.one);
      }
      if (over) return;
      transport.metrics.wrote(frame.size(), bytes);
      stream.onNext(out.build());
      if (paused && requestBytes + answers.heldBytes() <= UNDER_WAY_BYTES) {
        paused = false;
        stream.request(1);
      }
    }

    @Override public void onError(Throwable broken) {
      end();
    }

    @Override public void onCompleted() {
      end();
      stream.onCompleted();
    }

    private void end() {
      if (over) return;
      over = true;
      transport.metrics.streams().dec();
    }
  }

  private void handle(Request request, Consumer<Response> to) {
    try {
      receiver.handle(request).whenComplete((response, failure) -> to.accept(failure == null ? sendable(response) : defect(failure)));
    } catch (RuntimeException e) {
      to.accept(defect(e));
    }
  }

  private static Response sendable(Response response) {
    if (response.getSerializedSize() <= GrpcTransport.REQUEST_BYTES) return response;
    String why = "the answer has " + response.getSerializedSize() + " bytes; at most " + GrpcTransport.REQUEST_BYTES + " can be sent at once: ask for less";
    return Response.newBuilder().setRegionError(RegionError.newBuilder().setMessage(why)).build();
  }

  /** A receiver does not fail; if it does, nobody knows what was done. */
  private static Response defect(Throwable failure) {
    return Response.newBuilder().setRegionError(RegionError.newBuilder().setMessage("defect of the store: " + failure).setUndetermined(RegionError.Undetermined.getDefaultInstance())).build();
  }

  private void unary(Request request, StreamObserver<Response> to) {
    var loop = transport.currentLoop();
    handle(request, response -> loop.execute(() -> {
      if (((ServerCallStreamObserver<Response>) to).isCancelled()) return;
      to.onNext(response);
      to.onCompleted();
    }));
  }

  @Override public void kvGet(Request request, StreamObserver<Response> to) {
    unary(request, to);
  }

  @Override public void kvBatchGet(Request request, StreamObserver<Response> to) {
    unary(request, to);
  }

  @Override public void kvScan(Request request, StreamObserver<Response> to) {
    unary(request, to);
  }

  @Override public void kvPrewrite(Request request, StreamObserver<Response> to) {
    unary(request, to);
  }

  @Override public void kvCommit(Request request, StreamObserver<Response> to) {
    unary(request, to);
  }

  @Override public void kvBatchRollback(Request request, StreamObserver<Response> to) {
    unary(request, to);
  }

  @Override public void kvResolveLock(Request request, StreamObserver<Response> to) {
    unary(request, to);
  }

  @Override public void kvCheckTxnStatus(Request request, StreamObserver<Response> to) {
    unary(request, to);
  }

  @Override public void kvTxnHeartBeat(Request request, StreamObserver<Response> to) {
    unary(request, to);
  }

  @Override public void admin(Request request, StreamObserver<Response> to) {
    unary(request, to);
  }
}
