package nokv.tso;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.grpc.CallCredentials;
import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerCredentials;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.TlsChannelCredentials;
import io.grpc.TlsServerCredentials;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.concurrent.Executor;
import nokv.api.ConfigException;
import nokv.spi.Security;
import org.jspecify.annotations.Nullable;

/** {@link Security} for the timestamp service: TLS both ways, and the token as header {@code authorization: Bearer TOKEN} of every call. */
record Protection(Security security) {
  private static final Metadata.Key<String> AUTHORIZATION = Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final String SCHEME = "Bearer ";

  ChannelCredentials client() {
    if (!security.tls()) return InsecureChannelCredentials.create();
    var tls = TlsChannelCredentials.newBuilder();
    try {
      if (security.ca() != null) tls.trustManager(readable("tls_ca", security.ca()));
      if (security.cert() != null && security.key() != null) tls.keyManager(readable("tls_cert", security.cert()), readable("tls_key", security.key()));
    } catch (IOException e) {
      throw new ConfigException("security: a certificate cannot be read: " + e.getMessage(), e);
    }
    return tls.build();
  }

  ServerCredentials server() {
    if (!security.tls()) return InsecureServerCredentials.create();
    if (security.cert() == null || security.key() == null) {
      throw new ConfigException("security.tls_cert and security.tls_key are missing: a timestamp server that uses TLS has to show a certificate");
    }
    var tls = TlsServerCredentials.newBuilder();
    try {
      tls.keyManager(readable("tls_cert", security.cert()), readable("tls_key", security.key()));
      if (security.ca() != null) tls.trustManager(readable("tls_ca", security.ca()));
      if (security.clientCertificates()) tls.clientAuth(TlsServerCredentials.ClientAuth.REQUIRE);
    } catch (IOException e) {
      throw new ConfigException("security: a certificate cannot be read: " + e.getMessage(), e);
    }
    return tls.build();
  }

  private static File readable(String option, Path file) {
    if (!Files.isReadable(file)) throw new ConfigException("security." + option + " = " + file + " cannot be read; expected a PEM file");
    return file.toFile();
  }

  /** What a client adds to its calls; null = nothing. */
  @Nullable CallCredentials shown() {
    String token = security.token();
    if (token == null) return null;
    return new CallCredentials() {
      @Override public void applyRequestMetadata(RequestInfo request, Executor executor, MetadataApplier applier) {
        var headers = new Metadata();
        headers.put(AUTHORIZATION, SCHEME + token);
        applier.apply(headers);
      }
    };
  }

  /** Turns calls without the token away; passes all where there is none. */
  ServerInterceptor check() {
    byte[] expected = security.token() == null ? null : (SCHEME + security.token()).getBytes(UTF_8);
    return new ServerInterceptor() {
      @Override public <Q, A> ServerCall.Listener<Q> interceptCall(ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        String shown = headers.get(AUTHORIZATION);
        if (expected == null || (shown != null && MessageDigest.isEqual(expected, shown.getBytes(UTF_8)))) return next.startCall(call, headers);
        call.close(Status.UNAUTHENTICATED.withDescription(shown == null ? "it shows no token" : "its token is not the one expected"), new Metadata());
        return new ServerCall.Listener<>() {};
      }
    };
  }
}
