package nokv.engine.lsm.table;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Numbers in as few bytes as they need: seven bits a byte, the lowest first, the top bit set on all but the last (the encoding of Protocol Buffers and LEB128). Taken as unsigned, so a
 * negative long takes {@value #MAX_BYTES} bytes.
 */
final class Varint {
  static final int MAX_BYTES = 10;
  static final int MAX_INT_BYTES = 5;

  private Varint() {}

  static int bytes(long value) {
    return (Long.SIZE - Long.numberOfLeadingZeros(value | 1) + 6) / 7;
  }

  /** Writes and returns the position behind. */
  static long put(MemorySegment target, long at, long value) {
    while ((value & ~0x7fL) != 0) {
      target.set(ValueLayout.JAVA_BYTE, at++, (byte) (value | 0x80));
      value >>>= 7;
    }
    target.set(ValueLayout.JAVA_BYTE, at++, (byte) value);
    return at;
  }

  /** Writes and returns the position behind. */
  static int put(byte[] target, int at, long value) {
    while ((value & ~0x7fL) != 0) {
      target[at++] = (byte) (value | 0x80);
      value >>>= 7;
    }
    target[at++] = (byte) value;
    return at;
  }

  /** What stands at {@code at}; it takes {@link #bytes} of the result, as numbers are always written in the shortest form. */
  static long get(MemorySegment source, long at) {
    long value = 0;
    for (int shift = 0; shift < 7 * MAX_BYTES; shift += 7) {
      byte b = source.get(ValueLayout.JAVA_BYTE, at++);
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) return value;
    }
    throw new IllegalArgumentException("a number of more than " + MAX_BYTES + " bytes");
  }

  /** What stands at {@code at}; it takes {@link #bytes} of the result, as numbers are always written in the shortest form. */
  static long get(byte[] source, int at) {
    long value = 0;
    for (int shift = 0; shift < 7 * MAX_BYTES; shift += 7) {
      byte b = source[at++];
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) return value;
    }
    throw new IllegalArgumentException("a number of more than " + MAX_BYTES + " bytes");
  }
}
