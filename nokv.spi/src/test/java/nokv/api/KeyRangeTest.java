package nokv.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class KeyRangeTest {
  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) bytes[i] = (byte) values[i];
    return bytes;
  }

  @Test void theEndOfAPrefixIsTheFirstKeyWithoutIt() {
    assertArrayEquals(bytes(1, 3), KeyRange.prefixEnd(bytes(1, 2)));
    assertArrayEquals(bytes(2), KeyRange.prefixEnd(bytes(1, 0xff)));
    assertArrayEquals(bytes(0x80), KeyRange.prefixEnd(bytes(0x7f)));
    assertNull(KeyRange.prefixEnd(bytes(0xff, 0xff)));
    assertNull(KeyRange.prefixEnd(bytes()));
  }

  @Test void aPrefixRangeHoldsExactlyTheKeysThatBeginWithIt() {
    long seed = 5;
    var random = new SplittableRandom(seed);
    for (int i = 0; i < 20_000; i++) {
      byte[] prefix = new byte[random.nextInt(3)];
      byte[] key = new byte[random.nextInt(4)];
      for (int j = 0; j < prefix.length; j++) prefix[j] = (byte) (random.nextBoolean() ? 0xff : random.nextInt(3));
      for (int j = 0; j < key.length; j++) key[j] = (byte) (random.nextBoolean() ? 0xff : random.nextInt(3));
      boolean begins = key.length >= prefix.length && java.util.Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
      assertEquals(begins, KeyRange.prefix(prefix).contains(key), "step " + i + ", seed " + seed);
    }
  }

  @Test void orderIsByUnsignedBytesAndTheEndIsOutside() {
    var range = new KeyRange(bytes(0x7f), bytes(0x80));
    assertTrue(range.contains(bytes(0x7f, 0xff)));
    assertFalse(range.contains(bytes(0x80)));
    assertThrows(IllegalArgumentException.class, () -> new KeyRange(bytes(0x80), bytes(0x7f)));
  }
}
