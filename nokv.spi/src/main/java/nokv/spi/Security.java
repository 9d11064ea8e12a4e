package nokv.spi;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import nokv.api.ConfigException;
import org.jspecify.annotations.Nullable;

/**
 * How connections between the processes of a cluster, and to them, are protected: the block {@code security} of the config file, shared by every plugin that opens connections of its own.
 * Certificates and keys are PEM files, read when a connection or server is made.
 *
 * @param cert what this process shows of itself; null = nothing (a client without a certificate, or no TLS at all)
 * @param key of {@code cert}, PKCS #8
 * @param ca whom it trusts; null = no TLS as client
 * @param clientCertificates whether a server takes only clients with a certificate of {@code ca}
 * @param token what clients show and servers expect; null = none
 */
public record Security(@Nullable Path cert, @Nullable Path key, @Nullable Path ca, boolean clientCertificates, @Nullable String token) {
  public static final String BLOCK = "security";
  public static final List<Option> OPTIONS = List.of(
      Option.of("tls_cert", Option.Type.TEXT, "", "PEM file with the certificate, and those between it and the authority, that this process shows. Its alternative names hold the host of `addr`. Unset = none."),
      Option.of("tls_key", Option.Type.TEXT, "", "PEM file with the private key of `tls_cert`, in PKCS #8, not encrypted."),
      Option.of("tls_ca", Option.Type.TEXT, "", "PEM file with the authorities whose certificates this process trusts. Setting it turns TLS on for every gRPC connection."),
      Option.oneOf("client_auth", "none", "Whether servers take only clients, and other stores, that show a certificate of `tls_ca`.", "none", "require"),
      Option.of("token_file", Option.Type.TEXT, "", "File whose first line clients and stores show with every call and servers expect; needs TLS. Unset = no token."));

  /** Neither TLS nor token. */
  public static final Security NONE = new Security(null, null, null, false, null);

  public Security {
    if ((cert == null) != (key == null)) throw new ConfigException("security.tls_cert and security.tls_key go together; give both or neither");
    if (clientCertificates && (ca == null || cert == null)) throw new ConfigException("security.client_auth = require needs security.tls_cert, tls_key and tls_ca");
    if (token != null && ca == null) throw new ConfigException("security.token_file needs TLS, because anybody on the way could read the token; give security.tls_ca, tls_cert and tls_key");
  }

  /** @throws ConfigException if the block makes no sense or the token cannot be read */
  public static Security of(NodeConfig config) {
    String where = config.source() + ": " + BLOCK;
    var options = Options.parse(where, OPTIONS, config.blocks().getOrDefault(BLOCK, Map.of()));
    return new Security(path(options, "tls_cert"), path(options, "tls_key"), path(options, "tls_ca"), options.text("client_auth").equals("require"), token(where, options));
  }

  private static @Nullable Path path(Options options, String name) {
    return options.has(name) ? Path.of(options.text(name)) : null;
  }

  private static @Nullable String token(String where, Options options) {
    Path file = path(options, "token_file");
    if (file == null) return null;
    try {
      var lines = Files.readAllLines(file);
      if (lines.isEmpty() || !lines.getFirst().matches("[!-~]+")) throw new ConfigException(where + ".token_file = " + file + " holds no token; expected one line of printable characters without spaces");
      return lines.getFirst();
    } catch (IOException e) {
      throw new ConfigException(where + ".token_file = " + file + " cannot be read: " + e, e);
    }
  }

  /** Whether connections are encrypted. */
  public boolean tls() {
    return ca != null || cert != null;
  }
}
