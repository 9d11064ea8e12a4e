package nokv.protocol.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import nokv.api.ConfigException;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.SslOptions;
import redis.clients.jedis.exceptions.JedisException;

/** With a certificate, connections are encrypted and nothing else gets in. */
final class TlsTest {
  private static final char[] PASSWORD = "secret".toCharArray();
  @TempDir private static Path directory;

  /** One certificate that signs itself: the server's, the authority, and the client's. */
  @BeforeAll static void makeCertificate() throws Exception {
    Path file = directory.resolve("own.p12");
    var keytool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-genkeypair", "-alias", "own", "-keyalg", "EC", "-dname", "CN=own", "-ext", "bc:c", "-ext",
        "san=ip:127.0.0.1", "-validity", "2", "-keystore", file.toString(), "-storetype", "PKCS12", "-storepass", "secret").redirectErrorStream(true).start();
    assertEquals(0, keytool.waitFor(), () -> keytool.inputReader().lines().toList().toString());
    var own = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      own.load(in, PASSWORD);
    }
    Files.writeString(directory.resolve("cert.pem"), pem("CERTIFICATE", own.getCertificate("own").getEncoded()));
    Files.writeString(directory.resolve("key.pem"), pem("PRIVATE KEY", own.getKey("own", PASSWORD).getEncoded()));
  }

  private static String pem(String what, byte[] content) {
    return "-----BEGIN " + what + "-----\n" + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content) + "\n-----END " + what + "-----\n";
  }

  private static String file(String name) {
    return directory.resolve(name).toString();
  }

  private static Served served(String clientAuth) {
    return Served.onMemory("tls_cert", file("cert.pem"), "tls_key", file("key.pem"), "tls_ca", file("cert.pem"), "client_auth", clientAuth, "requirepass", "pw");
  }

  private static Jedis jedis(Served served, boolean showsCertificate) {
    File store = directory.resolve("own.p12").toFile();
    var ssl = SslOptions.builder().trustStoreType("PKCS12").truststore(store, PASSWORD);
    if (showsCertificate) ssl.keyStoreType("PKCS12").keystore(store, PASSWORD);
    return new Jedis(new HostAndPort("127.0.0.1", port(served)), DefaultJedisClientConfig.builder().sslOptions(ssl.build()).password("pw").build());
  }

  private static int port(Served served) {
    return ((InetSocketAddress) served.address()).getPort();
  }

  @Test void jedisTalksOverTlsInPiecesOfAnySize() {
    try (var served = served("none"); var jedis = jedis(served, false)) {
      String large = "x".repeat(3_000_000);
      assertEquals("OK", jedis.set("k", large));
      assertEquals(large, jedis.get("k"));
    }
  }

  @Test void whoShowsNoCertificateIsNotTakenWhereOneIsRequired() {
    try (var served = served("require")) {
      assertThrows(JedisException.class, () -> {
        try (var jedis = jedis(served, false)) {
          jedis.ping();
        }
      });
      try (var jedis = jedis(served, true)) {
        assertEquals("PONG", jedis.ping());
      }
    }
  }

  @Test void plainTextIsNotAnswered() throws IOException {
    try (var served = served("none"); var client = served.client()) {
      client.send("PING\r\n");
      assertTrue(!client.reply().contains("PONG"));
    }
  }

  @Test void redisCliTalksOverTls() throws Exception {
    Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/redis-cli")), "redis-cli is not installed");
    try (var served = served("require")) {
      var cli = new ProcessBuilder("/usr/bin/redis-cli", "--tls", "--cacert", file("cert.pem"), "--cert", file("cert.pem"), "--key", file("key.pem"), "-p", String.valueOf(port(served)), "-a", "pw",
          "--no-auth-warning", "ECHO", "hello").redirectErrorStream(true).start();
      assertTrue(cli.waitFor(20, TimeUnit.SECONDS));
      assertEquals("hello", new String(cli.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim());
    }
  }

  @Test void whatIsWrongWithTheFilesIsSaid() {
    for (List<String> options : List.of(List.of("tls_cert", file("cert.pem")), List.of("client_auth", "require"), List.of("tls_cert", file("none.pem"), "tls_key", file("key.pem")),
        List.of("tls_cert", file("cert.pem"), "tls_key", file("cert.pem")))) {
      String message = assertThrows(ConfigException.class, () -> Served.onMemory(options.toArray(new String[0]))).getMessage();
      assertTrue(message.startsWith("resp"), message);
    }
  }
}
