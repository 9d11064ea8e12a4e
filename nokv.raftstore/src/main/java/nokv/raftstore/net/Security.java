package nokv.raftstore.net;

import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ServerCredentials;
import io.grpc.TlsChannelCredentials;
import io.grpc.TlsServerCredentials;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import javax.net.ssl.SSLException;
import nokv.api.ConfigException;
import org.jspecify.annotations.Nullable;

/**
 * How connections are protected. Certificates and keys are PEM files, read when a connection or server is made.
 *
 * @param cert what this process shows of itself; null = nothing (a client without a certificate, or no TLS at all)
 * @param key of {@code cert}, PKCS #8
 * @param ca whom it trusts; null = no TLS as client
 * @param clientCertificates whether a server takes only clients with a certificate of {@code ca}
 * @param token what clients have to show and show; null = none
 */
public record Security(@Nullable Path cert, @Nullable Path key, @Nullable Path ca, boolean clientCertificates, @Nullable String token) {
  /** Neither TLS nor token. */
  public static final Security NONE = new Security(null, null, null, false, null);

  public Security {
    if ((cert == null) != (key == null)) throw new ConfigException("security.tls.cert and security.tls.key go together; give both or neither");
    if (clientCertificates && (ca == null || cert == null)) throw new ConfigException("security.tls.client_auth = require needs security.tls.cert, tls.key and tls.ca");
    if (token != null && ca == null) throw new ConfigException("security.token_file needs TLS, because anybody on the way could read the token; give security.tls.ca, tls.cert and tls.key");
  }

  /** Whether connections are encrypted. */
  public boolean tls() {
    return ca != null || cert != null;
  }

  ChannelCredentials ofClient() {
    if (!tls()) return InsecureChannelCredentials.create();
    var tls = TlsChannelCredentials.newBuilder();
    try {
      if (ca != null) tls.trustManager(readable("security.tls.ca", ca));
      if (cert != null && key != null) tls.keyManager(readable("security.tls.cert", cert), readable("security.tls.key", key));
    } catch (IOException e) {
      throw new ConfigException("security.tls: a certificate cannot be read: " + e.getMessage(), e);
    }
    return tls.build();
  }

  ServerCredentials ofServer() {
    if (!tls()) return InsecureServerCredentials.create();
    if (cert == null || key == null) throw new ConfigException("security.tls.cert and security.tls.key are missing: a store that uses TLS has to show a certificate");
    var tls = TlsServerCredentials.newBuilder();
    try {
      tls.keyManager(readable("security.tls.cert", cert), readable("security.tls.key", key));
      if (ca != null) tls.trustManager(readable("security.tls.ca", ca));
      if (clientCertificates) tls.clientAuth(TlsServerCredentials.ClientAuth.REQUIRE);
    } catch (IOException e) {
      throw new ConfigException("security.tls: a certificate cannot be read: " + e.getMessage(), e);
    }
    return tls.build();
  }

  private static java.io.File readable(String option, Path file) {
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
