package nokv.vlog;

import static nokv.vlog.SegmentHeader.INT;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.zip.CRC32C;

/**
 * One value in a segment, with the key it was written for.
 * <pre>
 *  0        4            8              12       13    13+k    13+k+v
 *  +--------+------------+--------------+--------+-----+-------+
 *  | crc32c | key length | value length | family | key | value |
 *  +--------+------------+--------------+--------+-----+-------+
 * </pre>
 * Little-endian. {@code crc32c} covers everything after itself.
 */
final class ValueRecord {
  static final int CRC_OFFSET = 0;
  static final int KEY_LENGTH_OFFSET = 4;
  static final int VALUE_LENGTH_OFFSET = 8;
  static final int FAMILY_OFFSET = 12;
  static final int HEADER_BYTES = 13;

  private ValueRecord() {}

  static long bytes(int keyLength, int valueLength) {
    return HEADER_BYTES + (long) keyLength + valueLength;
  }

  /** Fills {@code header}, of which {@code view} is a view, with the header of a record. */
  static void header(MemorySegment header, java.nio.ByteBuffer view, CRC32C crc, int family, byte[] key, byte[] value) {
    header.set(INT, KEY_LENGTH_OFFSET, key.length);
    header.set(INT, VALUE_LENGTH_OFFSET, value.length);
    header.set(ValueLayout.JAVA_BYTE, FAMILY_OFFSET, (byte) family);
    crc.reset();
    crc.update(view.limit(HEADER_BYTES).position(KEY_LENGTH_OFFSET));
    crc.update(key);
    crc.update(value);
    header.set(INT, CRC_OFFSET, (int) crc.getValue());
  }

  static int keyLength(MemorySegment record) {
    return record.get(INT, KEY_LENGTH_OFFSET);
  }

  static int valueLength(MemorySegment record) {
    return record.get(INT, VALUE_LENGTH_OFFSET);
  }

  /** Whether the lengths can be those of a record of at most {@code limit} bytes. */
  static boolean plausible(MemorySegment header, long limit) {
    int key = keyLength(header);
    int value = valueLength(header);
    return key >= 0 && value >= 0 && bytes(key, value) <= limit;
  }

  static int storedChecksum(MemorySegment record) {
    return record.get(INT, CRC_OFFSET);
  }
}
