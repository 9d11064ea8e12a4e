package nokv.launcher.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;

/** The distribution on the module path, from the outside: what a user sees in an ordinary life and at every mistake. */
final class StartScriptIT {
  @TempDir Path directory;

  private Path data() {
    return directory.resolve("data");
  }

  @Test void aValueSurvivesAnOrderlyRestartAndNothingIsSaidOnStandardError() throws Exception {
    try (var server = Server.start(data()); Jedis client = server.client()) {
      assertEquals("PONG", client.ping());
      assertEquals("OK", client.set("hello", "world"));
      assertEquals("world", client.get("hello"));
      assertEquals(143, server.terminate());
      assertEquals("", server.errors());
    }
    try (var server = Server.start(data()); Jedis client = server.client()) {
      assertEquals("world", client.get("hello"));
      assertTrue(Files.exists(Server.DISTRIBUTION.resolve("nokv.aot")), "the build made no AOT cache");
      assertEquals(143, server.terminate());
      assertEquals("", server.errors());
    }
  }

  @Test void theAdminEndpointTellsHealthMetricsAndStats() throws Exception {
    try (var server = Server.start(data()); Jedis client = server.client()) {
      client.set("a", "1");
      assertTrue(server.get("/health").contains("\"ok\""));
      String metrics = server.get("/metrics");
      assertTrue(metrics.lines().allMatch(line -> line.matches("# (HELP|TYPE) nokv_.*|nokv_[a-z0-9_]+(\\{quantile=\"[0-9.]+\"})? \\S+")), metrics);
      String stats = server.get("/stats");
      for (String group : List.of("flush", "compaction", "value_log", "wal", "write", "txn", "cache", "lsm", "resp", "recovery")) {
        assertTrue(stats.contains("\n  \"" + group + "\": {"), group + " is missing: " + stats);
      }
      assertEquals(404, server.http("GET", "admin", "/nothing", null).status());
      assertEquals(405, server.http("POST", "admin", "/stats", new byte[1]).status());
      var asked = Server.run("stats", "--json", "--workdir", data().toString(), "-Dmetrics.listen_addr=127.0.0.1:" + server.port("admin"));
      assertEquals(0, asked.code(), asked.errors());
      assertTrue(asked.out().contains("\"resp\""), asked.out());
    }
  }

  @Test void aStoppedDirectoryCanBeLookedAt() throws Exception {
    try (var server = Server.start(data()); Jedis client = server.client()) {
      for (int i = 0; i < 200; i++) client.set("key" + i, "v".repeat(i * 20));
      server.terminate();
    }
    for (String command : List.of("stats", "manifest", "vlog", "check")) {
      var json = Server.run(command, "--json", "--workdir", data().toString());
      assertEquals(0, json.code(), command + ": " + json.errors() + json.out());
      assertEquals("", json.errors(), command);
      assertTrue(json.out().startsWith("{"), command + ": " + json.out());
      assertEquals(0, Server.run(command, "--workdir", data().toString()).code(), command);
    }
  }

  @Test void aBusyPortIsOneLine() throws Exception {
    try (var busy = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      String address = "127.0.0.1:" + busy.getLocalPort();
      refused(2, address, "serve", "--workdir", data().toString(), "-Dmetrics.listen_addr=127.0.0.1:0", "-Dresp.listen_addr=" + address);
      refused(2, address, "serve", "--workdir", data().toString(), "-Dresp.listen_addr=127.0.0.1:0", "-Dmetrics.listen_addr=" + address);
    }
  }

  @Test void aLockedDirectoryIsOneLine() throws Exception {
    try (var server = Server.start(data())) {
      assertTrue(server.running());
      String[] second = {"serve", "--workdir", data().toString(), "-Dmetrics.listen_addr=127.0.0.1:0", "-Dresp.listen_addr=127.0.0.1:0"};
      refused(1, data().toString(), second);
      refused(1, data().toString(), "check", "--workdir", data().toString());
      assertTrue(server.running());
    }
  }

  @Test void aForeignDirectoryIsOneLineAndStaysAsItIs() throws Exception {
    Files.createDirectories(data());
    Files.writeString(data().resolve("thesis.txt"), "mine");
    refused(2, data().toString(), "serve", "--workdir", data().toString(), "-Dmetrics.listen_addr=127.0.0.1:0", "-Dresp.listen_addr=127.0.0.1:0");
    try (var left = Files.list(data())) {
      assertEquals(List.of("thesis.txt"), left.map(path -> path.getFileName().toString()).toList());
    }
  }

  @Test void aMistakeOnTheCommandLineOrInTheConfigIsOneLine() throws Exception {
    Path config = Files.writeString(directory.resolve("raft_config.json"), "{ \"engine\": { \"snyc\": \"none\" } }");
    refused(2, "engine.snyc is not an option; did you mean \"sync\"?", "serve", "--config", config.toString());
    refused(2, "did you mean \"serve\"?", "sevre");
    refused(2, "did you mean \"--workdir\"?", "serve", "--workdri", "x");
    refused(2, "-Dengine.sync is \"nver\", expected one of", "serve", "-Dengine.sync=nver");
    refused(2, "there is no such file", "serve", "--config", directory.resolve("nothing.json").toString());
    refused(2, "no directory", "stats", "--workdir", directory.resolve("nothing").toString());
    refused(2, "a command is missing", "config");
    refused(2, "is not a store", "serve", "--config", Server.DISTRIBUTION.resolve("raft_config.example.json").toString(), "--store-id", "9");
  }

  @Test void theExampleConfigIsValidAndItsPartsAreShown() throws Exception {
    String example = Server.DISTRIBUTION.resolve("raft_config.example.json").toString();
    for (String part : List.of("validate", "stores", "regions", "tso")) {
      var shown = Server.run("config", part, "--json", "--config", example);
      assertEquals(0, shown.code(), part + ": " + shown.errors());
      assertTrue(shown.out().startsWith("{"), shown.out());
    }
    Path broken = Files.writeString(directory.resolve("broken.json"), "{ \"max_retries\": -1, \"stores\": 1 }");
    var invalid = Server.run("config", "validate", "--config", broken.toString());
    assertEquals(2, invalid.code());
    assertEquals(2, invalid.errors().lines().count(), invalid.errors());
  }

  private static void refused(int code, String says, String... arguments) throws IOException, InterruptedException {
    var ended = Server.run(arguments);
    assertEquals(code, ended.code(), String.join(" ", arguments) + ": " + ended.errors());
    assertEquals(1, ended.errors().lines().count(), ended.errors());
    assertTrue(ended.errors().startsWith("nokv: ") && ended.errors().contains(says), ended.errors());
  }
}
