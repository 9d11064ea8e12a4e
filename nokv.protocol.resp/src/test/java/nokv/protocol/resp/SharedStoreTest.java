package nokv.protocol.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** Two frontends over one store, as two gateways of a cluster: commands are as atomic as in one Redis. */
final class SharedStoreTest {
  private static final int CLIENTS = 6;

  private interface History {
    void run(RawClient client, SplittableRandom random) throws IOException;
  }

  /** Runs a history from several clients at once, half of them at each frontend. */
  private static void together(Served one, Served other, long seed, History history) throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var tasks = new ArrayList<Callable<Void>>();
      for (int i = 0; i < CLIENTS; i++) {
        Served at = i % 2 == 0 ? one : other;
        var random = new SplittableRandom(seed + i);
        tasks.add(() -> {
          try (var client = at.client()) {
            history.run(client, random);
          }
          return null;
        });
      }
      for (var done : threads.invokeAll(tasks)) done.get();
    }
  }

  private static long integer(String reply) {
    assertTrue(reply.startsWith(":"), reply);
    return Long.parseLong(reply.substring(1).trim());
  }

  @Test void countersAndListsOfTwoFrontendsAreExact() throws Exception {
    long seed = System.nanoTime();
    try (var one = Served.onMemory(true); var other = one.another()) {
      together(one, other, seed, (client, random) -> {
        for (int i = 0; i < 40; i++) {
          assertTrue(integer(client.call("INCR n")) > 0);
          client.call("LPUSH list v" + i);
          client.send("INCR p\r\nHINCRBY h f 2\r\nINCR n\r\nSADD s " + random.nextInt() + "\r\n");
          for (int r = 0; r < 4; r++) integer(client.reply());
        }
      });
      try (var client = other.client()) {
        assertEquals("$3\r\n" + 2 * 40 * CLIENTS + "\r\n", client.call("GET n"), "seed " + seed);
        assertEquals("$3\r\n" + 40 * CLIENTS + "\r\n", client.call("GET p"), "seed " + seed);
        assertEquals("$3\r\n" + 2 * 40 * CLIENTS + "\r\n", client.call("HGET h f"), "seed " + seed);
        assertEquals(40L * CLIENTS, integer(client.call("LLEN list")), "seed " + seed);
      }
    }
  }

  /** Goal: money is neither made nor lost, whoever moves it. Method: transfers by MULTI under WATCH, by a script, and by pops and pushes; the sum is read in between. */
  @Test void transfersKeepTheSum() throws Exception {
    long seed = System.nanoTime();
    int accounts = 5;
    try (var one = Served.onMemory(true); var other = one.another()) {
      try (var client = one.client()) {
        for (int i = 0; i < accounts; i++) client.call("SET a" + i + " 100");
      }
      String script = "if tonumber(redis.call('get',KEYS[1])) < tonumber(ARGV[1]) then return 0 end redis.call('decrby',KEYS[1],ARGV[1]) return redis.call('incrby',KEYS[2],ARGV[1])";
      together(one, other, seed, (client, random) -> {
        for (int i = 0; i < 25; i++) {
          int from = random.nextInt(accounts);
          int to = (from + 1 + random.nextInt(accounts - 1)) % accounts;
          int amount = random.nextInt(1, 30);
          switch (random.nextInt(3)) {
            case 0 -> {
              client.call("WATCH a" + from);
              long has = Long.parseLong(client.call("GET a" + from).split("\r\n")[1]);
              client.call("MULTI");
              client.call("SET a" + from + " " + (has - amount));
              client.call("INCRBY a" + to + " " + amount);
              String reply = client.call("EXEC");
              assertTrue(reply.startsWith("*-1") || reply.startsWith("*2\r\n+OK"), reply);
            }
            case 1 -> integer(client.call("EVAL \"" + script + "\" 2 a" + from + " a" + to + " " + amount));
            default -> {
              String[] reply = client.call("MGET a0 a1 a2 a3 a4").split("\r\n");
              long sum = 0;
              for (int r = 2; r < reply.length; r += 2) sum += Long.parseLong(reply[r]);
              assertEquals(100 * accounts, sum, "seed " + seed);
            }
          }
        }
      });
      try (var client = other.client()) {
        String[] reply = client.call("MGET a0 a1 a2 a3 a4").split("\r\n");
        long sum = 0;
        for (int r = 2; r < reply.length; r += 2) sum += Long.parseLong(reply[r]);
        assertEquals(100 * accounts, sum, "seed " + seed);
      }
    }
  }

  /** Goal: no write skew. Method: each of two clients writes its key and reads the other's, in one pipeline or one EXEC; one at least must see the other. */
  @Test void ofTwoThatWriteAndThenReadEachOthersKeyOneSeesTheOther() throws Exception {
    try (var one = Served.onMemory(true); var other = one.another(); var threads = Executors.newVirtualThreadPerTaskExecutor(); var a = one.client(); var b = other.client()) {
      for (int round = 0; round < 60; round++) {
        boolean multi = round % 2 == 0;
        int number = round;
        var replies = threads.invokeAll(List.<Callable<String>>of(() -> writeAndRead(a, "x" + number, "y" + number, multi), () -> writeAndRead(b, "y" + number, "x" + number, multi)));
        String first = replies.get(0).get();
        String second = replies.get(1).get();
        assertTrue(first.contains("$1\r\n1") || second.contains("$1\r\n1"), "round " + round + ": " + first + " and " + second);
      }
    }
  }

  private static String writeAndRead(RawClient client, String own, String others, boolean multi) throws IOException {
    client.send((multi ? "MULTI\r\n" : "") + "SET " + own + " 1\r\nGET " + others + "\r\n" + (multi ? "EXEC\r\n" : ""));
    String reply = "";
    for (int i = 0; i < (multi ? 4 : 2); i++) reply = client.reply();
    return reply;
  }

  @Test void whatOneFrontendPushesServesThoseWhoWaitAtTheOther() throws IOException {
    try (var one = Served.onMemory(true); var other = one.another(); var waiting = one.client(); var pusher = other.client()) {
      waiting.send("BLPOP k 0\r\n");
      while (((RespFrontend) one.frontend()).blocked().count() == 0) Thread.onSpinWait();
      pusher.call("RPUSH k x");
      assertEquals("*2\r\n$1\r\nk\r\n$1\r\nx\r\n", waiting.reply());
      assertEquals(":0\r\n", pusher.call("EXISTS k"));
    }
  }
}
