package nokv.raftstore.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.codahale.metrics.MetricRegistry;
import com.google.protobuf.ByteString;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import nokv.api.ConfigException;
import nokv.api.NoKVException;
import nokv.raftstore.proto.RaftMessage;
import nokv.spi.Environment;
import nokv.spi.Security;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Goal: only who shows the right certificate or token is served, and whoever does not is told which setting is wrong, in one line. */
class SecurityTest {
  @TempDir static Path directory;
  private static Certificates ours;
  private static Certificates theirs;
  private static Environment.Owned environment;

  @BeforeAll static void certificates() throws Exception {
    ours = new Certificates(Files.createDirectory(directory.resolve("ours"))).issue("node");
    theirs = new Certificates(Files.createDirectory(directory.resolve("theirs"))).issue("node");
    environment = Environment.system(2, 1 << 20, new MetricRegistry());
  }

  @AfterAll static void close() {
    environment.close();
  }

  private static Security tls(Certificates own, String name, Certificates trusted, boolean clientCertificates, String token) {
    return new Security(own.cert(name), own.key(name), trusted.ca(), clientCertificates, token);
  }

  private static Security trustOnly(Certificates trusted, String token) {
    return new Security(null, null, trusted.ca(), false, token);
  }

  /** Asks a store once. @return the answer, or throws what the call failed with */
  private static String ask(Security ofServer, Security ofClient) throws Exception {
    try (var there = new GrpcTransport(environment.environment(), ofServer, 1); var server = new GrpcServer(there, "127.0.0.1:0", new EchoReceiver());
        var here = new GrpcTransport(environment.environment(), ofClient, 1); var client = new GrpcNetwork(here, Map.of(1L, "127.0.0.1:" + server.port()))) {
      return EchoReceiver.value(client.call(1, EchoReceiver.get("a"), Duration.ofSeconds(10)).toCompletableFuture().get(20, TimeUnit.SECONDS));
    } catch (ExecutionException e) {
      throw (Exception) e.getCause();
    }
  }

  private static void refused(String expected, Security ofServer, Security ofClient) {
    var failure = assertThrows(NoKVException.class, () -> ask(ofServer, ofClient));
    assertFalse(failure.getMessage().contains("\n"), failure.getMessage());
    assertEquals(expected, failure.getMessage().replaceAll("127.0.0.1:\\d+", "A").replaceAll("\\(.*\\)", "()").replaceAll(": .*;", ": ...;"));
  }

  private static final String DISTRUST = "store 1 at A and this process do not trust each other (); see security.tls_ca";

  @Test void encryptedCallsAreAnswered() throws Exception {
    assertEquals("a", ask(tls(ours, "node", ours, false, null), trustOnly(ours, null)));
  }

  @Test void mutuallyKnownPartiesTalkMessagesToo() throws Exception {
    var security = tls(ours, "node", ours, true, "s3cret");
    var receiver = new EchoReceiver();
    try (var there = new GrpcTransport(environment.environment(), security, 1); var server = new GrpcServer(there, "127.0.0.1:0", receiver);
        var here = new GrpcTransport(environment.environment(), security, 1); var peer = new GrpcNetwork(here, 2, Map.of(1L, "127.0.0.1:" + server.port()), id -> { })) {
      peer.send(1, RaftMessage.newBuilder().setMessage(ByteString.copyFromUtf8("m")).build());
      assertNotNull(receiver.messages.poll(20, TimeUnit.SECONDS));
    }
    assertEquals("a", ask(security, tls(ours, "node", ours, false, "s3cret")));
  }

  @Test void aStoreOfAnotherAuthorityIsNotTrusted() {
    refused(DISTRUST, tls(theirs, "node", theirs, false, null), trustOnly(ours, null));
  }

  @Test void aClientWithoutCertificateIsNotServedWhereOneIsRequired() {
    refused(DISTRUST, tls(ours, "node", ours, true, null), trustOnly(ours, null));
  }

  @Test void aClientOfAnotherAuthorityIsNotServed() {
    refused(DISTRUST, tls(ours, "node", ours, true, null), tls(theirs, "node", ours, false, null));
  }

  @Test void aPlainStoreIsNoTlsStore() {
    refused(DISTRUST, Security.NONE, trustOnly(ours, null));
  }

  @Test void aPlainClientIsNotServedByATlsStore() {
    assertInstanceOf(NoKVException.class, assertThrows(NoKVException.class, () -> ask(tls(ours, "node", ours, false, null), Security.NONE)));
  }

  @Test void aWrongOrMissingTokenIsRefused() {
    refused("store 1 at A refuses this client: ...; see security.token_file", tls(ours, "node", ours, false, "s3cret"), trustOnly(ours, "guess"));
    refused("store 1 at A refuses this client: ...; see security.token_file", tls(ours, "node", ours, false, "s3cret"), trustOnly(ours, null));
  }

  @Test void settingsThatMakeNoSenseAreRefusedBeforeAnythingIsOpened() {
    assertThrows(ConfigException.class, () -> new Security(ours.cert("node"), null, ours.ca(), false, null));
    assertThrows(ConfigException.class, () -> new Security(null, null, ours.ca(), true, null));
    assertThrows(ConfigException.class, () -> new Security(null, null, null, false, "token over plain text"));
    assertThrows(ConfigException.class, () -> ask(new Security(ours.cert("nobody"), ours.key("nobody"), ours.ca(), false, null), Security.NONE));
  }
}
