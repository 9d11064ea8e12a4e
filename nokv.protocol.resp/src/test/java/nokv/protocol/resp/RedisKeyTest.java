package nokv.protocol.resp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class RedisKeyTest {
  /** The example of {@code docs/formats/redis.md}. */
  @Test void theExampleOfTheFormatPageIsWhatIsWritten() {
    assertEquals("6100ff6200010000", HexFormat.of().formatHex(RedisKey.metadata(new byte[] {'a', 0, 'b'}, 0)));
    assertEquals("01016869", HexFormat.of().formatHex(Metadata.string(new byte[] {'h', 'i'})));
  }

  @Test void encodedKeysSortAsTheKeysDoAndReadBackAndNoneBeginsAnother() {
    long seed = System.nanoTime();
    var random = new SplittableRandom(seed);
    for (int i = 0; i < 20_000; i++) {
      byte[] a = key(random);
      byte[] b = random.nextInt(3) == 0 ? Arrays.copyOf(a, random.nextInt(a.length + 1)) : key(random);
      int db = random.nextInt(16);
      byte[] x = RedisKey.metadata(a, db);
      byte[] y = RedisKey.metadata(b, db);
      String where = "seed " + seed + ": " + HexFormat.of().formatHex(a) + ", " + HexFormat.of().formatHex(b);
      assertEquals(Integer.signum(Arrays.compareUnsigned(a, b)), Integer.signum(Arrays.compareUnsigned(x, y)), where);
      int end = RedisKey.terminator(x);
      assertArrayEquals(a, RedisKey.userKey(x, end), where);
      assertEquals(db, RedisKey.db(x, end), where);
      if (!Arrays.equals(a, b)) {
        int mismatch = Arrays.mismatch(x, y);
        assertTrue(mismatch <= end + 1 && mismatch <= RedisKey.terminator(y) + 1, where);
        assertTrue(Arrays.compareUnsigned(a, b) > 0 || Arrays.compareUnsigned(RedisKey.behind(x, end), y) < 0, where);
      }
    }
  }

  private static byte[] key(SplittableRandom random) {
    var key = new byte[random.nextInt(6)];
    for (int i = 0; i < key.length; i++) key[i] = (byte) new int[] {0, 1, 0xff, 'a'}[random.nextInt(4)];
    return key;
  }
}
