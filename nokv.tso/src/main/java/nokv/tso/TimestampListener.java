package nokv.tso;

import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import nokv.api.ConfigException;
import nokv.tso.proto.TimestampRequest;
import nokv.tso.proto.TimestampResponse;
import nokv.tso.proto.TimestampsGrpc;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A {@link TimestampServer} on the network. A request is answered at once, on the event loop; the next of a stream is read when there is room for its answer. */
final class TimestampListener implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger("nokv.tso");
  private static final int CLOSE_SECONDS = 2;
  private static final int MAX_MESSAGE_BYTES = 1 << 10;

  private final Server server;

  /** @throws ConfigException the address cannot be listened on, saying which and why */
  TimestampListener(String what, String address, Protection protection, TimestampServer timestamps) {
    try {
      server = NettyServerBuilder.forAddress(socket(address), protection.server()).intercept(protection.check()).directExecutor().maxInboundMessageSize(MAX_MESSAGE_BYTES)
          .permitKeepAliveTime(1, TimeUnit.SECONDS).addService(new Service(timestamps)).build().start();
    } catch (IOException e) {
      throw new ConfigException(what + " " + address + " cannot be listened on (" + (e.getCause() == null ? e : e.getCause()).getMessage()
          + "); is another node running? Choose another address or stop what uses it");
    }
  }

  private static InetSocketAddress socket(String address) {
    int colon = address.lastIndexOf(':');
    return new InetSocketAddress(address.substring(0, colon).replaceAll("[\\[\\]]", ""), Integer.parseInt(address.substring(colon + 1)));
  }

  int port() {
    return server.getPort();
  }

  @Override public void close() {
    server.shutdownNow();
    try {
      if (!server.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) LOG.warn("streams of the timestamp service did not end within {} s", CLOSE_SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static final class Service extends TimestampsGrpc.TimestampsImplBase {
    private final TimestampServer timestamps;

    Service(TimestampServer timestamps) {
      this.timestamps = timestamps;
    }

    @Override public StreamObserver<TimestampRequest> give(StreamObserver<TimestampResponse> responses) {
      return new Stream(timestamps, (ServerCallStreamObserver<TimestampResponse>) responses);
    }
  }

  /** One client's. The transport calls it from one thread at a time. */
  private static final class Stream implements StreamObserver<TimestampRequest> {
    private final TimestampServer timestamps;
    private final ServerCallStreamObserver<TimestampResponse> responses;
    private boolean asked = true;

    Stream(TimestampServer timestamps, ServerCallStreamObserver<TimestampResponse> responses) {
      this.timestamps = timestamps;
      this.responses = responses;
      responses.disableAutoRequest();
      responses.setOnReadyHandler(this::ready);
      responses.request(1);
    }

    private void ready() {
      if (asked) return;
      asked = true;
      responses.request(1);
    }

    @Override public void onNext(TimestampRequest request) {
      asked = false;
      int count = request.getCount();
      if (count < 1 || count > TimestampServer.MAX_COUNT) {
        responses.onError(Status.INVALID_ARGUMENT.withDescription("count is " + Integer.toUnsignedString(count) + ", expected 1 to " + TimestampServer.MAX_COUNT).asException());
        return;
      }
      responses.onNext(TimestampResponse.newBuilder().setFirst(timestamps.take(count)).build());
      if (responses.isReady()) ready();
    }

    @Override public void onError(Throwable gone) {
      // the client has gone; there is nothing to keep
    }

    @Override public void onCompleted() {
      responses.onCompleted();
    }
  }
}
