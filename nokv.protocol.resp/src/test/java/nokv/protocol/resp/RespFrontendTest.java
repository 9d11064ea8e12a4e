package nokv.protocol.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.codahale.metrics.MetricRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import nokv.api.ConfigException;
import nokv.spi.Environment;
import nokv.spi.NodeConfig;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Response;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.params.SetParams;

/** The frontend over a real socket and a real store, with Jedis and with raw bytes. */
final class RespFrontendTest {
  private static Jedis jedis(Served served) {
    return new Jedis("127.0.0.1", ((InetSocketAddress) served.address()).getPort(), 20_000);
  }

  @Test void anUnchangedClientWorks() {
    try (var served = Served.onMemory(); var jedis = jedis(served)) {
      assertEquals("OK", jedis.set("k", "v", SetParams.setParams().nx().ex(100)));
      assertEquals("v", jedis.get("k"));
      assertEquals(100, jedis.ttl("k"));
      assertEquals(List.of("v"), jedis.mget("k"));
      assertEquals(1, jedis.del("k", "none"));
      var transaction = jedis.multi();
      transaction.incr("n");
      transaction.incrBy("n", 5);
      assertEquals(List.of(1L, 6L), transaction.exec());
      assertTrue(jedis.info().contains("redis_version:7.0.15"));
    }
  }

  /** Goal: a pipeline is answered in order, as if its commands had come one by one. Method: a random pipeline against a map. */
  @Test void repliesLeaveInRequestOrderUnderPipelining() {
    long seed = System.nanoTime();
    var random = new SplittableRandom(seed);
    try (var served = Served.onMemory(); var jedis = jedis(served)) {
      var model = new TreeMap<String, String>();
      for (int round = 0; round < 20; round++) {
        var pipeline = jedis.pipelined();
        var expected = new ArrayList<>();
        var replies = new ArrayList<Response<?>>();
        for (int i = random.nextInt(1, 400); i > 0; i--) {
          String key = "k" + random.nextInt(10);
          switch (random.nextInt(6)) {
            case 0 -> {
              String value = String.valueOf(random.nextInt(1000));
              replies.add(pipeline.set(key, value));
              model.put(key, value);
              expected.add("OK");
            }
            case 1 -> {
              replies.add(pipeline.get(key));
              expected.add(model.get(key));
            }
            case 2 -> {
              replies.add(pipeline.incr(key));
              long sum = Long.parseLong(model.getOrDefault(key, "0")) + 1;
              model.put(key, String.valueOf(sum));
              expected.add(sum);
            }
            case 3 -> {
              replies.add(pipeline.del(key));
              expected.add(model.remove(key) == null ? 0L : 1L);
            }
            case 4 -> {
              replies.add(pipeline.msetnx(key, "7"));
              expected.add(model.putIfAbsent(key, "7") == null ? 1L : 0L);
            }
            default -> {
              replies.add(pipeline.exists(key));
              expected.add(model.containsKey(key));
            }
          }
        }
        pipeline.sync();
        for (int i = 0; i < replies.size(); i++) assertEquals(expected.get(i), replies.get(i).get(), "seed " + seed + ", round " + round + ", command " + i);
      }
    }
  }

  /** What each of {@code n} clients returns, all run at once. */
  private static <T> List<T> together(Served served, int n, java.util.function.Function<Jedis, T> client) throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var tasks = new ArrayList<Callable<T>>();
      for (int i = 0; i < n; i++) {
        tasks.add(() -> {
          try (var jedis = jedis(served)) {
            return client.apply(jedis);
          }
        });
      }
      var results = new ArrayList<T>();
      for (var future : threads.invokeAll(tasks)) results.add(future.get());
      return results;
    }
  }

  @Test void incrementsFromManyConnectionsAreAllCounted() throws Exception {
    try (var served = Served.onMemory()) {
      var seen = together(served, 16, jedis -> {
        var values = new ArrayList<Long>();
        for (int i = 0; i < 50; i++) values.add(jedis.incr("n"));
        var pipeline = jedis.pipelined();
        var rest = new ArrayList<Response<Long>>();
        for (int i = 0; i < 50; i++) rest.add(pipeline.incr("n"));
        pipeline.sync();
        for (var response : rest) values.add(response.get());
        return values;
      });
      var all = new TreeSet<Long>();
      seen.forEach(all::addAll);
      assertEquals(1600, all.size(), "some value was given twice");
      try (var jedis = jedis(served)) {
        assertEquals("1600", jedis.get("n"));
      }
    }
  }

  @Test void setIfAbsentHasOneWinner() throws Exception {
    try (var served = Served.onMemory()) {
      for (int round = 0; round < 20; round++) {
        String key = "lock" + round;
        var won = together(served, 8, jedis -> jedis.set(key, "mine", SetParams.setParams().nx()));
        assertEquals(1, won.stream().filter("OK"::equals).count());
      }
    }
  }

  /** Goal: no increment is lost under WATCH either; who comes second is told. */
  @Test void watchedKeysThatChangedAbortTheTransaction() throws Exception {
    try (var served = Served.onMemory()) {
      var done = together(served, 6, jedis -> {
        int committed = 0;
        while (committed < 20) {
          jedis.watch("w");
          String old = jedis.get("w");
          var transaction = jedis.multi();
          transaction.set("w", String.valueOf(old == null ? 1 : Integer.parseInt(old) + 1));
          if (transaction.exec() != null) committed++;
        }
        return committed;
      });
      try (var jedis = jedis(served)) {
        assertEquals(String.valueOf(done.stream().mapToInt(Integer::intValue).sum()), jedis.get("w"));
      }
    }
  }

  @Test void aScanThatRunsWhileKeysComeAndGoGivesEveryKeyThatStayed() {
    try (var served = Served.onMemory(); var jedis = jedis(served)) {
      for (int i = 0; i < 300; i++) jedis.set("stay" + i, "x");
      var seen = new TreeSet<String>();
      String cursor = "0";
      int round = 0;
      do {
        var page = jedis.scan(cursor, new ScanParams().count(17));
        seen.addAll(page.getResult());
        cursor = page.getCursor();
        jedis.set("come" + round, "x");
        jedis.del("come" + (round++ - 3));
      } while (!"0".equals(cursor));
      seen.removeIf(key -> !key.startsWith("stay"));
      assertEquals(300, seen.size());
    }
  }

  @Test void whatIsSetIsThereForAnotherConnectionAsSoonAsItIsAcknowledged() throws IOException {
    try (var served = Served.onMemory(); var one = served.client(); var other = served.client()) {
      for (int i = 0; i < 500; i++) {
        one.call("SET k " + i);
        String value = String.valueOf(i);
        assertEquals("$" + value.length() + "\r\n" + value + "\r\n", other.call("GET k"));
      }
    }
  }

  @Test void aClientThatDoesNotReadIsCutAndOthersGoOn() throws IOException {
    try (var served = Served.onMemory("output_limit", "1MiB"); var slow = served.client(); var other = served.client()) {
      other.call("SET big " + "x".repeat(60_000));
      boolean cut = false;
      try {
        for (int i = 0; i < 2000 && !cut; i++) slow.send("GET big\r\n".repeat(10));
      } catch (IOException e) {
        cut = true;
      }
      if (!cut) {
        long read = 0;
        var in = slow.socket().getInputStream();
        try {
          for (int n; (n = in.read(new byte[1 << 16])) >= 0; ) read += n;
        } catch (IOException e) {
          read = Math.max(read, 0);
        }
        assertTrue(read < 2000L * 10 * 60_000, "all replies were delivered");
      }
      assertEquals("+PONG\r\n", other.call("PING"));
      awaitFigure(served, "connections_cut", 1);
    }
  }

  private static void awaitFigure(Served served, String name, long atLeast) {
    long deadline = System.nanoTime() + 10_000_000_000L;
    while (figure(served, name) < atLeast && System.nanoTime() < deadline) Thread.onSpinWait();
    assertTrue(figure(served, name) >= atLeast, name + " is " + figure(served, name));
  }

  private static long figure(Served served, String name) {
    return ((Number) ((Map<?, ?>) served.frontend().stats().get("resp")).get(name)).longValue();
  }

  @Test void aPipelineThatIsWrittenBeforeAnythingIsReadIsAnsweredInFull() throws IOException {
    try (var served = Served.onMemory("in_flight", "4KiB"); var client = served.client()) {
      int n = 50_000;
      client.send("INCR n\r\n".repeat(n));
      for (int i = 1; i <= n; i++) assertEquals(":" + i + "\r\n", client.reply());
    }
  }

  @Test void connectionsBeyondTheLimitAreToldAndClosed() throws IOException {
    try (var served = Served.onMemory("max_connections", "1"); var first = served.client()) {
      assertEquals("+PONG\r\n", first.call("PING"));
      try (var second = served.client()) {
        assertEquals("-ERR max number of clients reached\r\n", second.reply());
        assertEquals("", second.reply());
      }
      assertEquals("+PONG\r\n", first.call("PING"));
    }
  }

  @Test void aProtocolErrorEndsItsConnectionBehindTheRepliesBeforeIt() throws IOException {
    try (var served = Served.onMemory(); var client = served.client(); var other = served.client()) {
      client.send("SET a 1\r\nINCR a\r\n*1\r\n!\r\nPING\r\n");
      assertEquals("+OK\r\n", client.reply());
      assertEquals(":2\r\n", client.reply());
      assertEquals("-ERR Protocol error: expected '$', got '!'\r\n", client.reply());
      assertEquals("", client.reply());
      assertEquals("+PONG\r\n", other.call("PING"));
    }
  }

  @Test void aPortInUseIsAConfigErrorOfOneLine() {
    try (var served = Served.onMemory(); var threads = Environment.system(1, 1 << 20, new MetricRegistry())) {
      int port = ((InetSocketAddress) served.address()).getPort();
      var provider = new RespFrontendProvider();
      var config = NodeConfig.embedded("unused").with("resp", "listen_addr", "127.0.0.1:" + port);
      var error = assertThrows(ConfigException.class, () -> provider.open(threads.environment(), config.options(provider), config, served.store(), Map::of));
      assertTrue(error.getMessage().contains("resp.listen_addr 127.0.0.1:" + port), error.getMessage());
      assertFalse(error.getMessage().contains("\n"));
    }
  }

  @Test void closingAnswersWhatHasArrived() throws IOException {
    var served = Served.onMemory();
    try (var client = served.client()) {
      client.send("INCR n\r\n".repeat(1000));
      assertEquals(":1\r\n", client.reply());
      served.close();
      int answered = 1;
      while (!client.reply().isEmpty()) answered++;
      assertTrue(answered >= 1 && answered <= 1000);
    }
  }

  @Test void keysExpireAndAreGone() throws IOException {
    try (var served = Served.onMemory(); var client = served.client()) {
      client.call("SET k v PX 40");
      client.call("SET stay v PX 100000");
      long deadline = System.nanoTime() + 10_000_000_000L;
      while (!client.call("GET k").equals("$-1\r\n") && System.nanoTime() < deadline) Thread.onSpinWait();
      assertEquals(":-2\r\n", client.call("PTTL k"));
      assertEquals(":1\r\n", client.call("DBSIZE"));
      assertEquals(":1\r\n", client.call("INCR k"));
      assertEquals(":-1\r\n", client.call("TTL k"));
    }
  }

  @Test void aLargeCollectionThatIsDeletedIsGoneAndAnOldElementNeverComesBack() {
    try (var served = Served.onMemory(); var jedis = jedis(served)) {
      for (int round = 0; round < 3; round++) {
        var pipeline = jedis.pipelined();
        for (int i = 0; i < 600; i++) pipeline.hset("h", "field" + i, "round" + round);
        pipeline.sync();
        assertEquals(600, jedis.hlen("h"));
        assertEquals(1, jedis.del("h"));
        jedis.hset("h", "new", String.valueOf(round));
        assertEquals(Map.of("new", String.valueOf(round)), jedis.hgetAll("h"));
        jedis.del("h");
      }
      assertEquals(0, jedis.dbSize());
      try (var left = served.store().scan(nokv.api.ColumnFamily.REDIS, nokv.api.KeyRange.ALL, nokv.api.Direction.FORWARD)) {
        assertFalse(left.next(), "elements were left behind");
      }
    }
  }

  @Test void aLargeValueGoesThereAndBack() throws IOException {
    try (var served = Served.onMemory(); var client = served.client()) {
      var value = new byte[9 << 20];
      new SplittableRandom(7).nextBytes(value);
      client.command(List.of("SET".getBytes(StandardCharsets.ISO_8859_1), "big".getBytes(StandardCharsets.ISO_8859_1), value));
      assertEquals("+OK\r\n", client.reply());
      assertEquals("$" + value.length + "\r\n" + new String(value, StandardCharsets.ISO_8859_1) + "\r\n", client.call("GET big"));
    }
  }

  @Test void aWatchedKeyThatComesAndGoesSpoilsTheTransaction() throws IOException {
    try (var served = Served.onMemory(); var client = served.client(); var other = served.client()) {
      client.call("WATCH a b");
      other.call("SET a 1");
      other.call("DEL a");
      client.call("MULTI");
      client.call("SET c 1");
      assertEquals("*-1\r\n", client.call("EXEC"));
      client.call("WATCH a b");
      other.call("SET elsewhere 1");
      client.call("MULTI");
      client.call("SET c 1");
      assertEquals("*1\r\n+OK\r\n", client.call("EXEC"));
    }
  }
}
