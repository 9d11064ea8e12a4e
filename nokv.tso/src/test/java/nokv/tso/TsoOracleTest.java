package nokv.tso;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.codahale.metrics.MetricRegistry;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import nokv.api.ClosedException;
import nokv.api.ConfigException;
import nokv.api.KvStore;
import nokv.api.UnavailableException;
import nokv.spi.Environment;
import nokv.spi.NodeConfig;
import nokv.spi.Oracle;
import nokv.spi.Register;
import nokv.spi.Replicator;
import nokv.spi.Security;
import nokv.spi.Topology;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real servers and clients on loopback, over registers in memory. */
@Timeout(60)
final class TsoOracleTest {
  /** The registers of a cluster that does not fail. */
  private static final class Registers implements Replicator {
    private final Map<String, AtomicLong> values = new java.util.concurrent.ConcurrentHashMap<>();

    @Override public Register register(String name) {
      var value = values.computeIfAbsent(name, any -> new AtomicLong());
      return new Register() {
        @Override public CompletionStage<Long> read() {
          return CompletableFuture.completedFuture(value.get());
        }

        @Override public CompletionStage<Boolean> compareAndSet(long expected, long next) {
          return CompletableFuture.completedFuture(value.compareAndSet(expected, next));
        }
      };
    }

    @Override public KvStore store(Oracle oracle) {
      throw new UnsupportedOperationException();
    }

    @Override public CompletionStage<Long> newestVersion() {
      return CompletableFuture.completedFuture(0L);
    }

    @Override public Map<String, Object> stats() {
      return Map.of();
    }

    @Override public void close() {}
  }

  private static final Protection OPEN = new Protection(Security.NONE);
  private static final Duration LEASE = Duration.ofMillis(300);
  @TempDir Path directory;
  private final Registers registers = new Registers();
  private final Environment.Owned threads = Environment.system(4, 1 << 20, new MetricRegistry());
  private final List<AutoCloseable> opened = new ArrayList<>();

  @AfterEach void close() throws Exception {
    for (AutoCloseable one : opened.reversed()) one.close();
    threads.close();
  }

  /** A port that is free, and so is the one above it; below those that a system gives to outgoing connections, so that none of them takes it before it is used. */
  private static int freePort() {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(10_000, 30_000);
      try (var one = new ServerSocket(port); var next = new ServerSocket(port + 1)) {
        assertEquals(one.getLocalPort() + 1, next.getLocalPort());
        return port;
      } catch (IOException e) {
        // Taken: another.
      }
    }
  }

  private record Running(TimestampServer server, TimestampListener listener) implements AutoCloseable {
    @Override public void close() {
      server.close();
      listener.close();
    }
  }

  private Running server(int port) {
    var server = new TimestampServer(threads.environment(), registers, LEASE, "127.0.0.1:" + port);
    var running = new Running(server, new TimestampListener("address", "127.0.0.1:" + port, OPEN, server));
    server.start();
    opened.add(running);
    return running;
  }

  private TsoClient client(Duration patience, int... ports) {
    var addresses = new ArrayList<String>();
    for (int port : ports) addresses.add("127.0.0.1:" + port);
    var client = new TsoClient(threads.environment(), addresses, OPEN, LEASE.dividedBy(2), patience);
    opened.add(client);
    return client;
  }

  private static long next(Oracle oracle) {
    return oracle.next().toCompletableFuture().join();
  }

  @Test void threadsGetEachTimestampOnceAndInOrderAndShareRequests() throws Exception {
    int port = freePort();
    server(port);
    var client = client(Duration.ofSeconds(10), port);
    var all = new HashSet<Long>();
    try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      var tasks = new ArrayList<java.util.concurrent.Future<List<Long>>>();
      for (int i = 0; i < 32; i++) {
        tasks.add(pool.submit(() -> {
          var mine = new ArrayList<Long>();
          for (int n = 0; n < 200; n++) mine.add(next(client));
          return mine;
        }));
      }
      for (var task : tasks) {
        List<Long> mine = task.get();
        for (int i = 1; i < mine.size(); i++) assertTrue(mine.get(i) > mine.get(i - 1));
        all.addAll(mine);
      }
    }
    assertEquals(32 * 200, all.size());
    long requests = (Long) client.stats().get("requests");
    assertTrue(requests < 32 * 200 / 2, requests + " requests");
    assertEquals(0, client.tryNext());
  }

  @Test void theClientFollowsTheOneThatServesThroughStopsAndRestarts() throws Exception {
    int[] ports = {freePort(), freePort(), freePort()};
    var servers = new ArrayList<Running>();
    for (int port : ports) servers.add(server(port));
    var client = client(Duration.ofSeconds(20), ports);
    long last = next(client);
    for (int round = 0; round < 4; round++) {
      for (int i = 0; i < 100; i++) {
        long timestamp = next(client);
        assertTrue(timestamp > last);
        last = timestamp;
      }
      int holder = -1;
      for (int i = 0; i < ports.length; i++) if (servers.get(i).server.serving()) holder = i;
      assertNotEquals(-1, holder);
      servers.get(holder).close();
      long timestamp = next(client);
      assertTrue(timestamp > last);
      last = timestamp;
      servers.set(holder, server(ports[holder]));
    }
  }

  @Test void aServerThatAcceptsAndSaysNothingIsPassedOver() throws Exception {
    int port = freePort();
    server(port);
    try (var mute = new ServerSocket(0)) {
      var client = client(Duration.ofSeconds(10), mute.getLocalPort(), port);
      assertTrue(next(client) > 0);
    }
  }

  @Test void whoWaitsInVainIsToldWhomWasAsked() throws Exception {
    int port = freePort();
    var client = client(Duration.ofMillis(200), port);
    var thrown = assertThrows(CompletionException.class, () -> next(client));
    assertInstanceOf(UnavailableException.class, thrown.getCause());
    assertTrue(thrown.getCause().getMessage().contains("127.0.0.1:" + port), thrown.getCause().getMessage());
    var waiting = client.next().toCompletableFuture();
    client.close();
    waiting.handle((timestamp, error) -> null).get(5, TimeUnit.SECONDS);
    assertInstanceOf(ClosedException.class, client.next().toCompletableFuture().exceptionNow());
  }

  @Test void withTlsOnlyWhoShowsTheTokenGetsTimestamps() throws Exception {
    Path store = directory.resolve("keys.p12");
    keytool(store, "-genkeypair", "-alias", "me", "-keyalg", "EC", "-dname", "CN=me", "-ext", "san=ip:127.0.0.1", "-ext", "bc:c", "-validity", "2");
    Path cert = Files.write(directory.resolve("me.crt"), keytool(store, "-exportcert", "-rfc", "-alias", "me"));
    var keys = KeyStore.getInstance(store.toFile(), "secret".toCharArray());
    String key = Base64.getMimeEncoder().encodeToString(keys.getKey("me", "secret".toCharArray()).getEncoded());
    Path pem = Files.writeString(directory.resolve("me.key"), "-----BEGIN PRIVATE KEY-----\n" + key + "\n-----END PRIVATE KEY-----\n");
    int port = freePort();
    var server = new TimestampServer(threads.environment(), registers, LEASE, "server");
    opened.add(new Running(server, new TimestampListener("address", "127.0.0.1:" + port, new Protection(new Security(cert, pem, cert, true, "word")), server)));
    server.start();
    List<String> address = List.of("127.0.0.1:" + port);
    var known = new Protection(new Security(cert, pem, cert, false, "word"));
    try (var client = new TsoClient(threads.environment(), address, known, Duration.ofSeconds(5), Duration.ofSeconds(20))) {
      assertTrue(next(client) > 0);
    }
    for (Security stranger : List.of(Security.NONE, new Security(null, null, cert, false, "word"), new Security(cert, pem, cert, false, null), new Security(cert, pem, cert, false, "guess"))) {
      try (var client = new TsoClient(threads.environment(), address, new Protection(stranger), Duration.ofSeconds(5), Duration.ofMillis(300))) {
        assertInstanceOf(UnavailableException.class, assertThrows(CompletionException.class, () -> next(client), stranger.toString()).getCause());
      }
    }
  }

  private static byte[] keytool(Path store, String... arguments) throws IOException, InterruptedException {
    var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
    command.addAll(List.of(arguments));
    command.addAll(List.of("-keystore", store.toString(), "-storepass", "secret"));
    var process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    byte[] output = process.getInputStream().readAllBytes();
    assertEquals(0, process.waitFor());
    return output;
  }

  private static NodeConfig config(int tsoPort, int storePort, Long storeId) {
    var topology = new Topology(8, new Topology.Tso("127.0.0.1:" + tsoPort, "http://127.0.0.1:" + tsoPort + "/"),
        List.of(new Topology.Store(1, "127.0.0.1:" + storePort, "127.0.0.1:" + storePort, "", "")), List.of());
    return new NodeConfig("test", "none", NodeConfig.Plugins.EMBEDDED, topology, Map.of("tso", Map.of("lease", "300ms", "standby_port_offset", 1)), storeId, false);
  }

  private Oracle open(NodeConfig config) {
    var provider = new TsoOracleProvider();
    Oracle oracle = provider.open(threads.environment(), config.options(provider), config, registers);
    opened.add(oracle);
    return oracle;
  }

  @Test void aStoresStandbyServesWhereThereIsNoTimestampService() throws Exception {
    int tso = freePort();
    int store = freePort();
    var storesOwn = open(config(tso, store, 1L));
    var gateways = open(config(tso, store, null));
    long last = 0;
    for (int i = 0; i < 100; i++) {
      long timestamp = next(i % 2 == 0 ? storesOwn : gateways);
      assertTrue(timestamp > last);
      last = timestamp;
    }
    assertTrue(storesOwn.tryNext() > last, "the server is in this process");
    assertEquals(0, gateways.tryNext());
    assertThrows(ConfigException.class, () -> open(config(tso, store, 1L)), "the port is taken");
  }

  @Test void theAddressesAreTheServicesAndThenTheStores() {
    assertEquals(List.of("127.0.0.1:20160", "127.0.0.1:5001"), TsoOracleProvider.addresses(config(20160, 5000, null).topology(), 1));
    assertEquals(List.of("127.0.0.1:20160"), TsoOracleProvider.addresses(config(20160, 5000, null).topology(), 0));
  }
}
