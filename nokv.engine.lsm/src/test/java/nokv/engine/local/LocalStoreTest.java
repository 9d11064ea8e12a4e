package nokv.engine.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import nokv.api.ColumnFamily;
import nokv.api.ConflictException;
import org.junit.jupiter.api.Test;

/** First promises of the store. */
final class LocalStoreTest {
  private final TestWorld world = new TestWorld();

  @Test void whatWasPutIsThereUntilItExpires() {
    try (var opened = world.open(new MapEngine())) {
      opened.store().put(bytes("a"), bytes("1"));
      opened.store().put(ColumnFamily.DEFAULT, bytes("b"), bytes("2"), Duration.ofSeconds(5));
      assertArrayEquals(bytes("1"), opened.store().get(bytes("a")));
      world.pass(Duration.ofMillis(4999));
      assertArrayEquals(bytes("2"), opened.store().get(bytes("b")));
      world.pass(Duration.ofMillis(1));
      assertNull(opened.store().get(bytes("b")));
    }
  }

  @Test void theSecondOfTwoTransactionsThatWriteOneKeyConflicts() {
    try (var opened = world.open(new MapEngine())) {
      var first = opened.store().begin();
      var second = opened.store().begin();
      first.put(bytes("a"), bytes("1"));
      second.put(bytes("a"), bytes("2"));
      first.commit();
      assertThrows(ConflictException.class, second::commit);
      assertEquals("1", new String(opened.store().get(bytes("a")), UTF_8));
    }
  }

  static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
