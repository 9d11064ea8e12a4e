package nokv.vlog;

import static nokv.vlog.SegmentHeader.INT;
import static nokv.vlog.SegmentHeader.LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import nokv.spi.Vfs;
import nokv.spi.VfsFile;

/**
 * The file of discard statistics: how many bytes of each segment are known to be garbage.
 * <pre>
 *  0        4        8         12      16         16+16n
 *  +--------+--------+---------+-------+----------+--------+
 *  | "NoKV" | "vdis" | version | count | counts   | crc32c |
 *  +--------+--------+---------+-------+----------+--------+
 *
 *  0        4         8        16
 *  +--------+---------+--------+
 *  | bucket | segment | bytes  |   one count
 *  +--------+---------+--------+
 * </pre>
 * Little-endian; {@code crc32c} covers what precedes it. It only says which segments to collect first, so one that is missing, damaged or of another version is as none: the
 * counts start at 0 and grow again.
 */
final class Discards {
  static final int FORMAT = 0x73696476; // "vdis"
  static final int VERSION = 1;

  static final int MAGIC_OFFSET = 0;
  static final int FORMAT_OFFSET = 4;
  static final int VERSION_OFFSET = 8;
  static final int COUNT_OFFSET = 12;
  static final int COUNTS_OFFSET = 16;
  static final int BUCKET_OFFSET = 0;
  static final int SEGMENT_OFFSET = 4;
  static final int BYTES_OFFSET = 8;
  static final int COUNT_BYTES = 16;
  static final int CRC_BYTES = 4;

  private static final long MAX_FILE_BYTES = 64 << 20;

  /** What a segment is known to hold of garbage. */
  record Count(int bucket, int segment, long bytes) {}

  private Discards() {}

  /** Replaces the file: at any crash it is the old or the new one. */
  static void save(Vfs vfs, String path, List<Count> counts) {
    String draft = path + ".tmp";
    if (vfs.exists(draft)) vfs.delete(draft);
    try (Arena arena = Arena.ofConfined(); VfsFile file = vfs.open(draft, Vfs.Mode.CREATE)) {
      long size = COUNTS_OFFSET + (long) COUNT_BYTES * counts.size();
      MemorySegment bytes = arena.allocate(size + CRC_BYTES);
      bytes.set(INT, MAGIC_OFFSET, SegmentHeader.MAGIC);
      bytes.set(INT, FORMAT_OFFSET, FORMAT);
      bytes.set(INT, VERSION_OFFSET, VERSION);
      bytes.set(INT, COUNT_OFFSET, counts.size());
      long at = COUNTS_OFFSET;
      for (Count count : counts) {
        bytes.set(INT, at + BUCKET_OFFSET, count.bucket);
        bytes.set(INT, at + SEGMENT_OFFSET, count.segment);
        bytes.set(LONG, at + BYTES_OFFSET, count.bytes);
        at += COUNT_BYTES;
      }
      bytes.set(INT, size, SegmentHeader.checksum(bytes, size));
      file.write(0, bytes);
      file.sync();
    }
    vfs.rename(draft, path);
  }

  static List<Count> load(Vfs vfs, String path) {
    if (!vfs.exists(path)) return List.of();
    try (Arena arena = Arena.ofConfined(); VfsFile file = vfs.open(path, Vfs.Mode.READ)) {
      long size = file.size() - CRC_BYTES;
      if (size < COUNTS_OFFSET || size > MAX_FILE_BYTES) return List.of();
      MemorySegment bytes = arena.allocate(size + CRC_BYTES);
      file.read(0, bytes);
      boolean whole = bytes.get(INT, MAGIC_OFFSET) == SegmentHeader.MAGIC && bytes.get(INT, FORMAT_OFFSET) == FORMAT && bytes.get(INT, VERSION_OFFSET) == VERSION
          && bytes.get(INT, size) == SegmentHeader.checksum(bytes, size) && size == COUNTS_OFFSET + (long) COUNT_BYTES * bytes.get(INT, COUNT_OFFSET);
      if (!whole) return List.of();
      var counts = new ArrayList<Count>();
      for (long at = COUNTS_OFFSET; at < size; at += COUNT_BYTES) {
        counts.add(new Count(bytes.get(INT, at + BUCKET_OFFSET), bytes.get(INT, at + SEGMENT_OFFSET), bytes.get(LONG, at + BYTES_OFFSET)));
      }
      return counts;
    }
  }
}
