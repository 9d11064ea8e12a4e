package nokv.protocol.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** Goal: whatever a client does, the others are served as ever and the server's memory is its own. Method: raw sockets that do what no client should, beside one that does what all do. */
final class HostileClientsTest {
  private static void isServed(RawClient client, int i) throws IOException {
    assertEquals("+OK\r\n", client.call("SET k " + i));
    assertEquals("$" + String.valueOf(i).length() + "\r\n" + i + "\r\n", client.call("GET k"));
  }

  private static void closeAll(List<RawClient> clients) throws IOException {
    for (RawClient client : clients) client.close();
  }

  @Test void whoSendsAByteAtATimeHoldsUpNobodyAndIsAnsweredInTheEnd() throws IOException {
    byte[] request = "*3\r\n$3\r\nSET\r\n$4\r\nslow\r\n$5\r\nvalue\r\n".getBytes(StandardCharsets.ISO_8859_1);
    var slow = new ArrayList<RawClient>();
    try (var served = Served.onMemory(); var other = served.client()) {
      for (int i = 0; i < 100; i++) slow.add(served.client());
      for (int at = 0; at < request.length; at++) {
        for (RawClient client : slow) client.send(new byte[] {request[at]});
        isServed(other, at);
      }
      for (RawClient client : slow) assertEquals("+OK\r\n", client.reply());
    } finally {
      closeAll(slow);
    }
  }

  @Test void whoClaimsToSendMuchMakesTheServerTakeNothing() throws IOException {
    var claiming = new ArrayList<RawClient>();
    try (var served = Served.onMemory(); var other = served.client()) {
      isServed(other, 0);
      long before = EventLoops.allocatedBytes();
      for (int i = 0; i < 200; i++) {
        var client = served.client();
        claiming.add(client);
        client.send("*1048576\r\n$536870912\r\nabc");
      }
      for (int i = 0; i < 100; i++) isServed(other, i);
      long taken = EventLoops.allocatedBytes() - before;
      assertTrue(taken < 200 * 64 * 1024, "200 connections that claimed 512 MiB each made the server take " + taken);
    } finally {
      closeAll(claiming);
    }
  }

  @Test void whoSendsNonsenseIsToldAndClosedAndNobodyElse() throws IOException {
    long seed = System.nanoTime();
    var random = new SplittableRandom(seed);
    try (var served = Served.onMemory(); var other = served.client()) {
      for (int round = 0; round < 100; round++) {
        try (var client = served.client()) {
          byte[] nonsense = new byte[random.nextInt(1, 4096)];
          random.nextBytes(nonsense);
          client.send(nonsense);
          client.send("\r\n*1\r\nnothing\r\n");
          client.socket().shutdownOutput();
          String last = "";
          for (String reply; !(reply = client.reply()).isEmpty(); ) last = reply;
          assertTrue(last.startsWith("-ERR"), "seed " + seed + ", round " + round + ": " + last);
        }
        isServed(other, round);
      }
    }
  }

  @Test void aSubscriberThatDoesNotReadIsCutAndTheOtherHearsEverything() throws Exception {
    int messages = 500;
    try (var served = Served.onMemory(); var speaking = served.client(); var deaf = served.client(); var hearing = served.client(); var pool = Executors.newSingleThreadExecutor()) {
      assertEquals("+OK\r\n", speaking.call("CONFIG SET client-output-buffer-limit \"pubsub 1mb 0 0\""));
      deaf.call("SUBSCRIBE news");
      hearing.call("SUBSCRIBE news");
      var heard = pool.submit(() -> {
        for (int i = 0; i < messages; i++) hearing.reply();
        return messages;
      });
      String text = "x".repeat(100_000);
      int subscribers = 2;
      for (int i = 0; i < messages; i++) {
        String told = speaking.call("PUBLISH news " + text);
        subscribers = Math.min(subscribers, told.charAt(1) - '0');
      }
      assertEquals(messages, heard.get());
      assertEquals(1, subscribers, "the one that does not read was cut");
      assertEquals(1L, ((Map<?, ?>) served.frontend().stats().get("resp")).get("connections_cut"));
    }
  }
}
