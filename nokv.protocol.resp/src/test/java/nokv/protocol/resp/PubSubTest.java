package nokv.protocol.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class PubSubTest {
  private Served served;

  @BeforeEach void start() {
    served = Served.onMemory();
  }

  @AfterEach void stop() {
    served.close();
  }

  @Test void whoIsToldToBeSubscribedGetsEveryMessagePublishedFromThenOnInOrder() throws IOException {
    try (var listener = served.client(); var publisher = served.client()) {
      assertEquals("*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n", listener.call("SUBSCRIBE c"));
      for (int i = 0; i < 100; i++) assertEquals(":1\r\n", publisher.call("PUBLISH c " + i));
      for (int i = 0; i < 100; i++) {
        String text = Integer.toString(i);
        assertEquals("*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$" + text.length() + "\r\n" + text + "\r\n", listener.reply());
      }
    }
  }

  @Test void aMessageReachesChannelAndPatternAndNobodyAfterUnsubscribing() throws IOException {
    try (var listener = served.client(); var publisher = served.client()) {
      listener.call("SUBSCRIBE news");
      listener.call("PSUBSCRIBE n*");
      assertEquals(":2\r\n", publisher.call("PUBLISH news x"));
      assertEquals("*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$1\r\nx\r\n", listener.reply());
      assertEquals("*4\r\n$8\r\npmessage\r\n$2\r\nn*\r\n$4\r\nnews\r\n$1\r\nx\r\n", listener.reply());
      listener.call("UNSUBSCRIBE");
      listener.call("PUNSUBSCRIBE");
      assertEquals(":0\r\n", publisher.call("PUBLISH news x"));
    }
  }

  @Test void whoLeavesListensNoMore() throws IOException {
    try (var publisher = served.client()) {
      try (var listener = served.client()) {
        listener.call("SUBSCRIBE c");
        assertEquals("+OK\r\n", listener.call("QUIT"));
        assertEquals("", listener.reply());
      }
      assertEquals(":0\r\n", publisher.call("PUBLISH c x"));
    }
  }

  @Test void changesOfKeysArePublishedOnceCommittedAndOnlyThoseAskedFor() throws IOException {
    try (var listener = served.client(); var writer = served.client()) {
      writer.call("CONFIG SET notify-keyspace-events Kl");
      listener.call("PSUBSCRIBE *");
      writer.call("SET s 1");
      writer.call("RPUSH l a");
      writer.call("MULTI");
      writer.call("LPOP l");
      writer.call("EXEC");
      assertEquals("*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$16\r\n__keyspace@0__:l\r\n$5\r\nrpush\r\n", listener.reply());
      assertEquals("*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$16\r\n__keyspace@0__:l\r\n$4\r\nlpop\r\n", listener.reply());
    }
  }

  @Test void whoMonitorsSeesWhatOthersSendAndNoPasswords() throws IOException {
    try (var monitor = served.client(); var other = served.client()) {
      assertEquals("+OK\r\n", monitor.call("MONITOR"));
      other.call("SET a \"b c\"");
      other.call("AUTH someone secret");
      assertTrue(monitor.reply().endsWith("\"SET\" \"a\" \"b c\"\r\n"));
      assertTrue(monitor.reply().endsWith("\"AUTH\" \"(redacted)\" \"(redacted)\"\r\n"));
    }
  }

  @Test void repliesSwitchedOffAreNotSentUntilSwitchedOn() throws IOException {
    try (var client = served.client()) {
      client.send("CLIENT REPLY OFF\r\nSET a 1\r\nGET a\r\nCLIENT REPLY ON\r\nCLIENT REPLY SKIP\r\nGET a\r\nINCR a\r\n");
      assertEquals("+OK\r\n", client.reply());
      assertEquals(":2\r\n", client.reply());
    }
  }

  @Test void whoIsKilledIsGoneAndWhoWaitsCanBeUnblocked() throws IOException {
    try (var killed = served.client(); var waiting = served.client(); var other = served.client()) {
      String id = killed.call("CLIENT ID").substring(1).trim();
      String waitingId = waiting.call("CLIENT ID").substring(1).trim();
      assertEquals(":1\r\n", other.call("CLIENT KILL ID " + id));
      assertEquals("", killed.reply());
      waiting.send("BLPOP none 0\r\n");
      String unblocked;
      do unblocked = other.call("CLIENT UNBLOCK " + waitingId + " ERROR");
      while (unblocked.equals(":0\r\n"));
      assertEquals("-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n", waiting.reply());
    }
  }

  @Test void whatIsPausedIsExecutedInOrderWhenThePauseIsOverAndNothingElseWaits() throws IOException {
    try (var writer = served.client(); var other = served.client()) {
      assertEquals("+OK\r\n", other.call("CLIENT PAUSE 100000 WRITE"));
      writer.send("SET a 1\r\nINCR a\r\nGET a\r\n");
      do assertEquals("$-1\r\n", other.call("GET a"));
      while (!other.call("INFO clients").contains("blocked_clients:1"));
      assertEquals("+OK\r\n", other.call("CLIENT UNPAUSE"));
      assertEquals("+OK\r\n", writer.reply());
      assertEquals(":2\r\n", writer.reply());
      assertEquals("$1\r\n2\r\n", writer.reply());
    }
  }
}
