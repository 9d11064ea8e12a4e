package nokv.launcher.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;

/** A running node is backed up, its directory lost, and what comes back is compared key by key. */
final class BackupIT {
  @TempDir Path directory;

  private String[] at(Server server, String... command) {
    var all = new java.util.ArrayList<>(java.util.List.of(command));
    all.addAll(java.util.List.of("--workdir", directory.resolve("data").toString(), "-Dmetrics.listen_addr=127.0.0.1:" + server.port("admin")));
    return all.toArray(new String[0]);
  }

  private static void succeeds(String... command) throws Exception {
    var ended = Server.run(command);
    assertEquals(0, ended.code(), String.join(" ", command) + ": " + ended.errors() + ended.out());
  }

  private static TreeMap<String, String> content(Jedis client) {
    var content = new TreeMap<String, String>();
    for (String key : client.keys("*")) content.put(key, client.get(key));
    return content;
  }

  @Test void aRunningNodeIsBackedUpInFullAndThenByWhatChangedAndComesBack() throws Exception {
    String full = directory.resolve("full").toString();
    String later = directory.resolve("later").toString();
    TreeMap<String, String> content;
    try (var server = Server.start(directory.resolve("data"), "-Dtxn.keep_versions=1h"); Jedis client = server.client()) {
      for (int i = 0; i < 300; i++) client.set("key" + i, "v".repeat(i * 20));
      succeeds(at(server, "backup", "--to", full));
      for (int i = 0; i < 300; i += 3) client.set("key" + i, "changed " + i);
      for (int i = 1; i < 300; i += 3) client.del("key" + i);
      succeeds(at(server, "checkpoint", "--name", "before-lunch"));
      succeeds(at(server, "backup", "--after", full, "--to", later));
      assertEquals(2, Server.run(at(server, "backup", "--to", later)).code(), "not empty");
      content = content(client);
      assertEquals(200, content.size());
      try (var left = Files.list(directory.resolve("data/checkpoints"))) {
        assertEquals(1, left.count(), "the checkpoint that a backup makes is not left over");
      }
      assertEquals(143, server.terminate());
      assertEquals("", server.errors());
    }
    succeeds("check", "--workdir", directory.resolve("data/checkpoints/before-lunch").toString());
    assertEquals(2, Server.run("restore", later, "--workdir", directory.resolve("wrong").toString()).code(), "the full one is missing");
    succeeds("restore", full, later, "--workdir", directory.resolve("restored").toString());
    for (String copy : new String[] {"restored", "data/checkpoints/before-lunch"}) {
      try (var server = Server.start(directory.resolve(copy)); Jedis client = server.client()) {
        assertEquals(content, content(client), copy);
        client.set("key1", "goes on");
        assertEquals("goes on", client.get("key1"));
      }
    }
    assertTrue(Files.exists(directory.resolve("full/BACKUP")));
    assertFalse(Files.exists(directory.resolve("wrong/CURRENT")) && Server.run("check", "--workdir", directory.resolve("wrong").toString()).code() != 0);
  }
}
