package nokv.protocol.resp;

import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.File;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.SSLException;
import nokv.api.ConfigException;
import nokv.spi.Option;
import nokv.spi.Options;
import org.jspecify.annotations.Nullable;

/** Encrypted connections: TLS 1.2 and 1.3, by the JDK's own implementation. The files are read when the frontend is opened. */
final class Tls {
  static final List<Option> OPTIONS = List.of(
      Option.of("tls_cert", Option.Type.TEXT, "", "PEM file with the certificate, and those between it and the authority, that clients are shown. Set with `tls_key`: `listen_addr` takes TLS connections only. Unset = no TLS."),
      Option.of("tls_key", Option.Type.TEXT, "", "PEM file with the private key of `tls_cert`, in PKCS #8, not encrypted."),
      Option.of("tls_ca", Option.Type.TEXT, "", "PEM file with the authorities of the certificates that clients may show. Needed where `client_auth` is not `none`."),
      Option.oneOf("client_auth", "none", "Whether clients show a certificate of `tls_ca`: `optional` checks those that are shown, `require` takes no others. It does not log in; AUTH does.", "none", "optional", "require"));

  private Tls() {}

  /** Null = none. @throws ConfigException a file is missing, cannot be read, or does not fit the others */
  static @Nullable SslContext of(Options options) {
    boolean cert = options.has("tls_cert");
    var auth = ClientAuth.valueOf(options.text("client_auth").toUpperCase(Locale.ROOT));
    if (cert != options.has("tls_key")) throw new ConfigException("resp.tls_cert and resp.tls_key go together; give both or neither");
    if (auth != ClientAuth.NONE && (!cert || !options.has("tls_ca"))) throw new ConfigException("resp.client_auth = " + options.text("client_auth") + " needs resp.tls_cert, tls_key and tls_ca");
    if (!cert) return null;
    try {
      var builder = SslContextBuilder.forServer(new File(options.text("tls_cert")), new File(options.text("tls_key"))).sslProvider(SslProvider.JDK).protocols("TLSv1.3", "TLSv1.2").clientAuth(auth);
      if (options.has("tls_ca")) builder.trustManager(new File(options.text("tls_ca")));
      return builder.build();
    } catch (SSLException | IllegalArgumentException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new ConfigException("resp: a file of tls_cert, tls_key or tls_ca cannot be used: " + cause.getMessage() + "; expected PEM, the key in PKCS #8 and not encrypted", e);
    }
  }
}
