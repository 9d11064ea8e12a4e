package nokv.engine.lsm.table;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A Bloom filter over the user parts of a table's keys, made of lines of {@value #LINE_BYTES} bytes: a key has all its bits in one line, so that a question touches one line of the
 * processor's cache (Putze, Sanders and Singler, "Cache-, Hash- and Space-Efficient Bloom Filters", 2007). With {@value #BITS_PER_KEY} bits and {@value #PROBES} probes a key about 1 in
 * 100 absent keys is taken for present.
 *
 * <p>The upper half of the key's hash picks the line; the lower half, multiplied anew for each probe, the bit: bit {@code b} of a line is bit {@code b & 7} of its byte {@code b >> 3}.
 */
final class Bloom {
  static final int LINE_BYTES = 64;
  static final int BITS_PER_KEY = 10;
  static final int PROBES = 6;

  private static final int LINE_BITS = LINE_BYTES * Byte.SIZE;
  private static final int BIT_SHIFT = Integer.SIZE - Integer.numberOfTrailingZeros(LINE_BITS);
  private static final int MIX = 0x9e3779b9;
  private static final long SECRET_0 = 0xa0761d6478bd642fL;
  private static final long SECRET_1 = 0xe7037ed1a0b428dbL;
  private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final MemorySegment lines;
  private final int count;

  private Bloom(MemorySegment lines) {
    this.lines = lines;
    this.count = Math.toIntExact(lines.byteSize() / LINE_BYTES);
  }

  /** The filter whose bytes were written before, a whole number of lines; it reads {@code lines}, which should begin at a line of the cache. */
  static Bloom of(MemorySegment lines) {
    return new Bloom(lines);
  }

  /** A new filter for keys with these hashes. */
  static MemorySegment build(long[] hashes, int keys, Arena arena) {
    int count = Math.toIntExact(((long) keys * BITS_PER_KEY + LINE_BITS - 1) / LINE_BITS);
    MemorySegment lines = arena.allocate((long) count * LINE_BYTES, LINE_BYTES);
    for (int k = 0; k < keys; k++) {
      long line = line(hashes[k], count);
      int h = (int) hashes[k];
      for (int i = 0; i < PROBES; i++) {
        int bit = h >>> BIT_SHIFT;
        long at = line + (bit >>> 3);
        lines.set(ValueLayout.JAVA_BYTE, at, (byte) (lines.get(ValueLayout.JAVA_BYTE, at) | 1 << (bit & 7)));
        h *= MIX;
      }
    }
    return lines;
  }

  /** False = no key with this hash is in the table. */
  boolean mayContain(long hash) {
    if (count == 0) return false;
    long line = line(hash, count);
    int h = (int) hash;
    for (int i = 0; i < PROBES; i++) {
      int bit = h >>> BIT_SHIFT;
      if ((lines.get(ValueLayout.JAVA_BYTE, line + (bit >>> 3)) & 1 << (bit & 7)) == 0) return false;
      h *= MIX;
    }
    return true;
  }

  private static long line(long hash, int count) {
    return ((hash >>> 32) * count >>> 32) * LINE_BYTES;
  }

  /** The hash of the first {@code length} bytes, after the manner of wyhash: eight bytes at a time are folded in by the two halves of a 128-bit product. Part of the format. */
  static long hash(byte[] bytes, int length) {
    long h = SECRET_0 ^ length;
    int i = 0;
    for (; i + Long.BYTES <= length; i += Long.BYTES) h = fold(h ^ (long) LONG.get(bytes, i), SECRET_1);
    long rest = 0;
    for (int shift = 0; i < length; i++, shift += Byte.SIZE) rest |= (bytes[i] & 0xffL) << shift;
    return fold(fold(h ^ rest, SECRET_1), SECRET_0);
  }

  private static long fold(long a, long b) {
    return a * b ^ Math.unsignedMultiplyHigh(a, b);
  }
}
