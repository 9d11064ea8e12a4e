package nokv.vlog;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import nokv.api.TooNewException;
import nokv.api.TooOldException;

/**
 * The start of a value log segment.
 * <pre>
 *  0        4        8         12       16        20       24
 *  +--------+--------+---------+--------+---------+--------+
 *  | "NoKV" | "vlog" | version | bucket | segment | crc32c |
 *  +--------+--------+---------+--------+---------+--------+
 * </pre>
 * Little-endian; {@code crc32c} covers what precedes it.
 */
final class SegmentHeader {
  static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  static final int VERSION = 1;
  static final int MAGIC = 0x564b6f4e; // "NoKV"
  static final int FORMAT = 0x676f6c76; // "vlog"

  static final int MAGIC_OFFSET = 0;
  static final int FORMAT_OFFSET = 4;
  static final int VERSION_OFFSET = 8;
  static final int BUCKET_OFFSET = 12;
  static final int SEGMENT_OFFSET = 16;
  static final int CRC_OFFSET = 20;
  static final int BYTES = 24;

  private SegmentHeader() {}

  static void write(MemorySegment target, int bucket, int segment) {
    target.set(INT, MAGIC_OFFSET, MAGIC);
    target.set(INT, FORMAT_OFFSET, FORMAT);
    target.set(INT, VERSION_OFFSET, VERSION);
    target.set(INT, BUCKET_OFFSET, bucket);
    target.set(INT, SEGMENT_OFFSET, segment);
    target.set(INT, CRC_OFFSET, checksum(target, CRC_OFFSET));
  }

  /** Whether it is the header of that segment. @throws TooNewException a later release wrote the file */
  static boolean valid(MemorySegment header, int bucket, int segment, String path) {
    if (header.get(INT, MAGIC_OFFSET) != MAGIC || header.get(INT, FORMAT_OFFSET) != FORMAT) return false;
    int version = header.get(INT, VERSION_OFFSET);
    if (version > VERSION) throw new TooNewException(path + " has value log format " + version + ", this release reads up to " + VERSION + ". Use a newer release.");
    if (version < VERSION) throw new TooOldException(path + " has value log format " + version + ", this release reads only " + VERSION + ". Use an older release.");
    return header.get(INT, CRC_OFFSET) == checksum(header, CRC_OFFSET) && header.get(INT, BUCKET_OFFSET) == bucket && header.get(INT, SEGMENT_OFFSET) == segment;
  }

  /** Over the first {@code length} bytes. */
  static int checksum(MemorySegment bytes, long length) {
    var crc = new CRC32C();
    crc.update(bytes.asSlice(0, length).asByteBuffer());
    return (int) crc.getValue();
  }
}
