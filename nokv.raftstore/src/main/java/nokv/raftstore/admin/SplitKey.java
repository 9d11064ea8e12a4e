package nokv.raftstore.admin;

import java.util.Arrays;
import nokv.api.ColumnFamily;
import nokv.api.Direction;
import nokv.api.KeyRange;
import nokv.api.Timestamp;
import nokv.spi.StorageEngine;
import org.jspecify.annotations.Nullable;

/**
 * Finds where to split a range of user keys so that about half of its bytes lie before: bisects the space of keys, byte by byte, by what the engine says of the sizes of parts. Reads no data
 * but one entry.
 */
final class SplitKey {
  /** Beyond the first differing byte so many more tell one key from another finely enough. */
  private static final int MAX_BYTES = 32;
  /** Near enough to the middle: this part of the whole off. */
  private static final int TOLERANCE = 16;
  /** Ends the user key in keys of the Redis front: see docs/formats/redis.md. */
  private static final byte[] END_OF_USER_KEY = {0, 1};

  private SplitKey() {}

  /** A key inside the range, not its first; null where none divides it. */
  static byte @Nullable [] middle(StorageEngine engine, KeyRange range) {
    long total = engine.approximateBytes(range);
    byte[] key = {};
    for (int length = 0; length < MAX_BYTES; length++) {
      byte[] longer = Arrays.copyOf(key, length + 1);
      longer[length] = greatestBefore(engine, range, longer, total / 2);
      key = longer;
      long before = before(engine, range, key);
      if (Math.abs(before - total / 2) <= total / TOLERANCE) break;
    }
    byte[] split = betweenRedisKeys(engine, key);
    return isInside(range, split) ? split : null;
  }

  /** The greatest last byte of a key with at most so many bytes of the range before it. */
  private static byte greatestBefore(StorageEngine engine, KeyRange range, byte[] key, long most) {
    int low = 0;
    int high = 255;
    while (low < high) {
      int middle = (low + high + 1) / 2;
      key[key.length - 1] = (byte) middle;
      if (before(engine, range, key) <= most) low = middle;
      else high = middle - 1;
    }
    return (byte) low;
  }

  private static long before(StorageEngine engine, KeyRange range, byte[] key) {
    if (Arrays.compareUnsigned(key, range.start()) <= 0) return 0;
    byte[] end = range.end();
    return engine.approximateBytes(end != null && Arrays.compareUnsigned(key, end) >= 0 ? range : new KeyRange(range.start(), key));
  }

  /** The elements of one Redis key stay together: all of them go behind the split. */
  private static byte[] betweenRedisKeys(StorageEngine engine, byte[] key) {
    for (int at = 0; at + 1 < key.length; at++) {
      if (key[at] != END_OF_USER_KEY[0] || key[at + 1] != END_OF_USER_KEY[1]) continue;
      byte[] user = Arrays.copyOf(key, at);
      try (var cursor = engine.scan(ColumnFamily.REDIS.id(), new KeyRange(Arrays.copyOf(key, at + 2), key), Direction.FORWARD, Timestamp.MAX, null)) {
        return cursor.next() ? user : key;
      }
    }
    return key;
  }

  private static boolean isInside(KeyRange range, byte[] key) {
    return Arrays.compareUnsigned(key, range.start()) > 0 && range.contains(key);
  }
}
