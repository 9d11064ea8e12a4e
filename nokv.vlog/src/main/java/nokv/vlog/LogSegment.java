package nokv.vlog;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32C;
import nokv.api.CorruptException;
import nokv.api.ReadOnlyException;
import nokv.spi.ValuePointer;
import nokv.spi.ValueStore;
import nokv.spi.Vfs;
import nokv.spi.VfsException;
import nokv.spi.VfsFile;

/** One segment file. Reading is thread-safe; what changes it comes from its {@link Bucket}. */
final class LogSegment {
  private static final int CHUNK_BYTES = 64 << 10;

  final int bucket;
  final int number;
  final VfsFile file;
  /** Whether the header is there; without one it holds nothing that could be read. */
  final boolean whole;
  final AtomicLong discarded = new AtomicLong();
  /** Behind the last record written. */
  private volatile long end;
  private volatile boolean sealed;
  private volatile boolean dropped;

  private LogSegment(int bucket, int number, VfsFile file, boolean whole, long end, boolean sealed) {
    this.bucket = bucket;
    this.number = number;
    this.file = file;
    this.whole = whole;
    this.end = end;
    this.sealed = sealed;
  }

  static String path(String directory, int number) {
    return directory + "/" + "%06d.vlog".formatted(number);
  }

  /** Opens one that exists. Where it has no footer its end is taken to be the file's, until recovery knows better. */
  static LogSegment open(Vfs vfs, String directory, int bucket, int number, boolean readOnly) {
    VfsFile file = vfs.open(path(directory, number), readOnly ? Vfs.Mode.READ : Vfs.Mode.READ_WRITE);
    try (Arena arena = Arena.ofConfined()) {
      long size = file.size();
      MemorySegment header = arena.allocate(SegmentHeader.BYTES);
      boolean whole = file.read(0, header) == SegmentHeader.BYTES && SegmentHeader.valid(header, bucket, number, file.path());
      MemorySegment footer = arena.allocate(SegmentFooter.BYTES);
      long end = size - SegmentFooter.BYTES;
      boolean sealed = whole && end >= SegmentHeader.BYTES && file.read(end, footer) == SegmentFooter.BYTES && SegmentFooter.valid(footer, end);
      return new LogSegment(bucket, number, file, whole, sealed ? end : size, sealed);
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /** A new one, of which only the header is written; not synced. */
  static LogSegment create(Vfs vfs, String directory, int bucket, int number) {
    VfsFile file = vfs.open(path(directory, number), Vfs.Mode.CREATE);
    var segment = new LogSegment(bucket, number, file, true, SegmentHeader.BYTES, false);
    try {
      segment.writeHeader();
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
    return segment;
  }

  /** Makes this file one that holds no record, durably. */
  LogSegment emptied() {
    file.truncate(0);
    var empty = new LogSegment(bucket, number, file, true, SegmentHeader.BYTES, false);
    empty.writeHeader();
    sync();
    return empty;
  }

  private void writeHeader() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment header = arena.allocate(SegmentHeader.BYTES);
      SegmentHeader.write(header, bucket, number);
      file.write(0, header);
    }
  }

  long end() {
    return end;
  }

  boolean sealed() {
    return sealed;
  }

  /** Writes records behind the last. */
  void append(MemorySegment records) {
    file.write(end, records);
    end += records.byteSize();
  }

  /** @throws ReadOnlyException it failed, which is final whatever the reason */
  void sync() {
    try {
      file.sync();
    } catch (VfsException e) {
      throw new ReadOnlyException("sync of " + file.path() + " failed; the store is read-only until it is opened again. " + e.getMessage(), e);
    }
  }

  /** Takes off what lies behind {@code to}, durably; a footer too, so that it takes appends again. */
  void cut(long to) {
    file.truncate(to);
    end = to;
    sealed = false;
    sync();
  }

  /** Writes the footer and syncs. Where the footer does not fit, it is as before. */
  void seal() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment footer = arena.allocate(SegmentFooter.BYTES);
      SegmentFooter.write(footer, end);
      file.write(end, footer);
    }
    sync();
    sealed = true;
  }

  /** Nothing refers to it any more; the file goes when there is a later one. */
  void markDropped() {
    dropped = true;
  }

  boolean dropped() {
    return dropped;
  }

  /** Whether it is ready for its first record. */
  boolean empty() {
    return whole && !sealed && end == SegmentHeader.BYTES;
  }

  ValueStore.Segment describe() {
    return new ValueStore.Segment(bucket, number, end, discarded.get(), sealed);
  }

  /** Bytes of records. */
  long dataBytes() {
    return Math.max(0, end - SegmentHeader.BYTES);
  }

  /** Counts bytes as garbage; never more than there are. */
  void discard(long bytes) {
    discarded.accumulateAndGet(bytes, (have, more) -> Math.min(have + more, dataBytes()));
  }

  byte[] read(ValuePointer pointer) {
    long offset = pointer.offset();
    if (!whole) throw damaged(0, "no header of this segment");
    if (offset < SegmentHeader.BYTES || pointer.length() < ValueRecord.HEADER_BYTES || pointer.length() > end - offset) {
      throw damaged(offset, "a pointer to " + pointer.length() + " bytes there, the records end at " + end);
    }
    byte[] bytes = new byte[pointer.length()];
    MemorySegment record = MemorySegment.ofArray(bytes);
    if (file.read(offset, record) != bytes.length) throw damaged(offset, "the file ends before the record");
    var crc = new CRC32C();
    crc.update(bytes, ValueRecord.KEY_LENGTH_OFFSET, bytes.length - ValueRecord.KEY_LENGTH_OFFSET);
    int stored = ValueRecord.storedChecksum(record);
    if (stored != (int) crc.getValue()) throw damaged(offset, "record checksum 0x%08x, expected 0x%08x".formatted((int) crc.getValue(), stored));
    if (!ValueRecord.plausible(record, bytes.length) || ValueRecord.bytes(ValueRecord.keyLength(record), ValueRecord.valueLength(record)) != bytes.length) {
      throw damaged(offset, "the record there is not the " + bytes.length + " bytes of the pointer");
    }
    return Arrays.copyOfRange(bytes, ValueRecord.HEADER_BYTES + ValueRecord.keyLength(record), bytes.length);
  }

  boolean verify(ValuePointer pointer) {
    return whole && pointer.offset() >= SegmentHeader.BYTES && wholeRecordAt(pointer.offset()) == pointer.length();
  }

  /** The length of the record at {@code offset}, or -1 if there is none that is whole and right. Reads it in pieces, since its length is not trusted before. */
  long wholeRecordAt(long offset) {
    long limit = end - offset;
    if (limit < ValueRecord.HEADER_BYTES) return -1;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment header = arena.allocate(ValueRecord.HEADER_BYTES);
      if (file.read(offset, header) != ValueRecord.HEADER_BYTES || !ValueRecord.plausible(header, limit)) return -1;
      long length = ValueRecord.bytes(ValueRecord.keyLength(header), ValueRecord.valueLength(header));
      MemorySegment chunk = arena.allocate(Math.min(length, CHUNK_BYTES));
      var crc = new CRC32C();
      long at = ValueRecord.KEY_LENGTH_OFFSET;
      while (at < length) {
        MemorySegment part = chunk.asSlice(0, Math.min(chunk.byteSize(), length - at));
        if (file.read(offset + at, part) != part.byteSize()) return -1;
        crc.update(part.asByteBuffer());
        at += part.byteSize();
      }
      return ValueRecord.storedChecksum(header) == (int) crc.getValue() ? length : -1;
    }
  }

  /** Behind the last whole record in the unbroken row that starts at {@code from}. */
  long wholeUpTo(long from) {
    long at = from;
    for (long length = wholeRecordAt(at); length > 0; length = wholeRecordAt(at)) at += length;
    return at;
  }

  CorruptException damaged(long offset, String what) {
    return new CorruptException(file.path() + " is damaged at offset " + offset + " (" + what
        + "). Nothing was changed. Run `nokv-launcher check --workdir D`, then restore from a backup or `repair`.");
  }
}
