package nokv.protocol.resp;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Goal: a GET and a SET take no more memory than their data, a few copies of them and a few small objects. Method: count what the event loops allocate while many are served. */
final class AllocationTest {
  private static final int BURST = 100;
  private static final int WARM_UP_BURSTS = 200;
  private static final int BURSTS = 200;
  private static final String VALUE = "v".repeat(100);

  @Test void aGetTakesNoMoreThanItsData() throws IOException {
    long bytes = bytesPerCommand("GET key\r\n", "$100\r\n" + VALUE + "\r\n");
    assertTrue(bytes <= 900, "a GET of 100 bytes makes its event loop allocate " + bytes);
  }

  @Test void aSetTakesNoMoreThanItsData() throws IOException {
    long bytes = bytesPerCommand("*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$100\r\n" + VALUE + "\r\n", "+OK\r\n");
    assertTrue(bytes <= 900, "a SET of 100 bytes makes its event loop allocate " + bytes);
  }

  private static long bytesPerCommand(String request, String reply) throws IOException {
    try (var served = Served.onMemory("io_threads", "1"); var client = served.client()) {
      client.call("SET key " + VALUE);
      bursts(client, request, reply, WARM_UP_BURSTS);
      long before = EventLoops.allocatedBytes();
      bursts(client, request, reply, BURSTS);
      return (EventLoops.allocatedBytes() - before) / (BURSTS * BURST);
    }
  }

  private static void bursts(RawClient client, String request, String reply, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      client.send(request.repeat(BURST));
      for (int j = 0; j < BURST; j++) assertTrue(client.reply().equals(reply));
    }
  }
}
