package nokv.protocol.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where commands have their keys, and what they do to them, as Redis says. */
final class KeySpecTest {
  @ParameterizedTest
  @CsvSource({
      "GET a, 1 RO access", "SET a b, 1 OW update", "SET a b EX 1 GET, 1 RW access update", "MSET a 1 b 2, 1 OW update 3 OW update", "DEL a b, 1 RM delete 2 RM delete",
      "BITFIELD a GET u8 0, 1 RO access", "BITFIELD a SET u8 0 1, 1 RW access update", "ZUNIONSTORE d 2 a b WEIGHTS 1 2, 1 OW update 3 RO access 4 RO access",
      "ZUNIONSTORE d 9 a b, ''", "EVAL x 1 k arg, 3 RW access update", "EVAL x 0 arg, ''", "SORT a BY n* STORE s STORE d, 1 RO access 7 OW update", "SORT a, 1 RO access",
      "GEORADIUS a 1 2 3 m STOREDIST d, 1 RO access 7 OW update", "XREAD COUNT 1 STREAMS a b 0 0, 4 RO access 5 RO access", "XREAD STREAMS a b 0, ''",
      "BLPOP a b 0, 1 RW access delete 2 RW access delete", "RENAME a b, 1 RW access delete 2 OW update", "LMPOP 2 a b LEFT, 2 RW access delete 3 RW access delete"
  })
  void keysAreFoundWithWhatTheyAreUsedFor(String line, String expected) {
    byte[][] args = words(line);
    var found = new StringBuilder();
    for (RedisCommand.KeyUse use : CommandIntake.find(args).keyUses(args)) found.append(found.isEmpty() ? "" : " ").append(use.position()).append(' ').append(String.join(" ", use.flags()));
    assertEquals(expected, found.toString());
  }

  @Test void firstAndLastPositionFollowFromTheSpecifications() {
    assertEquals("1 2 1", range("rename"));
    assertEquals("1 1 1", range("zunionstore"));
    assertEquals("1 -2 1", range("blpop"));
    assertEquals("1 -1 2", range("mset"));
    assertEquals("2 -1 1", range("bitop"));
    assertEquals("0 0 0", range("eval"));
    assertEquals("0 0 0", range("ping"));
  }

  private static String range(String name) {
    RedisCommand command = java.util.Objects.requireNonNull(CommandTable.named(name));
    return command.firstKey() + " " + command.lastKey() + " " + command.keyStep();
  }

  private static byte[][] words(String line) {
    return Arrays.stream(line.split(" ")).map(word -> word.getBytes(StandardCharsets.UTF_8)).toArray(byte[][]::new);
  }
}
