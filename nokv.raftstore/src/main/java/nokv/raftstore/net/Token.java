package nokv.raftstore.net;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.grpc.CallCredentials;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.security.MessageDigest;
import java.util.concurrent.Executor;

/** The token by which clients and stores show that they belong here: header {@code authorization: Bearer TOKEN} of every call. */
final class Token extends CallCredentials {
  private static final Metadata.Key<String> AUTHORIZATION = Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final String SCHEME = "Bearer ";

  private final String token;

  Token(String token) {
    this.token = token;
  }

  @Override public void applyRequestMetadata(RequestInfo request, Executor executor, MetadataApplier applier) {
    var headers = new Metadata();
    headers.put(AUTHORIZATION, SCHEME + token);
    applier.apply(headers);
  }

  /** Refuses calls without it. Compares in constant time, so that answers do not tell how much of a guess was right. */
  ServerInterceptor check(TransportMetrics metrics) {
    byte[] expected = (SCHEME + token).getBytes(UTF_8);
    return new ServerInterceptor() {
      @Override public <Q, A> ServerCall.Listener<Q> interceptCall(ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        String shown = headers.get(AUTHORIZATION);
        if (shown != null && MessageDigest.isEqual(shown.getBytes(UTF_8), expected)) return next.startCall(call, headers);
        metrics.refused().inc();
        call.close(Status.UNAUTHENTICATED.withDescription(shown == null ? "it shows no token" : "its token is not the one expected"), new Metadata());
        return new ServerCall.Listener<>() {};
      }
    };
  }
}
