package nokv.engine.lsm.wal;

import static nokv.engine.lsm.wal.WalRecord.INT;
import static nokv.engine.lsm.wal.WalRecord.LONG;

import java.lang.foreign.MemorySegment;
import java.util.zip.CRC32C;
import nokv.api.TooNewException;
import nokv.api.TooOldException;

/**
 * The start of a write-ahead log segment.
 * <pre>
 *  0        4        8         12        16             24       28
 *  +--------+--------+---------+---------+--------------+--------+
 *  | "NoKV" | "wal " | version | segment | previous end | crc32c |
 *  +--------+--------+---------+---------+--------------+--------+
 * </pre>
 * Little-endian; {@code crc32c} covers what precedes it. {@code previous end} is where the segment before this one ended, and a promise: that segment was synced up to there
 * before this header was written.
 */
final class WalHeader {
  static final int VERSION = 1;
  static final int MAGIC = 0x564b6f4e; // "NoKV"
  static final int FORMAT = 0x206c6177; // "wal "

  static final int MAGIC_OFFSET = 0;
  static final int FORMAT_OFFSET = 4;
  static final int VERSION_OFFSET = 8;
  static final int SEGMENT_OFFSET = 12;
  static final int PREVIOUS_END_OFFSET = 16;
  static final int CRC_OFFSET = 24;
  static final int BYTES = 28;

  private WalHeader() {}

  static void write(MemorySegment target, int segment, long previousEnd) {
    target.set(INT, MAGIC_OFFSET, MAGIC);
    target.set(INT, FORMAT_OFFSET, FORMAT);
    target.set(INT, VERSION_OFFSET, VERSION);
    target.set(INT, SEGMENT_OFFSET, segment);
    target.set(LONG, PREVIOUS_END_OFFSET, previousEnd);
    target.set(INT, CRC_OFFSET, checksum(target));
  }

  /**
   * Whether {@code bytes} start with the header of {@code segment}.
   *
   * @throws TooNewException the file was written by a later release
   */
  static boolean valid(MemorySegment bytes, int segment, String path) {
    if (bytes.byteSize() < BYTES || bytes.get(INT, MAGIC_OFFSET) != MAGIC || bytes.get(INT, FORMAT_OFFSET) != FORMAT) return false;
    int version = bytes.get(INT, VERSION_OFFSET);
    if (version > VERSION) throw new TooNewException(path + " has log format " + version + ", this release reads up to " + VERSION + ". Use a newer release.");
    if (version < VERSION) throw new TooOldException(path + " has log format " + version + ", this release reads only " + VERSION + ". Use an older release.");
    return bytes.get(INT, CRC_OFFSET) == checksum(bytes) && bytes.get(INT, SEGMENT_OFFSET) == segment;
  }

  static long previousEnd(MemorySegment bytes) {
    return bytes.get(LONG, PREVIOUS_END_OFFSET);
  }

  private static int checksum(MemorySegment bytes) {
    var crc = new CRC32C();
    crc.update(bytes.asSlice(0, CRC_OFFSET).asByteBuffer());
    return (int) crc.getValue();
  }
}
