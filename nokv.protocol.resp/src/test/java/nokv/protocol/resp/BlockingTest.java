package nokv.protocol.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that wait for a key, executed in the lane and by transactions of a shared store. */
final class BlockingTest {
  private static final String GOT_X = "*2\r\n$1\r\nk\r\n$1\r\nx\r\n";

  /** Until so many requests wait. */
  private static void untilWaiting(Served served, int count) {
    while (((RespFrontend) served.frontend()).blocked().count() != count) Thread.onSpinWait();
  }

  @ParameterizedTest @ValueSource(booleans = {false, true})
  void whoeverCameFirstIsServedFirstAndBeforeTheNextCommand(boolean shared) throws IOException {
    try (var served = Served.onMemory(shared); var first = served.client(); var second = served.client(); var pusher = served.client()) {
      first.send("PING\r\nBLPOP k 0\r\nPING\r\n");
      assertEquals("+PONG\r\n", first.reply());
      untilWaiting(served, 1);
      second.send("BLPOP other k 0\r\n");
      untilWaiting(served, 2);
      pusher.send("RPUSH k x y z\r\nLPOP k\r\nLLEN k\r\n");
      assertEquals(":3\r\n", pusher.reply());
      assertEquals("$1\r\nz\r\n", pusher.reply());
      assertEquals(":0\r\n", pusher.reply());
      assertEquals(GOT_X, first.reply());
      assertEquals("+PONG\r\n", first.reply());
      assertEquals("*2\r\n$1\r\nk\r\n$1\r\ny\r\n", second.reply());
      untilWaiting(served, 0);
    }
  }

  @ParameterizedTest @ValueSource(booleans = {false, true})
  void timeOutsLostConnectionsAndOtherTypesLoseNothing(boolean shared) throws IOException {
    try (var served = Served.onMemory(shared); var waiting = served.client(); var pusher = served.client()) {
      assertEquals("*-1\r\n", waiting.call("BLPOP k 0.01"));
      try (var lost = served.client()) {
        lost.send("BLPOP k 0\r\n");
        untilWaiting(served, 1);
      }
      untilWaiting(served, 0);
      waiting.send("BLPOP k 0\r\n");
      untilWaiting(served, 1);
      assertEquals(":1\r\n", pusher.call("SADD k x"));
      assertEquals(":1\r\n", pusher.call("DEL k"));
      assertEquals("+OK\r\n", pusher.call("SET k v"));
      pusher.send("MULTI\r\nDEL k\r\nRPUSH k x\r\nDEL k\r\nEXEC\r\n");
      for (int i = 0; i < 4; i++) pusher.reply();
      assertEquals("*3\r\n:1\r\n:1\r\n:1\r\n", pusher.reply());
      assertEquals("+OK\r\n", pusher.call("SELECT 1"));
      assertEquals(":1\r\n", pusher.call("RPUSH k wrong"));
      assertEquals("+OK\r\n", pusher.call("SELECT 0"));
      assertEquals(1, ((RespFrontend) served.frontend()).blocked().count());
      pusher.send("MULTI\r\nBLPOP k 0\r\nRPUSH k x\r\nEXEC\r\n");
      for (int i = 0; i < 3; i++) pusher.reply();
      assertEquals("*2\r\n*-1\r\n:1\r\n", pusher.reply());
      assertEquals(GOT_X, waiting.reply());
      assertTrue(waiting.call("BLPOP k nan").startsWith("-ERR timeout is not a float"));
    }
  }

  /** Goal: every item pushed is popped once, and nobody is left waiting. Method: many that wait and many that push, time-outs between, over several keys; over two frontends where they share a store. */
  @ParameterizedTest @ValueSource(booleans = {false, true})
  void nothingPushedIsLostOrServedTwice(boolean shared) throws Exception {
    long seed = System.nanoTime();
    int poppers = 6;
    int items = 150;
    try (var served = Served.onMemory(shared); var other = shared ? served.another() : null; var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var tasks = new ArrayList<Future<TreeSet<String>>>();
      for (int p = 0; p < poppers; p++) {
        var random = new SplittableRandom(seed + p);
        Served at = other != null && p % 2 == 0 ? other : served;
        tasks.add(threads.submit(() -> {
          var popped = new TreeSet<String>();
          try (var client = at.client()) {
            while (true) {
              String reply = client.call((random.nextBoolean() ? "BLPOP" : "BRPOP") + " a b c " + (random.nextInt(4) == 0 ? "0.01" : "0"));
              if (reply.startsWith("*-1")) continue;
              String item = reply.split("\r\n")[4];
              if (item.equals("end")) return popped;
              assertTrue(popped.add(item), "twice " + item);
            }
          }
        }));
      }
      for (int p = 0; p < 3; p++) {
        int pusher = p;
        var random = new SplittableRandom(seed - p);
        threads.submit(() -> {
          try (var client = served.client()) {
            for (int i = 0; i < items; i++) client.call("RPUSH " + "abc".charAt(random.nextInt(3)) + " " + pusher + "." + i);
            return null;
          }
        }).get();
      }
      try (var client = served.client()) {
        while (!(client.call("EXISTS a b c")).equals(":0\r\n")) Thread.onSpinWait();
        for (int p = 0; p < poppers; p++) client.call("RPUSH a end");
      }
      var all = new TreeSet<String>();
      int count = 0;
      for (var task : tasks) {
        var popped = task.get();
        count += popped.size();
        all.addAll(popped);
      }
      assertEquals(3 * items, all.size(), "seed " + seed);
      assertEquals(3 * items, count, "seed " + seed);
    }
  }
}
