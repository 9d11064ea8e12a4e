package nokv.protocol.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.SplittableRandom;
import nokv.api.ColumnFamily;
import nokv.api.Direction;
import nokv.api.KeyRange;
import nokv.api.KvStore;
import org.junit.jupiter.api.Test;

/** Goal: what no key refers to goes, what one refers to stays. */
final class ReclaimTest {
  /** A whole walk. The server's own steps share the position, so the one under way is ended first. */
  private static void pass(Served served) {
    Reclaim reclaim = ((RespFrontend) served.frontend()).reclaim();
    while (reclaim.step()) { }
    while (reclaim.step()) { }
  }

  private static int records(KvStore store) {
    int records = 0;
    try (var cursor = store.scan(ColumnFamily.REDIS, KeyRange.ALL, Direction.FORWARD)) {
      while (cursor.next()) records++;
    }
    return records;
  }

  @Test void elementsOfExpiredAndOverwrittenCollectionsGo() throws IOException {
    try (var served = Served.onMemory(); var client = served.client()) {
      client.call("RPUSH overwritten a b c");
      client.call("SET overwritten v");
      client.call("ZADD expired 1 a 2 b");
      client.call("PEXPIRE expired 1");
      client.call("HSET again f old");
      client.call("SET again v");
      client.call("DEL again");
      client.call("HSET again f new g new");
      while (client.call("EXISTS expired").equals(":1\r\n")) Thread.onSpinWait();
      pass(served);
      assertEquals("$1\r\nv\r\n", client.call("GET overwritten"));
      assertEquals("*2\r\n$3\r\nnew\r\n$3\r\nnew\r\n", client.call("HVALS again"));
      assertEquals(1 + 3, records(served.store()));
    }
  }

  /** Method: random collections of several databases beside a count of their elements; many passes with more keys than one step takes. */
  @Test void whatKeysReferToStays() throws IOException {
    long seed = System.nanoTime();
    var random = new SplittableRandom(seed);
    try (var served = Served.onMemory(); var client = served.client()) {
      int rounds = 1500;
      for (int i = 0; i < rounds; i++) {
        client.send("SELECT " + random.nextInt(2) + "\r\n");
        String key = "k" + random.nextInt(1200);
        switch (random.nextInt(5)) {
          case 0 -> client.send("SADD " + key + " a b\r\n");
          case 1 -> client.send("ZADD " + key + " 1 a 2 b\r\n");
          case 2 -> client.send("HSET " + key + " f v\r\n");
          case 3 -> client.send("SET " + key + " v\r\n");
          default -> client.send("COPY " + key + " k" + random.nextInt(1200) + " REPLACE\r\n");
        }
        client.reply();
        client.reply();
        if (i % 500 == 0) pass(served);
      }
      pass(served);
      int expected = 0;
      for (int db = 0; db < 2; db++) {
        client.call("SELECT " + db);
        for (int k = 0; k < 1200; k++) {
          String type = client.call("TYPE k" + k);
          expected += switch (type) {
            case "+none\r\n" -> 0;
            case "+string\r\n" -> 1;
            case "+hash\r\n" -> 2;
            case "+set\r\n" -> 3;
            default -> 5;
          };
        }
      }
      assertEquals(expected, records(served.store()), "seed " + seed);
    }
  }
}
