package nokv.launcher.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisConnectionException;

/** Goal: no end of the process loses what was acknowledged. Method: real clients, real processes, SIGKILL and power cuts of the fault file system in mid-load. */
final class KillIT {
  private static final int MAX_VALUE = 64 << 10;
  /** Small memtables, so that flushes and compactions are under way when the end comes. */
  private static final String MEMTABLE = "-Dengine.memtable_size=4MiB";

  @TempDir Path directory;

  @Test void acknowledgedWritesSurviveSigkill() throws Exception {
    killAndReadBack(new SplittableRandom().nextLong(), 3, 2_000);
  }

  /** The full load of 500,000 keys; about as long as a coffee break. */
  @Tag("long") @Test void acknowledgedWritesSurviveSigkillAtFullSize() throws Exception {
    killAndReadBack(new SplittableRandom().nextLong(), 4, 180_000);
  }

  private void killAndReadBack(long seed, int kills, long writesBetween) throws Exception {
    var load = new Load(seed, 4, MAX_VALUE);
    for (int i = 0; i < kills; i++) {
      try (var server = Server.start(directory, MEMTABLE)) {
        load.verify(server);
        assertTrue(load.runUntilTheEnd(server, writesBetween) >= writesBetween, "seed " + seed);
      }
    }
    try (var server = Server.start(directory, MEMTABLE)) {
      load.verify(server);
      server.terminate();
    }
    checkFindsNoFault("seed " + seed);
  }

  @Test void acknowledgedWritesSurvivePowerCutsAtRandomSyncs() throws Exception {
    long seed = new SplittableRandom().nextLong();
    var random = new SplittableRandom(seed);
    var load = new Load(seed, 4, MAX_VALUE);
    for (int i = 0; i < 3; i++) {
      String rule = "-Dfault.rules=[{ op = sync, path = \"*\", nth = " + (20 + random.nextInt(150)) + ", action = power-cut }]";
      try (var server = Server.start(directory, MEMTABLE, "-Dplugins.vfs=fault", "-Dfault.seed=" + random.nextInt(1 << 20), rule)) {
        load.verify(server);
        load.runUntilTheEnd(server, null);
      }
    }
    try (var server = Server.start(directory, MEMTABLE)) {
      load.verify(server);
      server.terminate();
    }
    checkFindsNoFault("seed " + seed);
  }

  @Test void withoutSyncTheSurvivorsOfAKillAreAPrefix() throws Exception {
    survivorsAreAPrefix(3_000, "-Dengine.sync=none");
  }

  @Test void withoutSyncTheSurvivorsOfAPowerCutAreAPrefix() throws Exception {
    int at = 200 + new SplittableRandom().nextInt(600);
    survivorsAreAPrefix(Integer.MAX_VALUE, "-Dengine.sync=none", "-Dplugins.vfs=fault",
        "-Dfault.rules=[{ op = write, path = \"*\", nth = " + at + ", action = power-cut }]");
  }

  /** One client, so that the order of its writes is the order of the acknowledgements. */
  private void survivorsAreAPrefix(int killAfter, String... options) throws Exception {
    var load = new Load(1, 1, MAX_VALUE);
    int sent = 0;
    String[] arguments = Arrays.copyOf(options, options.length + 1);
    arguments[options.length] = MEMTABLE;
    try (var server = Server.start(directory, arguments); Jedis client = server.client()) {
      while (true) {
        if (sent >= killAfter) server.kill();
        var pipeline = client.pipelined();
        for (int i = 0; i < 16; i++, sent++) pipeline.set(("p" + sent).getBytes(), load.value(0, sent, 1));
        pipeline.sync();
      }
    } catch (JedisConnectionException gone) {
      // as meant
    }
    try (var server = Server.start(directory, MEMTABLE); Jedis client = server.client()) {
      int survivors = 0;
      while (survivors < sent && Arrays.equals(client.get(("p" + survivors).getBytes()), load.value(0, survivors, 1))) survivors++;
      for (int i = survivors; i < sent; i++) {
        assertEquals(null, client.get("p" + i), "p" + survivors + " is lost and the later p" + i + " of " + sent + " is there; " + String.join(" ", options));
      }
      server.terminate();
    }
    checkFindsNoFault(String.join(" ", options));
  }

  private void checkFindsNoFault(String about) throws Exception {
    var check = Server.run("check", "--json", "--workdir", directory.toString());
    assertEquals(0, check.code(), about + "\n" + check.out() + check.errors());
  }
}
