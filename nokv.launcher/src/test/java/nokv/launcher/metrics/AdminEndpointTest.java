package nokv.launcher.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.codahale.metrics.MetricRegistry;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import nokv.api.ConfigException;
import nokv.api.ReadOnlyException;
import nokv.spi.NodeConfig;
import nokv.spi.Oracle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class AdminEndpointTest {
  private final MetricRegistry registry = new MetricRegistry();
  private final AdminEndpoint endpoint = open("127.0.0.1:0");

  private AdminEndpoint open(String address) {
    return AdminEndpoint.open(NodeConfig.embedded("data").with("metrics", "listen_addr", address), registry);
  }

  @AfterEach void close() {
    endpoint.close();
  }

  private String ask(String method, String page) throws IOException {
    var connection = (HttpURLConnection) URI.create("http://" + endpoint.address() + page).toURL().openConnection();
    connection.setRequestMethod(method);
    int status = connection.getResponseCode();
    try (var body = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
      return status + " " + (body == null ? "" : new String(body.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  @Test void healthTellsStartingThenOkThenWhatFailed() throws IOException {
    assertEquals("503 {\n  \"status\": \"starting\"\n}\n", ask("GET", "/health"));
    assertEquals("503 starting\n", ask("GET", "/stats"));
    endpoint.ready(() -> Map.of("wal", Map.of("syncs", 7)), () -> {});
    assertEquals("200 {\n  \"status\": \"ok\"\n}\n", ask("GET", "/health"));
    assertEquals("200 {\n  \"wal\": {\n    \"syncs\": 7\n  }\n}\n", ask("GET", "/stats"));
    endpoint.ready(Map::of, () -> {
      throw new ReadOnlyException("a sync failed", new IOException("disk"));
    });
    assertEquals("503 {\n  \"status\": \"failed\",\n  \"cause\": \"a sync failed\"\n}\n", ask("GET", "/health"));
  }

  @Test void timestampsAreGivenInBatchesByWhoeverHasAnOracle() throws IOException {
    assertTrue(ask("GET", "/tso").startsWith("503 "));
    endpoint.oracle(new Oracle() {
      private long last;

      @Override public long tryNext() {
        return ++last;
      }

      @Override public CompletionStage<Long> next() {
        return CompletableFuture.completedFuture(tryNext());
      }

      @Override public Map<String, Object> stats() {
        return Map.of();
      }

      @Override public void close() {}
    });
    assertEquals("200{timestamps:[1]}", ask("GET", "/tso").replaceAll("[\\s\"]", ""));
    assertEquals("200{timestamps:[2,3,4]}", ask("GET", "/tso?batch=3").replaceAll("[\\s\"]", ""));
    for (String query : new String[] {"batch=0", "batch=10001", "batch=x", "n=1"}) assertTrue(ask("GET", "/tso?" + query).startsWith("400 "), query);
  }

  @Test void metricsAreThereFromTheStart() throws IOException {
    registry.counter("wal.syncs").inc();
    assertTrue(ask("GET", "/metrics").contains("nokv_wal_syncs 1\n"));
    assertEquals("200 ", ask("HEAD", "/metrics"));
  }

  @Test void anythingElseIsRefused() throws IOException {
    assertTrue(ask("GET", "/secret").startsWith("404 "));
    assertTrue(ask("GET", "/health/x").startsWith("404 "));
    assertTrue(ask("DELETE", "/stats").startsWith("405 "));
  }

  @Test void statsThatFailAreAnErrorAndTheEndpointLives() throws IOException {
    endpoint.ready(() -> {
      throw new IllegalStateException("closed");
    }, () -> {});
    assertEquals("500 closed\n", ask("GET", "/stats"));
    assertTrue(ask("GET", "/metrics").startsWith("200 "));
  }

  @Test void aNodeThatTakesNoWritesIsNotHealthy() throws IOException {
    endpoint.ready(() -> Map.of("lsm", Map.of("read_only", true)), () -> {});
    assertTrue(ask("GET", "/health").startsWith("503 {\n  \"status\": \"read-only\""));
  }

  @Test void aBusyAddressIsToldByNameAndKey() {
    var thrown = assertThrows(ConfigException.class, () -> open(endpoint.address()));
    assertTrue(thrown.getMessage().startsWith("options: metrics.listen_addr " + endpoint.address() + " cannot be listened on (Address already in use)"), thrown.getMessage());
  }

  @Test void anIpv6AddressIsWrittenInBrackets() {
    assertEquals("[0:0:0:0:0:0:0:1]:6380", AdminEndpoint.text(new InetSocketAddress("::1", 6380)));
  }
}
