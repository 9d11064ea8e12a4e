package nokv.protocol.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Clients that keep copies of what they read are told when it changes. */
final class TrackingTest {
  private static final String OK = "+OK\r\n";

  /** A client with a copy of what it has read. */
  private static final class Cache {
    private final RawClient client;
    private final Map<String, String> copies = new HashMap<>();

    Cache(RawClient client) throws IOException {
      this.client = client;
      client.call("HELLO 3");
      assertEquals(OK, client.call("CLIENT TRACKING ON"));
    }

    /** Takes invalidations until the reply comes. */
    private String call(String line) throws IOException {
      for (String reply = client.call(line); ; reply = client.reply()) {
        if (!reply.startsWith(">")) return reply;
        String[] parts = reply.split("\r\n");
        assertEquals("invalidate", parts[2]);
        copies.remove(parts[5]);
      }
    }

    void read(String key) throws IOException {
      if (!copies.containsKey(key)) copies.put(key, call("GET " + key));
    }
  }

  /** Goal: no copy stays stale. Method: clients read through their caches while others write in every way; when the writers have ended and what is under way has come, copies equal the store. */
  @Test void noCopyStaysStaleWhoeverWrites() throws Exception {
    long seed = System.nanoTime();
    try (var served = Served.onMemory(); var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var writers = new java.util.ArrayList<Future<?>>();
      for (int w = 0; w < 2; w++) {
        var random = new SplittableRandom(seed + w);
        writers.add(threads.submit(() -> {
          try (var client = served.client()) {
            for (int i = 0; i < 600; i++) {
              String key = "k" + random.nextInt(8);
              switch (random.nextInt(5)) {
                case 0 -> client.call("SET " + key + " " + i);
                case 1 -> client.call("DEL " + key);
                case 2 -> client.call("INCRBY n" + key + " 1");
                case 3 -> client.call("EVAL \"return redis.call('set',KEYS[1],ARGV[1])\" 1 " + key + " s" + i);
                default -> {
                  client.send("MULTI\r\nSET " + key + " m" + i + "\r\nINCR n" + key + "\r\nEXEC\r\n");
                  for (int r = 0; r < 4; r++) client.reply();
                }
              }
            }
          }
          return null;
        }));
      }
      try (var connection = served.client(); var plain = served.client()) {
        var cache = new Cache(connection);
        var random = new SplittableRandom(seed);
        while (!writers.stream().allMatch(Future::isDone)) cache.read((random.nextBoolean() ? "k" : "nk") + random.nextInt(8));
        for (Future<?> writer : writers) writer.get();
        cache.call("PING");
        for (var copy : cache.copies.entrySet()) assertEquals(plain.call("GET " + copy.getKey()), copy.getValue(), copy.getKey() + ", seed " + seed);
      }
    }
  }

  @Test void aKeyThatExpiresIsReportedAndSoIsOneThatNoLongerFitsTheTable() throws IOException {
    try (var served = Served.onMemory(); var client = served.client(); var other = served.client()) {
      client.call("HELLO 3");
      client.call("CLIENT TRACKING ON");
      other.call("SET short 1 PX 50");
      assertEquals("$1\r\n1\r\n", client.call("GET short"));
      assertEquals(">2\r\n$10\r\ninvalidate\r\n*1\r\n$5\r\nshort\r\n", client.reply());
      client.call("MGET a b");
      assertEquals(OK, other.call("CONFIG SET tracking-table-max-keys 1"));
      assertEquals(">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\na\r\n", client.reply());
      other.call("FLUSHALL");
      assertEquals(">2\r\n$10\r\ninvalidate\r\n_\r\n", client.reply());
    }
  }

  @Test void inBroadcastModeKeysWrittenTogetherComeTogetherAndOwnChangesNotAtAllIfSoWished() throws IOException {
    try (var served = Served.onMemory(); var client = served.client(); var other = served.client()) {
      client.call("HELLO 3");
      assertEquals(OK, client.call("CLIENT TRACKING ON BCAST PREFIX user: NOLOOP"));
      other.send("MULTI\r\nSET user:1 a\r\nSET other b\r\nSADD user:2 c\r\nEXEC\r\n");
      assertEquals(">2\r\n$10\r\ninvalidate\r\n*2\r\n$6\r\nuser:1\r\n$6\r\nuser:2\r\n", client.reply());
      assertEquals(OK, client.call("SET user:3 x"));
      assertEquals("+PONG\r\n", client.call("PING"));
      assertEquals("-ERR Prefix 'user' overlaps with an existing prefix 'user:'. Prefixes for a single client must not overlap.\r\n", client.call("CLIENT TRACKING ON BCAST PREFIX user"));
    }
  }

  @Test void whatAnotherGatewayChangesIsReportedSoonInAnyCase() throws IOException {
    try (var one = Served.onMemory(true); var other = one.another(); var client = one.client(); var writer = other.client()) {
      client.call("HELLO 3");
      client.call("CLIENT TRACKING ON");
      client.call("GET a");
      writer.call("SET a 1");
      assertTrue(client.reply().startsWith(">2\r\n$10\r\ninvalidate"));
    }
  }
}
