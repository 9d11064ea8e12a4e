package nokv.protocol.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import nokv.api.NoKV;
import org.junit.jupiter.api.Test;

/** What clients are told when the store cannot write, on a disk that fails by rule. */
final class StoreFailureTest {
  private static Served served(String operation, String action, int after) {
    Object rules = List.of(Map.of("op", operation, "path", "*.wal", "after", after, "action", action));
    return Served.on(NoKV.options().vfs("fault").set("fault.inner", "mem").set("fault.seed", 1).set("fault.rules", rules).open());
  }

  @Test void aFailedSyncIsAReadOnlyErrorForWritesAndReadsGoOn() throws IOException {
    try (var served = served("sync", "fail", 40); var client = served.client()) {
      String reply = "";
      int acknowledged = 0;
      for (int i = 0; i < 200 && !reply.startsWith("-"); i++) {
        reply = client.call("SET k" + i + " v");
        if (reply.equals("+OK\r\n")) acknowledged++;
      }
      assertTrue(reply.startsWith("-"), "no sync failed");
      assertTrue(client.call("INCR n").startsWith("-READONLY "), "after the failure");
      assertEquals("$1\r\nv\r\n", client.call("GET k" + (acknowledged - 1)));
      client.send("GET k0\r\nSET k0 w\r\nGET k0\r\n");
      assertEquals("$1\r\nv\r\n", client.reply());
      assertTrue(client.reply().startsWith("-READONLY "));
      assertEquals("$1\r\nv\r\n", client.reply());
    }
  }
}
