package nokv.bench;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * The keys and values of all rows. Key {@code i} is its number in 16 hexadecimal digits, so order of keys is order of numbers. A value names its key and its version
 * in its first 16 bytes, and the rest follows from them, so that every value read can be checked whole.
 */
final class Data {
  private static final byte[] HEX = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};
  private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  /** Small, so that making and checking values costs few cache misses; they are the same for every engine, but hide what tells the engines apart. */
  private static final int POOL_BYTES = 1 << 16;
  private static final byte[] POOL = pool();

  private Data() {}

  private static byte[] pool() {
    byte[] pool = new byte[POOL_BYTES + (1 << 17)];
    new SplittableRandom(42).nextBytes(pool);
    return pool;
  }

  static byte[] key(long number) {
    byte[] key = new byte[16];
    for (int i = 15; i >= 0; i--, number >>>= 4) key[i] = HEX[(int) number & 15];
    return key;
  }

  static long number(byte[] key) {
    long number = 0;
    // Digits are 0x30 to 0x39 and 0x61 to 0x66.
    for (byte digit : key) number = number << 4 | (digit & 15) + 9 * (digit >> 6);
    return number;
  }

  static byte[] value(long number, long version, int bytes) {
    byte[] value = new byte[bytes];
    System.arraycopy(POOL, offset(number, version), value, 0, bytes);
    LONG.set(value, 0, number);
    LONG.set(value, 8, version);
    return value;
  }

  /** The version in a value, after checking that every byte of it is right. @throws IllegalStateException if the value is missing or wrong */
  static long check(long number, byte @org.jspecify.annotations.Nullable [] value, int bytes) {
    if (value == null) throw new IllegalStateException("key " + number + " is missing");
    if (value.length != bytes) throw new IllegalStateException("key " + number + " has " + value.length + " bytes, not " + bytes);
    long version = (long) LONG.get(value, 8);
    int offset = offset(number, version);
    if ((long) LONG.get(value, 0) != number || !Arrays.equals(value, 16, bytes, POOL, offset + 16, offset + bytes)) {
      throw new IllegalStateException("key " + number + " holds a wrong value");
    }
    return version;
  }

  private static int offset(long number, long version) {
    return (int) (mix(number * 31 + version) & (POOL_BYTES - 1));
  }

  /** Stafford's variant 13 of the MurmurHash3 finalizer. */
  static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  /** The {@code i}-th element of a fixed permutation of {@code 0 … count-1}: a Feistel network walked until it falls inside. */
  static long permute(long i, long count, long seed) {
    int half = (64 - Long.numberOfLeadingZeros(Math.max(1, count - 1)) + 1) / 2;
    long mask = (1L << half) - 1;
    long x = i;
    do {
      long left = x >>> half;
      long right = x & mask;
      for (int round = 0; round < 4; round++) {
        long next = left ^ (mix(right * 0x9e3779b97f4a7c15L + seed + round) & mask);
        left = right;
        right = next;
      }
      x = left << half | right;
    } while (x >= count);
    return x;
  }
}
