package nokv.launcher.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;

/** Goal: what an embedded server holds is served by a cluster of three stores after its directory was promoted. Method: the real processes and a real client. */
final class PromoteIT {
  private static final int KEYS = 300;
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  @TempDir Path directory;

  @Test void anEmbeddedServersDataAreServedByTheClusterItBecame() throws Exception {
    Path data = directory.resolve("data/store-1");
    try (var embedded = Server.start(data)) {
      try (Jedis client = embedded.client()) {
        for (int i = 0; i < KEYS; i++) client.set("key" + i, "value" + i);
        client.rpush("list", "a", "b", "c");
        client.hset("hash", Map.of("field", "x".repeat(10_000)));
        client.del("key7");
      }
      embedded.terminate();
    }
    Path file = Files.writeString(directory.resolve("cluster.json"), topology());
    var before = Server.run("serve", "--store-id", "1", "--config", file.toString(), "--workdir", data.toString());
    assertTrue(before.code() != 0 && before.errors().contains("nokv-launcher promote"), before.errors());
    var promoted = Server.run("promote", "--store-id", "1", "--config", file.toString(), "--workdir", data.toString());
    assertEquals(0, promoted.code(), promoted.out() + promoted.errors());
    try (var cluster = Server.launch(Server.DISTRIBUTION, Map.of(), List.of("cluster", "--config", file.toString(), "--workdir", directory.resolve("data").toString(),
        "-Dresp.listen_addr=127.0.0.1:0", "-Dmetrics.listen_addr=127.0.0.1:0", "-Draft.report_interval=500ms"))) {
      check(cluster);
      awaitPeers(file);
      check(cluster);
      cluster.terminate();
    }
  }

  private static void check(Server cluster) {
    try (Jedis client = cluster.client()) {
      for (int i = 0; i < KEYS; i++) assertEquals(i == 7 ? null : "value" + i, client.get("key" + i));
      assertEquals(List.of("a", "b", "c"), client.lrange("list", 0, -1));
      assertEquals(10_000, client.hget("hash", "field").length());
      assertTrue(client.incr("count") > 0);
    }
  }

  /** Placement gives each of the two regions a peer on every store. */
  private static void awaitPeers(Path file) throws Exception {
    long limit = System.nanoTime() + PATIENCE.toNanos();
    String shown;
    do {
      shown = Server.run("scheduler", "--config", file.toString(), "--json").out();
      assertTrue(System.nanoTime() < limit, shown);
    } while (shown.contains("(learner)") || Pattern.compile("\"peers\": 2,").matcher(shown).results().count() != 3);
  }

  private static String topology() throws Exception {
    var sockets = new ArrayList<ServerSocket>();
    var ports = new ArrayList<Integer>();
    for (int i = 0; i < 4; i++) {
      var socket = new ServerSocket(0);
      sockets.add(socket);
      ports.add(socket.getLocalPort());
    }
    for (var socket : sockets) socket.close();
    var text = new StringBuilder("{ \"raft\": { \"replicas\": 3 }, \"tso\": { \"listen_addr\": \"127.0.0.1:%d\", \"advertise_url\": \"127.0.0.1:%d\", \"standby_port_offset\": 0 }, \"stores\": [".formatted(ports.get(3), ports.get(3)));
    for (int i = 0; i < 3; i++) {
      String address = "127.0.0.1:" + ports.get(i);
      text.append(i == 0 ? "" : ",").append("{ \"store_id\": %d, \"listen_addr\": \"%s\", \"addr\": \"%s\", \"docker_listen_addr\": \"%s\", \"docker_addr\": \"%s\" }"
          .formatted(i + 1, address, address, address, address));
    }
    return text + """
        ], "regions": [
          { "id": 1, "start_key": "", "end_key": "key2", "epoch": { "version": 1, "conf_version": 1 }, "peers": [{ "store_id": 1, "peer_id": 101 }], "leader_store_id": 1 },
          { "id": 2, "start_key": "key2", "end_key": "", "epoch": { "version": 1, "conf_version": 1 }, "peers": [{ "store_id": 1, "peer_id": 201 }], "leader_store_id": 1 }
        ] }
        """;
  }
}
