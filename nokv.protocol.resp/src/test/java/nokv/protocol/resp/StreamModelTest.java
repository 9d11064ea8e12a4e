package nokv.protocol.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Goal: a stream and its group are what a map of entries and a map of pending entries would be. Method: random commands, from printed seeds, on both; after each, everything is compared. */
final class StreamModelTest {
  private static final int COMMANDS = 400;

  private final TreeMap<Integer, String> entries = new TreeMap<>();
  /** Pending entries and whose they are. */
  private final TreeMap<Integer, String> pending = new TreeMap<>();
  private final TreeSet<String> consumers = new TreeSet<>();
  private int last;
  private int delivered;

  @ParameterizedTest @ValueSource(longs = {1, 2, 3, 4})
  void aStreamAndItsGroupBehaveAsMaps(long seed) throws IOException {
    var random = new Random(seed);
    try (var served = Served.onMemory(); var client = served.client()) {
      client.call("XGROUP CREATE s g 0 MKSTREAM");
      for (int round = 0; round < COMMANDS; round++) {
        String where = "seed " + seed + ", round " + round + ", " + step(client, random);
        compare(client, where);
      }
    }
  }

  private static String id(int number) {
    return number + "-0";
  }

  private String step(RawClient client, Random random) throws IOException {
    String consumer = "c" + random.nextInt(3);
    int some = 1 + random.nextInt(last + 1);
    switch (random.nextInt(9)) {
      case 0, 1, 2 -> {
        last += 1 + random.nextInt(3);
        entries.put(last, "v" + last);
        client.call("XADD s " + id(last) + " f v" + last);
        return "XADD";
      }
      case 3 -> {
        assertEquals(":" + (entries.remove(some) == null ? 0 : 1) + "\r\n", client.call("XDEL s " + id(some)));
        return "XDEL";
      }
      case 4 -> {
        int keep = random.nextInt(20);
        while (entries.size() > keep) entries.pollFirstEntry();
        client.call("XTRIM s MAXLEN " + keep);
        return "XTRIM";
      }
      case 5 -> {
        int count = 1 + random.nextInt(4);
        consumers.add(consumer);
        int left = count;
        for (int id : List.copyOf(entries.tailMap(delivered, false).keySet())) {
          if (left-- == 0) break;
          pending.put(id, consumer);
          delivered = id;
        }
        client.call("XREADGROUP GROUP g " + consumer + " COUNT " + count + " STREAMS s >");
        return "XREADGROUP";
      }
      case 6 -> {
        assertEquals(":" + (pending.remove(some) == null ? 0 : 1) + "\r\n", client.call("XACK s g " + id(some)));
        return "XACK";
      }
      case 7 -> {
        consumers.add(consumer);
        if (!entries.containsKey(some)) pending.remove(some);
        else if (pending.containsKey(some)) pending.put(some, consumer);
        client.call("XCLAIM s g " + consumer + " 0 " + id(some));
        return "XCLAIM";
      }
      default -> {
        if (random.nextInt(5) > 0) return "nothing";
        long lost = pending.values().stream().filter(consumer::equals).count();
        pending.values().removeIf(consumer::equals);
        consumers.remove(consumer);
        assertEquals(":" + lost + "\r\n", client.call("XGROUP DELCONSUMER s g " + consumer));
        return "DELCONSUMER";
      }
    }
  }

  private void compare(RawClient client, String where) throws IOException {
    assertEquals(":" + entries.size() + "\r\n", client.call("XLEN s"), where);
    var range = new StringBuilder("*" + entries.size() + "\r\n");
    for (Map.Entry<Integer, String> entry : entries.entrySet()) range.append("*2\r\n").append(bulk(id(entry.getKey()))).append("*2\r\n").append(bulk("f")).append(bulk(entry.getValue()));
    assertEquals(range.toString(), client.call("XRANGE s - +"), where);
    List<String> seen = new ArrayList<>(List.of(client.call("XPENDING s g - + 1000").split("\r\n")));
    var found = new TreeMap<Integer, String>();
    for (int i = 1; i + 6 < seen.size(); i += 7) found.put(Integer.parseInt(seen.get(i + 2).replace("-0", "")), seen.get(i + 4));
    assertEquals(pending, found, where);
    String summary = client.call("XPENDING s g");
    assertTrue(summary.startsWith("*4\r\n:" + pending.size() + "\r\n"), where + ": " + summary);
    for (String consumer : consumers) {
      long own = pending.values().stream().filter(consumer::equals).count();
      assertEquals(own == 0, !summary.contains(bulk(consumer)), where);
      assertTrue(client.call("XPENDING s g - + 1000 " + consumer).startsWith("*" + own + "\r\n"), where);
    }
    assertTrue(client.call("XINFO CONSUMERS s g").startsWith("*" + consumers.size() + "\r\n"), where);
  }

  private static String bulk(String text) {
    return "$" + text.length() + "\r\n" + text + "\r\n";
  }
}
