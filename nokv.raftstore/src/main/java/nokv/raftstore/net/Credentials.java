package nokv.raftstore.net;

import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ServerCredentials;
import io.grpc.TlsChannelCredentials;
import io.grpc.TlsServerCredentials;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import javax.net.ssl.SSLException;
import nokv.api.ConfigException;
import nokv.spi.Security;
import org.jspecify.annotations.Nullable;

/** {@link Security} in gRPC's terms. */
final class Credentials {
  private Credentials() {}

  static ChannelCredentials ofClient(Security security) {
    Path ca = security.ca();
    Path cert = security.cert();
    Path key = security.key();
    if (!security.tls()) return InsecureChannelCredentials.create();
    var tls = TlsChannelCredentials.newBuilder();
    try {
      if (ca != null) tls.trustManager(readable("security.tls_ca", ca));
      if (cert != null && key != null) tls.keyManager(readable("security.tls_cert", cert), readable("security.tls_key", key));
    } catch (IOException e) {
      throw new ConfigException("security: a certificate cannot be read: " + e.getMessage(), e);
    }
    return tls.build();
  }

  static ServerCredentials ofServer(Security security) {
    Path ca = security.ca();
    Path cert = security.cert();
    Path key = security.key();
    if (!security.tls()) return InsecureServerCredentials.create();
    if (cert == null || key == null) throw new ConfigException("security.tls_cert and security.tls_key are missing: a store that uses TLS has to show a certificate");
    var tls = TlsServerCredentials.newBuilder();
    try {
      tls.keyManager(readable("security.tls_cert", cert), readable("security.tls_key", key));
      if (ca != null) tls.trustManager(readable("security.tls_ca", ca));
      if (security.clientCertificates()) tls.clientAuth(TlsServerCredentials.ClientAuth.REQUIRE);
    } catch (IOException e) {
      throw new ConfigException("security: a certificate cannot be read: " + e.getMessage(), e);
    }
    return tls.build();
  }

  private static File readable(String option, Path file) {
    if (!Files.isReadable(file)) throw new ConfigException(option + " = " + file + " cannot be read; expected a PEM file");
    return file.toFile();
  }

  /** What certificates have to do with a failed connection, if anything. A connection that only broke during the handshake is no matter of trust. */
  static @Nullable String distrust(Throwable failure) {
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof GeneralSecurityException) return each.getMessage();
      if (each instanceof SSLException && each.getMessage() instanceof String message && (message.contains("certificate") || message.contains("not an SSL/TLS record"))) return message;
    }
    return null;
  }
}
