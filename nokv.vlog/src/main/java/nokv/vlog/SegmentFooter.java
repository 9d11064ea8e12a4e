package nokv.vlog;

import static nokv.vlog.SegmentHeader.INT;
import static nokv.vlog.SegmentHeader.LONG;

import java.lang.foreign.MemorySegment;

/**
 * The last bytes of a sealed segment: it takes no more values, and all it has are synced.
 * <pre>
 *  0        4        8      16       20
 *  +--------+--------+------+--------+
 *  | "NoKV" | "vend" | end  | crc32c |
 *  +--------+--------+------+--------+
 * </pre>
 * Little-endian; {@code end} is the footer's own offset in the file, {@code crc32c} covers what precedes it. Its version is the header's.
 */
final class SegmentFooter {
  static final int FORMAT = 0x646e6576; // "vend"

  static final int MAGIC_OFFSET = 0;
  static final int FORMAT_OFFSET = 4;
  static final int END_OFFSET = 8;
  static final int CRC_OFFSET = 16;
  static final int BYTES = 20;

  private SegmentFooter() {}

  static void write(MemorySegment target, long end) {
    target.set(INT, MAGIC_OFFSET, SegmentHeader.MAGIC);
    target.set(INT, FORMAT_OFFSET, FORMAT);
    target.set(LONG, END_OFFSET, end);
    target.set(INT, CRC_OFFSET, SegmentHeader.checksum(target, CRC_OFFSET));
  }

  static boolean valid(MemorySegment footer, long end) {
    return footer.get(INT, MAGIC_OFFSET) == SegmentHeader.MAGIC && footer.get(INT, FORMAT_OFFSET) == FORMAT && footer.get(LONG, END_OFFSET) == end
        && footer.get(INT, CRC_OFFSET) == SegmentHeader.checksum(footer, CRC_OFFSET);
  }
}
