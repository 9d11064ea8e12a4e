package nokv.engine.lsm.table;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The key of one version in memtables and tables.
 * <pre>
 *  0        1          1+n        9+n         17+n
 *  +--------+----------+----------+-----------+
 *  | family | user key | ~version | ~sequence |
 *  +--------+----------+----------+-----------+
 *  |   user part       |    trailer (16)      |
 * </pre>
 * Version and sequence are big-endian with all bits turned, so that the newest version of a key comes first. Two keys compare by their user parts as unsigned bytes, a prefix before
 * what it is a prefix of, and then by their trailers as unsigned bytes. Comparing the whole as bytes would be wrong: the trailer of a short key would meet the bytes of a longer one.
 * Versions and sequences are not negative. The lengths given to the methods are those of whole internal keys unless they say otherwise.
 */
public final class InternalKey {
  public static final int FAMILY_OFFSET = 0;
  public static final int USER_KEY_OFFSET = 1;
  /** Bytes behind the user part. */
  public static final int TRAILER_BYTES = 16;
  /** Bytes of an internal key beside the user key. */
  public static final int OVERHEAD_BYTES = USER_KEY_OFFSET + TRAILER_BYTES;

  /** The greatest {@link #hint}. */
  public static final long BEYOND = -1;

  private static final int SEQUENCE_IN_TRAILER = 8;
  private static final ValueLayout.OfLong BIG_LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final VarHandle ARRAY_LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private InternalKey() {}

  /** The internal key of one version. With {@code Long.MAX_VALUE} for both numbers it stands before every version of the user key, with 0 for both at or behind every one. */
  public static byte[] of(int family, byte[] userKey, long version, long sequence) {
    byte[] key = new byte[OVERHEAD_BYTES + userKey.length];
    encode(key, family, userKey, version, sequence);
    return key;
  }

  /** Writes the internal key to the start of {@code target} and returns its length. */
  public static int encode(byte[] target, int family, byte[] userKey, long version, long sequence) {
    target[FAMILY_OFFSET] = (byte) family;
    System.arraycopy(userKey, 0, target, USER_KEY_OFFSET, userKey.length);
    int trailer = USER_KEY_OFFSET + userKey.length;
    putLong(target, trailer, ~version);
    putLong(target, trailer + SEQUENCE_IN_TRAILER, ~sequence);
    return trailer + TRAILER_BYTES;
  }

  public static int family(MemorySegment key, long at) {
    return key.get(ValueLayout.JAVA_BYTE, at + FAMILY_OFFSET) & 0xff;
  }

  public static long version(MemorySegment key, long at, int length) {
    return ~key.get(BIG_LONG, at + length - TRAILER_BYTES);
  }

  public static long sequence(MemorySegment key, long at, int length) {
    return ~key.get(BIG_LONG, at + length - TRAILER_BYTES + SEQUENCE_IN_TRAILER);
  }

  /** A copy of the user key. */
  public static byte[] userKey(MemorySegment key, long at, int length) {
    byte[] user = new byte[length - OVERHEAD_BYTES];
    MemorySegment.copy(key, ValueLayout.JAVA_BYTE, at + USER_KEY_OFFSET, user, 0, user.length);
    return user;
  }

  /** Changes the sequence of an internal key at the start of an array. */
  public static void setSequence(byte[] key, int length, long sequence) {
    putLong(key, length - TRAILER_BYTES + SEQUENCE_IN_TRAILER, ~sequence);
  }

  static long version(byte[] key, int length) {
    return ~getLong(key, length - TRAILER_BYTES);
  }

  static long sequence(byte[] key, int length) {
    return ~getLong(key, length - TRAILER_BYTES + SEQUENCE_IN_TRAILER);
  }

  /** Negative, 0 or positive as the first key is before, equal to or behind the second. */
  public static int compare(MemorySegment a, long aAt, int aLength, MemorySegment b, long bAt, int bLength) {
    int aUser = aLength - TRAILER_BYTES;
    int bUser = bLength - TRAILER_BYTES;
    int order = compareUserParts(a, aAt, aUser, b, bAt, bUser);
    if (order != 0) return order;
    order = Long.compareUnsigned(a.get(BIG_LONG, aAt + aUser), b.get(BIG_LONG, bAt + bUser));
    if (order != 0) return order;
    return Long.compareUnsigned(a.get(BIG_LONG, aAt + aUser + SEQUENCE_IN_TRAILER), b.get(BIG_LONG, bAt + bUser + SEQUENCE_IN_TRAILER));
  }

  /** Whether two keys are versions of one user key in one family. */
  public static boolean sameUserKey(MemorySegment a, long aAt, int aLength, MemorySegment b, long bAt, int bLength) {
    return aLength == bLength && compareUserParts(a, aAt, aLength - TRAILER_BYTES, b, bAt, bLength - TRAILER_BYTES) == 0;
  }

  /** Lengths are those of the user parts; a trailer follows each, so that the last bytes can be read as part of eight. */
  private static int compareUserParts(MemorySegment a, long aAt, int aUser, MemorySegment b, long bAt, int bUser) {
    int common = Math.min(aUser, bUser);
    int i = 0;
    for (; i + Long.BYTES <= common; i += Long.BYTES) {
      long x = a.get(BIG_LONG, aAt + i);
      long y = b.get(BIG_LONG, bAt + i);
      if (x != y) return Long.compareUnsigned(x, y);
    }
    if (i < common) {
      int unused = (Long.BYTES - (common - i)) * Byte.SIZE;
      int order = Long.compareUnsigned(a.get(BIG_LONG, aAt + i) >>> unused, b.get(BIG_LONG, bAt + i) >>> unused);
      if (order != 0) return order;
    }
    return aUser - bUser;
  }

  /** {@link #compare} of a key at the start of an array with one in a segment. */
  public static int compare(byte[] a, int aLength, MemorySegment b, long bAt, int bLength) {
    int aUser = aLength - TRAILER_BYTES;
    int bUser = bLength - TRAILER_BYTES;
    int common = Math.min(aUser, bUser);
    int i = 0;
    for (; i + Long.BYTES <= common; i += Long.BYTES) {
      long x = getLong(a, i);
      long y = b.get(BIG_LONG, bAt + i);
      if (x != y) return Long.compareUnsigned(x, y);
    }
    if (i < common) {
      int unused = (Long.BYTES - (common - i)) * Byte.SIZE;
      int order = Long.compareUnsigned(getLong(a, i) >>> unused, b.get(BIG_LONG, bAt + i) >>> unused);
      if (order != 0) return order;
    }
    if (aUser != bUser) return aUser - bUser;
    int order = Long.compareUnsigned(getLong(a, aUser), b.get(BIG_LONG, bAt + bUser));
    if (order != 0) return order;
    return Long.compareUnsigned(getLong(a, aUser + SEQUENCE_IN_TRAILER), b.get(BIG_LONG, bAt + bUser + SEQUENCE_IN_TRAILER));
  }

  /** {@link #sameUserKey} of a key at the start of an array and one in a segment. */
  public static boolean sameUserKey(byte[] a, int aLength, MemorySegment b, long bAt, int bLength) {
    if (aLength != bLength) return false;
    int user = aLength - TRAILER_BYTES;
    int i = 0;
    for (; i + Long.BYTES <= user; i += Long.BYTES) if (getLong(a, i) != b.get(BIG_LONG, bAt + i)) return false;
    return i == user || (getLong(a, i) ^ b.get(BIG_LONG, bAt + i)) >>> (Long.BYTES - (user - i)) * Byte.SIZE == 0;
  }

  /** {@link #sameUserKey} of keys at the start of arrays. */
  static boolean sameUserKey(byte[] a, int aLength, byte[] b, int bLength) {
    if (aLength != bLength) return false;
    int user = aLength - TRAILER_BYTES;
    int i = 0;
    for (; i + Long.BYTES <= user; i += Long.BYTES) if (getLong(a, i) != getLong(b, i)) return false;
    return i == user || (getLong(a, i) ^ getLong(b, i)) >>> (Long.BYTES - (user - i)) * Byte.SIZE == 0;
  }

  /** {@link #compare} of a key at the start of an array with one anywhere in an array. */
  static int compare(byte[] a, int aLength, byte[] b, int bAt, int bLength) {
    int aUser = aLength - TRAILER_BYTES;
    int bUser = bLength - TRAILER_BYTES;
    int common = Math.min(aUser, bUser);
    int i = 0;
    for (; i + Long.BYTES <= common; i += Long.BYTES) {
      long x = getLong(a, i);
      long y = getLong(b, bAt + i);
      if (x != y) return Long.compareUnsigned(x, y);
    }
    if (i < common) {
      int unused = (Long.BYTES - (common - i)) * Byte.SIZE;
      int order = Long.compareUnsigned(getLong(a, i) >>> unused, getLong(b, bAt + i) >>> unused);
      if (order != 0) return order;
    }
    if (aUser != bUser) return aUser - bUser;
    int order = Long.compareUnsigned(getLong(a, aUser), getLong(b, bAt + bUser));
    if (order != 0) return order;
    return Long.compareUnsigned(getLong(a, aUser + SEQUENCE_IN_TRAILER), getLong(b, bAt + bUser + SEQUENCE_IN_TRAILER));
  }

  static int compare(byte[] a, byte[] b) {
    return compare(a, a.length, b, 0, b.length);
  }

  /**
   * A number that does not fall as keys grow, so that unequal hints order their keys: the 8 bytes of the user part behind {@code prefix}, zero behind its end; 0 for a key before all that begin with
   * the prefix, and {@link #BEYOND} for one behind them. Taken as unsigned.
   */
  public static long hint(byte[] key, int keyLength, byte[] prefix) {
    int user = keyLength - TRAILER_BYTES;
    int at = prefix.length;
    int differs = Arrays.mismatch(key, 0, Math.min(user, at), prefix, 0, at);
    if (differs >= 0) return differs < user && (key[differs] & 0xff) > (prefix[differs] & 0xff) ? BEYOND : 0;
    int rest = user - at;
    if (rest == 0) return 0;
    // A trailer follows, so eight bytes can be read; those of the trailer are taken away.
    long bytes = getLong(key, at);
    return rest >= Long.BYTES ? bytes : bytes & -1L << (Long.BYTES - rest) * Byte.SIZE;
  }

  static long getLong(byte[] bytes, int at) {
    return (long) ARRAY_LONG.get(bytes, at);
  }

  private static void putLong(byte[] bytes, int at, long value) {
    ARRAY_LONG.set(bytes, at, value);
  }

  /** For messages: {@code family/key@version#sequence}, the bytes of the key in hex where they are no plain text. */
  public static String toString(byte[] key) {
    var text = new StringBuilder().append(key[FAMILY_OFFSET] & 0xff).append('/');
    for (byte b : Arrays.copyOfRange(key, USER_KEY_OFFSET, key.length - TRAILER_BYTES)) {
      if (b > ' ' && b < 127 && b != '\\') text.append((char) b);
      else text.append(String.format("\\x%02x", b));
    }
    return text.append('@').append(version(key, key.length)).append('#').append(sequence(key, key.length)).toString();
  }
}
