package nokv.launcher.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Goal: a cluster serves both its regions, goes on when any one process is killed, and loses nothing that was acknowledged, not even when all are. Method: the real processes of
 * {@code nokv-launcher cluster}, a real client, SIGKILL.
 */
final class ClusterIT {
  /** What a busy build machine is given; a quiet one takes a third of it at the most. */
  private static final Duration GOES_ON = Duration.ofSeconds(10);
  private static final int STANDBY_OFFSET = 1000;

  @TempDir Path directory;
  private Path file;
  private final Set<Integer> taken = new HashSet<>();
  private final List<String> acknowledged = new ArrayList<>();

  @Test void anyProcessMayBeKilledAndNothingAcknowledgedIsLost() throws Exception {
    List<String> arguments = arguments();
    try (var cluster = Server.launch(Server.DISTRIBUTION, Map.of(), arguments)) {
      try (Jedis client = cluster.client()) {
        assertEquals("OK", client.mset("apple", "1", "zebra", "2"));
        assertEquals(List.of("1", "2"), client.mget("apple", "zebra"));
        assertEquals(2, client.incr("apple"));
        assertEquals(3, client.incr("zebra"));
      }
      write(cluster, 100);
      for (String part : List.of("tso", "1", "2", "gateway")) {
        cluster.child(part).destroyForcibly();
        write(cluster, 50);
      }
      readAll(cluster);
      awaitPlacement();
      administer();
      readAll(cluster);
      cluster.kill();
    }
    String stopped = run("regions", "--workdir", directory.resolve("data/store-1").toString(), "--json");
    assertTrue(stopped.contains("\"applied\": ") && stopped.contains("\"status\": \"normal\""), stopped);
    try (var again = Server.launch(Server.DISTRIBUTION, Map.of(), arguments)) {
      readAll(again);
      again.terminate();
    }
  }

  /** Placement has heard of all stores, and moved the safe point. */
  private void awaitPlacement() throws Exception {
    long limit = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    String shown;
    do {
      shown = run("scheduler", "--config", file.toString(), "--json");
      assertTrue(System.nanoTime() < limit, shown);
    } while (shown.contains("\"silent\"") || !shown.contains("safe_point_age_millis") || !shown.contains("\"clients\": 4"));
    assertTrue(shown.contains("\"state\": \"up\"") && shown.contains("\"leaders\": ") && shown.contains("\"writes_per_second\": "), shown);
  }

  /** Regions are looked at and changed by command while the cluster runs. */
  private void administer() throws Exception {
    String regions = run("regions", "--config", file.toString(), "--json");
    assertTrue(regions.contains("\"id\": 1") && regions.contains("\"id\": 2") && regions.contains("101@1") && regions.contains("\"leader\": \"store "), regions);
    String halves = run("region", "split", "--config", file.toString(), "--key", "c");
    assertTrue(halves.contains(" c ") && halves.contains("101@1"), halves);
    run("region", "transfer", "--config", file.toString(), "--region", "1", "--store", "3");
    assertEquals("nokv: there is no region 77; there are [1, 2, 204]\n", mistake("region", "merge", "--config", file.toString(), "--region", "77"));
    assertEquals("nokv: \"splot\" is not a command; did you mean \"split\"?\n", mistake("region", "splot"));
    assertEquals("nokv: --key is missing, expected the first key of the new region\n", mistake("region", "split", "--config", file.toString()));
    assertTrue(mistake("region", "split", "--config", file.toString(), "--key", "c").startsWith("nokv: region "));
  }

  private static String run(String... arguments) throws Exception {
    var ended = Server.run(arguments);
    assertEquals(0, ended.code(), () -> List.of(arguments) + "\n" + ended.out() + ended.errors());
    return ended.out();
  }

  private static String mistake(String... arguments) throws Exception {
    var ended = Server.run(arguments);
    assertEquals(2, ended.code(), () -> List.of(arguments) + "\n" + ended.out() + ended.errors());
    return ended.errors();
  }

  /** Writes keys of both regions, one at a time, and goes on over lost connections and refusals; none may take too long. */
  private void write(Server cluster, int count) {
    for (int i = 0; i < count; i++) {
      String key = (acknowledged.size() % 2 == 0 ? "a" : "z") + acknowledged.size();
      long begin = System.nanoTime();
      while (!set(cluster, key)) {
        assertTrue(System.nanoTime() - begin < GOES_ON.toNanos(), () -> "nothing was written for " + GOES_ON);
        Thread.onSpinWait();
      }
      acknowledged.add(key);
    }
  }

  private static boolean set(Server cluster, String key) {
    try (Jedis client = cluster.client()) {
      return "OK".equals(client.set(key, key));
    } catch (JedisException e) {
      return false;
    }
  }

  private void readAll(Server cluster) {
    try (Jedis client = cluster.client()) {
      for (String key : acknowledged) assertEquals(key, client.get(key));
    }
  }

  private List<String> arguments() throws IOException {
    String text = Files.readString(Server.DISTRIBUTION.resolve("raft_config.example.json"));
    for (String port : List.of("20160", "20171", "20172", "20173")) text = text.replace("127.0.0.1:" + port, "127.0.0.1:" + freePort());
    file = Files.writeString(directory.resolve("raft_config.json"), text);
    return List.of("cluster", "--config", file.toString(), "--workdir", directory.resolve("data").toString(), "-Dresp.listen_addr=127.0.0.1:" + freePort(),
        "-Draft.report_interval=500ms", "-Draft.client_lease=2s", "-Draft.safe_point_interval=1s", "-Dmetrics.listen_addr=127.0.0.1:0");
  }

  /**
   * A port of which the one for the standby timestamp server is free as well; below those that a system gives to outgoing connections, so that none of them takes it while its process is dead.
   */
  private int freePort() {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(10_000, 30_000);
      if (taken.contains(port) || taken.contains(port + STANDBY_OFFSET)) continue;
      try (var socket = new ServerSocket(port); var standby = new ServerSocket(port + STANDBY_OFFSET)) {
        taken.addAll(List.of(socket.getLocalPort(), standby.getLocalPort()));
        return port;
      } catch (IOException e) {
        // Taken: another.
      }
    }
  }
}
