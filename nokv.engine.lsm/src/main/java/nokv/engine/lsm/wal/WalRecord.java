package nokv.engine.lsm.wal;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * One record of a write-ahead log segment.
 * <pre>
 *  0        4        8         12        20   21             21+n
 *  +--------+--------+---------+---------+----+--------------+
 *  | crc32c | length | segment | durable | t  | payload (n)  |
 *  +--------+--------+---------+---------+----+--------------+
 * </pre>
 * Little-endian. {@code crc32c} covers everything after itself. {@code segment} is the number of the segment, so that a record left over in a
 * recycled file is not taken for a new one. {@code durable} is the offset of this segment known to be synced when this record was written: damage below the
 * greatest such offset is corruption, above it the log ends.
 */
final class WalRecord {
  static final int CRC_OFFSET = 0;
  static final int LENGTH_OFFSET = 4;
  static final int SEGMENT_OFFSET = 8;
  static final int DURABLE_OFFSET = 12;
  static final int TYPE_OFFSET = 20;
  static final int HEADER_BYTES = 21;

  /** The engine's own record: a batch, see {@link BatchRecord}. */
  static final int BATCH = 1;

  static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private WalRecord() {}

  /** Writes all of the header but the checksum. */
  static void header(MemorySegment buffer, long at, int type, int length, int segment, long durable) {
    buffer.set(INT, at + LENGTH_OFFSET, length);
    buffer.set(INT, at + SEGMENT_OFFSET, segment);
    buffer.set(LONG, at + DURABLE_OFFSET, durable);
    buffer.set(ValueLayout.JAVA_BYTE, at + TYPE_OFFSET, (byte) type);
  }

  /** Writes the checksum over a record that is otherwise complete. {@code view} is the whole buffer; its position and limit are used up. */
  static void seal(MemorySegment buffer, ByteBuffer view, CRC32C crc, int at) {
    int end = at + HEADER_BYTES + length(buffer, at);
    crc.reset();
    crc.update(view.limit(end).position(at + LENGTH_OFFSET));
    buffer.set(INT, at + CRC_OFFSET, (int) crc.getValue());
  }

  static int length(MemorySegment buffer, long at) {
    return buffer.get(INT, at + LENGTH_OFFSET);
  }

  static long durable(MemorySegment buffer, long at) {
    return buffer.get(LONG, at + DURABLE_OFFSET);
  }

  static int type(MemorySegment buffer, long at) {
    return buffer.get(ValueLayout.JAVA_BYTE, at + TYPE_OFFSET);
  }

  static MemorySegment payload(MemorySegment buffer, long at) {
    return buffer.asSlice(at + HEADER_BYTES, length(buffer, at));
  }

  static int storedChecksum(MemorySegment buffer, long at) {
    return buffer.get(INT, at + CRC_OFFSET);
  }

  static int checksum(MemorySegment buffer, long at) {
    var crc = new CRC32C();
    crc.update(buffer.asSlice(at + LENGTH_OFFSET, HEADER_BYTES - LENGTH_OFFSET + (long) length(buffer, at)).asByteBuffer());
    return (int) crc.getValue();
  }

  /** Whether what lies at {@code at} has the shape of a record of {@code segment} that ends at or before {@code limit}; its checksum is not looked at. */
  static boolean plausible(MemorySegment segmentBytes, long at, long limit, int segment) {
    if (limit - at < HEADER_BYTES || segmentBytes.get(INT, at + SEGMENT_OFFSET) != segment) return false;
    int length = length(segmentBytes, at);
    long durable = durable(segmentBytes, at);
    return length >= 0 && length <= limit - at - HEADER_BYTES && durable >= WalHeader.BYTES && durable <= at && type(segmentBytes, at) > 0;
  }

  /** Whether a whole record of {@code segment} lies at {@code at} and ends at or before {@code limit}. */
  static boolean valid(MemorySegment segmentBytes, long at, long limit, int segment) {
    return plausible(segmentBytes, at, limit, segment) && storedChecksum(segmentBytes, at) == checksum(segmentBytes, at);
  }
}
