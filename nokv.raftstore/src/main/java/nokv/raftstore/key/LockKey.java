package nokv.raftstore.key;

import java.nio.ByteBuffer;
import java.util.Arrays;
import nokv.api.CorruptException;
import nokv.api.KeyRange;
import org.jspecify.annotations.Nullable;

/**
 * A key of the column family {@code lock}: of the lock on a user key, or of what became of one transaction there. See {@code docs/formats/lock.md}.
 * <pre>
 *  0                  n    n+2      n+3              n+11
 *  +------------------+-----+--------+----------------+
 *  | user key, escaped| end | family | start (Outcome)|
 *  +------------------+-----+--------+----------------+
 * </pre>
 * In the user key, {@code 00} is written {@code 00 ff}; {@code end} is {@code 00 01}. So these keys sort as user keys do, and what belongs to a range of user keys is one range here.
 * {@code start}, big-endian, stands only in the key of an {@link Outcome}, right behind the lock's own.
 */
public final class LockKey {
  private static final byte ESCAPED_ZERO = (byte) 0xff;
  private static final byte END = 1;
  private static final int FAMILY_BYTES = 1;
  private static final int START_BYTES = Long.BYTES;

  private LockKey() {}

  /** The key of the lock. */
  public static byte[] lock(FamilyKey key) {
    return encode(key.key(), FAMILY_BYTES).put((byte) key.family()).array();
  }

  /** The key of what became of the transaction of {@code start}. */
  public static byte[] outcome(FamilyKey key, long start) {
    return encode(key.key(), FAMILY_BYTES + START_BYTES).put((byte) key.family()).putLong(start).array();
  }

  /** Where all that belongs to a range of user keys lies. */
  public static KeyRange range(byte[] start, byte @Nullable [] end) {
    return new KeyRange(encode(start, 0).array(), end == null ? null : encode(end, 0).array());
  }

  private static ByteBuffer encode(byte[] key, int more) {
    int zeros = 0;
    for (byte b : key) if (b == 0) zeros++;
    var buffer = ByteBuffer.allocate(key.length + zeros + 2 + more);
    if (zeros == 0) {
      buffer.put(key);
    } else {
      for (byte b : key) {
        buffer.put(b);
        if (b == 0) buffer.put(ESCAPED_ZERO);
      }
    }
    return buffer.put((byte) 0).put(END);
  }

  /** What a key here says. @param start 0 = the key of a lock */
  public record Decoded(FamilyKey key, long start) {}

  public static Decoded decode(byte[] encoded) {
    var key = new byte[encoded.length];
    int length = 0;
    for (int i = 0; i + 1 < encoded.length; i++) {
      byte b = encoded[i];
      if (b == 0 && encoded[++i] == END) return decodeTail(Arrays.copyOf(key, length), encoded, i + 1);
      key[length++] = b;
    }
    throw corrupt(encoded);
  }

  private static Decoded decodeTail(byte[] key, byte[] encoded, int at) {
    int left = encoded.length - at;
    if (left != FAMILY_BYTES && left != FAMILY_BYTES + START_BYTES) throw corrupt(encoded);
    long start = left == FAMILY_BYTES ? 0 : ByteBuffer.wrap(encoded, at + FAMILY_BYTES, START_BYTES).getLong();
    return new Decoded(new FamilyKey(encoded[at] & 0xff, key), start);
  }

  private static CorruptException corrupt(byte[] encoded) {
    return new CorruptException("a key of column family lock is not one: " + new FamilyKey(2, encoded));
  }
}
