package nokv.api;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Keys from {@code start} (included) to {@code end} (excluded), by unsigned bytes. An empty {@code start} is the first key there can be; {@code end} null is beyond
 * the last one. The arrays are not copied: do not change them afterwards.
 */
public record KeyRange(byte[] start, byte @Nullable [] end) {
  public static final KeyRange ALL = new KeyRange(new byte[0], null);

  // Written out, since a compact constructor does not carry the annotation of `end` into the class file.
  public KeyRange(byte[] start, byte @Nullable [] end) {
    if (end != null && Arrays.compareUnsigned(start, end) > 0) throw new IllegalArgumentException("a key range must not end before it starts");
    this.start = start;
    this.end = end;
  }

  public static KeyRange from(byte[] start) {
    return new KeyRange(start, null);
  }

  /** All keys that begin with {@code prefix}. */
  public static KeyRange prefix(byte[] prefix) {
    return new KeyRange(prefix, prefixEnd(prefix));
  }

  /** The smallest key above all keys that begin with {@code prefix}; null where there is none (an empty prefix, or only 0xff bytes). */
  public static byte @Nullable [] prefixEnd(byte[] prefix) {
    for (int i = prefix.length - 1; i >= 0; i--) {
      if (prefix[i] != (byte) 0xff) {
        byte[] end = Arrays.copyOf(prefix, i + 1);
        end[i]++;
        return end;
      }
    }
    return null;
  }

  public boolean contains(byte[] key) {
    return Arrays.compareUnsigned(key, start) >= 0 && (end == null || Arrays.compareUnsigned(key, end) < 0);
  }

  public boolean isEmpty() {
    return end != null && Arrays.equals(start, end);
  }

  @Override public boolean equals(@Nullable Object other) {
    return other instanceof KeyRange that && Arrays.equals(start, that.start) && Arrays.equals(end, that.end);
  }

  @Override public int hashCode() {
    return 31 * Arrays.hashCode(start) + Arrays.hashCode(end);
  }
}
