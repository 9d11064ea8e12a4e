package nokv.engine.lsm.table;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import nokv.api.CorruptException;
import nokv.api.NoKVException;
import nokv.api.TooNewException;
import nokv.api.TooOldException;

/**
 * The frame of a table file.
 * <pre>
 *  header              0        4        8         12       16
 *                      +--------+--------+---------+--------+
 *                      | "NoKV" | "sst " | version | crc32c |
 *                      +--------+--------+---------+--------+
 *  then blocks         0           n             n+1      n+5
 *                      +-----------+-------------+--------+
 *                      | content n | compression | crc32c |
 *                      +-----------+-------------+--------+
 *  data blocks, then the blocks of filter, range deletes, index and properties, in this order, and last the
 *  footer              0            8           12          ...          48       52        56       60       64
 *                      +------------+-----------+--- x 4 ---+------------+--------+---------+--------+--------+
 *                      | offset u64 | length u32| filter, ranges, index, properties | crc32c | version | "sst " | "NoKV" |
 *                      +------------+-----------+-----------+------------+--------+---------+--------+--------+
 * </pre>
 * Little-endian. The header's checksum covers the 12 bytes before it, a block's its content, its compression byte and its
 * offset in the file (u64, not stored), so that a block read from a wrong place is found out; the footer's the 48 bytes before it and the 12 behind it. Blocks follow each other without gaps;
 * offsets and lengths are those of contents.
 */
final class TableFormat {
  /** Without compressed blocks, which older releases read too. */
  static final int PLAIN_VERSION = 1;
  static final int VERSION = 2;
  static final int MAGIC = 0x564b6f4e; // "NoKV"
  static final int FORMAT = 0x20747373; // "sst "

  static final int HEADER_BYTES = 16;
  static final int HEADER_VERSION_OFFSET = 8;
  static final int HEADER_CRC_OFFSET = 12;

  static final int BLOCK_TRAILER_BYTES = 5;
  static final int HANDLE_BYTES = 12;
  static final int HANDLES = 4;
  static final int FILTER = 0;
  static final int RANGES = 1;
  static final int INDEX = 2;
  static final int PROPERTIES = 3;

  static final int FOOTER_CRC_OFFSET = 48;
  static final int FOOTER_VERSION_OFFSET = 52;
  static final int FOOTER_FORMAT_OFFSET = 56;
  static final int FOOTER_MAGIC_OFFSET = 60;
  static final int FOOTER_BYTES = 64;

  /** A compressed block begins with the length of what was compressed. */
  static final int PLAIN_LENGTH_BYTES = 4;
  /** No block is compressed further, so that a reader need not believe any length. */
  static final int MAX_COMPRESSION_RATIO = 1024;

  static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Where the content of a block lies. */
  record Handle(long offset, int length) {
    long end() {
      return offset + length + BLOCK_TRAILER_BYTES;
    }
  }

  private TableFormat() {}

  static void writeHeader(MemorySegment target, int version) {
    target.set(INT, 0, MAGIC);
    target.set(INT, 4, FORMAT);
    target.set(INT, HEADER_VERSION_OFFSET, version);
    target.set(INT, HEADER_CRC_OFFSET, crc(target, 0, HEADER_CRC_OFFSET));
  }

  static void checkHeader(MemorySegment header, String path) {
    if (header.get(INT, 0) != MAGIC || header.get(INT, 4) != FORMAT || header.get(INT, HEADER_CRC_OFFSET) != crc(header, 0, HEADER_CRC_OFFSET)) {
      throw corrupt(path, 0, "it does not begin with the header of a table");
    }
    checkVersion(header.get(INT, HEADER_VERSION_OFFSET), path);
  }

  private static void checkVersion(int version, String path) {
    if (version > VERSION) throw new TooNewException(path + " has table format " + version + ", this release reads up to " + VERSION + ". Use a newer release.");
    if (version < PLAIN_VERSION) throw new TooOldException(path + " has table format " + version + ", this release reads from " + PLAIN_VERSION + ". Use an older release.");
  }

  static void writeFooter(MemorySegment target, Handle[] handles, int version) {
    for (int i = 0; i < HANDLES; i++) {
      target.set(LONG, (long) i * HANDLE_BYTES, handles[i].offset);
      target.set(INT, (long) i * HANDLE_BYTES + Long.BYTES, handles[i].length);
    }
    target.set(INT, FOOTER_VERSION_OFFSET, version);
    target.set(INT, FOOTER_FORMAT_OFFSET, FORMAT);
    target.set(INT, FOOTER_MAGIC_OFFSET, MAGIC);
    target.set(INT, FOOTER_CRC_OFFSET, footerCrc(target));
  }

  /** @param at offset of the footer in the file */
  static Handle[] readFooter(MemorySegment footer, String path, long at) {
    if (footer.get(INT, FOOTER_MAGIC_OFFSET) != MAGIC || footer.get(INT, FOOTER_FORMAT_OFFSET) != FORMAT || footer.get(INT, FOOTER_CRC_OFFSET) != footerCrc(footer)) {
      throw corrupt(path, at, "it does not end with the footer of a table");
    }
    checkVersion(footer.get(INT, FOOTER_VERSION_OFFSET), path);
    var handles = new Handle[HANDLES];
    for (int i = 0; i < HANDLES; i++) {
      handles[i] = new Handle(footer.get(LONG, (long) i * HANDLE_BYTES), footer.get(INT, (long) i * HANDLE_BYTES + Long.BYTES));
    }
    for (int i = 0; i < HANDLES; i++) {
      long end = i + 1 < HANDLES ? handles[i + 1].offset : at;
      if (handles[i].offset < HEADER_BYTES || handles[i].length < 0 || handles[i].end() != end) throw corrupt(path, at, "its footer contradicts itself");
    }
    return handles;
  }

  private static int footerCrc(MemorySegment footer) {
    var crc = new CRC32C();
    crc.update(footer.asSlice(0, FOOTER_CRC_OFFSET).asByteBuffer());
    crc.update(footer.asSlice(FOOTER_VERSION_OFFSET, FOOTER_BYTES - FOOTER_VERSION_OFFSET).asByteBuffer());
    return (int) crc.getValue();
  }

  static int blockCrc(MemorySegment content, byte compression, long offset) {
    var crc = new CRC32C();
    crc.update(content.asByteBuffer());
    crc.update(compression);
    for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) crc.update((int) (offset >>> shift));
    return (int) crc.getValue();
  }

  static int crc(MemorySegment bytes, long at, long length) {
    var crc = new CRC32C();
    crc.update(bytes.asSlice(at, length).asByteBuffer());
    return (int) crc.getValue();
  }

  static NoKVException corrupt(String path, long offset, String what) {
    return new CorruptException(path + " is damaged at offset " + offset + ": " + what
        + ". Nothing was changed. Run `nokv-launcher check`, then restore the table from a backup or a replica.");
  }
}
