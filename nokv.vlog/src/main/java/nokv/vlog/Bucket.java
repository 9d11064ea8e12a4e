package nokv.vlog;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.zip.CRC32C;
import nokv.api.CorruptException;
import nokv.api.InvalidArgumentException;
import nokv.api.ReadOnlyException;
import nokv.spi.ValuePointer;
import nokv.spi.Vfs;
import nokv.spi.VfsException;
import nokv.spi.VfsFiles;
import org.jspecify.annotations.Nullable;

/*
 * How a bucket is written
 *
 * Values go through one buffer to the last segment. A full segment is sealed (footer, sync) before the next is made (header, sync, directory sync), so only the last may lack what
 * was appended, and a segment whose footer is there is complete. Numbers are never used twice while anything might still point to the old one: the file with the greatest number is
 * deleted only after a greater one exists.
 */

/** The segments of one temperature. Appending methods come from one thread at a time; {@link #segment} and {@link #drop} from any. */
final class Bucket implements AutoCloseable {
  static final int BUFFER_BYTES = 256 << 10;

  private final Vfs vfs;
  private final int number;
  private final String directory;
  private final long segmentBytes;
  private final ConcurrentSkipListMap<Integer, LogSegment> segments = new ConcurrentSkipListMap<>();
  private final Arena arena = Arena.ofShared();
  private final MemorySegment buffer;
  private final MemorySegment header = arena.allocate(ValueRecord.HEADER_BYTES);
  private final ByteBuffer headerView = header.asByteBuffer();
  private final CRC32C crc = new CRC32C();
  private long buffered;
  private boolean dirty;
  private boolean torn;
  private @Nullable LogSegment active;

  /** Where a bucket ended: its last segment, 0 = it had none, and the offset behind the last record in it. */
  record End(int segment, long offset) {}

  Bucket(Vfs vfs, String directory, int number, long segmentBytes, boolean readOnly) {
    this.vfs = vfs;
    this.number = number;
    this.directory = directory;
    this.segmentBytes = segmentBytes;
    this.buffer = readOnly ? MemorySegment.NULL : arena.allocate(BUFFER_BYTES);
    if (!vfs.exists(directory)) return;
    for (String name : vfs.list(directory)) {
      if (!name.matches("\\d{6,9}\\.vlog")) continue;
      int segment = Integer.parseInt(name.substring(0, name.length() - 5));
      segments.put(segment, LogSegment.open(vfs, directory, number, segment, readOnly));
    }
  }

  Iterable<LogSegment> segments() {
    return segments.values();
  }

  @Nullable LogSegment segment(int segment) {
    return segments.get(segment);
  }

  boolean last(LogSegment segment) {
    return segments.higherKey(segment.number) == null;
  }

  String path(int segment) {
    return LogSegment.path(directory, segment);
  }

  // --- recovery ---

  /** Makes the directory where it is missing; its entry is not synced. */
  void create() {
    vfs.createDirectories(directory);
  }

  /** See {@link nokv.spi.ValueStore#recovered}. @param ends behind the last record referred to, by segment */
  void recovered(Map<Integer, Long> ends) {
    for (int named : ends.keySet()) {
      if (!segments.containsKey(named)) throw new CorruptException(path(named) + " is missing, though values in it are referred to. Nothing was changed. Restore it, or a backup.");
    }
    for (LogSegment segment : segments.values()) {
      Long end = ends.get(segment.number);
      boolean last = last(segment);
      if (end == null && last && segment.empty()) {
        continue;
      } else if (end == null && last) {
        segments.put(segment.number, segment.emptied());
      } else if (end == null) {
        delete(segment);
      } else if (!segment.whole) {
        throw segment.damaged(0, "no header of this segment");
      } else if (end > segment.end()) {
        throw segment.damaged(segment.end(), "it ends there, but values up to " + end + " are referred to");
      } else if (last || !segment.sealed()) {
        // Even where there is a footer: it may have reached the disk in the sync that lost what precedes it.
        long whole = segment.wholeUpTo(end);
        if (whole < segment.end()) segment.cut(whole);
        segment.discard(whole - end);
        if (!last) segment.seal();
      }
    }
    Map.Entry<Integer, LogSegment> last = segments.lastEntry();
    if (last != null && !last.getValue().sealed()) active = last.getValue();
  }

  private void delete(LogSegment segment) {
    segment.file.close();
    vfs.delete(path(segment.number));
    segments.remove(segment.number);
  }

  // --- appending ---

  ValuePointer append(int family, byte[] key, byte[] value) {
    long length = ValueRecord.bytes(key.length, value.length);
    if (length > Integer.MAX_VALUE) throw new InvalidArgumentException("a key and value of " + length + " bytes; a value log record holds at most " + Integer.MAX_VALUE);
    LogSegment segment = active;
    if (segment == null || (segment.end() + buffered + length > segmentBytes && segment.end() + buffered > SegmentHeader.BYTES)) segment = roll();
    var pointer = new ValuePointer(number, segment.number, segment.end() + buffered, (int) length);
    ValueRecord.header(header, headerView, crc, family, key, value);
    put(segment, header);
    put(segment, MemorySegment.ofArray(key));
    put(segment, MemorySegment.ofArray(value));
    return pointer;
  }

  private void put(LogSegment segment, MemorySegment bytes) {
    long at = 0;
    while (at < bytes.byteSize()) {
      if (buffered == buffer.byteSize()) write(segment);
      long part = Math.min(bytes.byteSize() - at, buffer.byteSize() - buffered);
      MemorySegment.copy(bytes, at, buffer, buffered, part);
      buffered += part;
      at += part;
    }
  }

  void write() {
    if (active != null && buffered > 0) write(active);
  }

  private void write(LogSegment segment) {
    dirty = true;
    torn = true;
    segment.append(buffer.asSlice(0, buffered));
    torn = false;
    buffered = 0;
  }

  /** Whether it had anything to sync. */
  boolean sync() {
    write();
    if (!dirty || active == null) return false;
    active.sync();
    dirty = false;
    return true;
  }

  private LogSegment roll() {
    LogSegment full = active;
    int next = segments.isEmpty() ? 1 : segments.lastKey() + 1;
    if (full != null) {
      write();
      torn = true;
      full.seal();
      torn = false;
      dirty = false;
    }
    LogSegment made;
    try {
      made = LogSegment.create(vfs, directory, number, next);
    } catch (VfsException e) {
      if (vfs.exists(path(next))) vfs.delete(path(next));
      if (full != null) full.cut(full.end());
      throw e;
    }
    try {
      made.sync();
      syncDirectory();
    } catch (RuntimeException e) {
      made.file.close();
      throw e;
    }
    for (LogSegment segment : segments.values()) if (segment.dropped()) delete(segment);
    segments.put(next, made);
    active = made;
    return made;
  }

  private void syncDirectory() {
    try {
      vfs.syncDirectory(directory);
    } catch (VfsException e) {
      throw new ReadOnlyException("sync of " + directory + " failed; the store is read-only until it is opened again. " + e.getMessage(), e);
    }
  }

  // --- rewinding ---

  End end() {
    if (active != null) return new End(active.number, active.end() + buffered);
    Map.Entry<Integer, LogSegment> last = segments.lastEntry();
    return last == null ? new End(0, 0) : new End(last.getKey(), last.getValue().end());
  }

  void rewind(End to) {
    LogSegment segment = active;
    if (segment == null) return;
    boolean same = segment.number == to.segment;
    long target = same ? to.offset : SegmentHeader.BYTES;
    if (torn || target < segment.end()) {
      segment.cut(Math.min(target, segment.end()));
      torn = false;
      dirty = false;
    }
    buffered = target - segment.end();
    if (!same) discardSealedSince(to, segment.number);
  }

  /** Segments that were filled and sealed since keep what they have; it is garbage from the start. */
  private void discardSealedSince(End to, int before) {
    for (LogSegment segment : segments.subMap(to.segment, before).values()) {
      segment.discard(segment.end() - (segment.number == to.segment ? to.offset : SegmentHeader.BYTES));
    }
  }

  // --- copying ---

  int number() {
    return number;
  }

  /**
   * Notes the present ends; the task links or copies the segments up to there. The last is copied even where it is sealed, since only that one is ever cut or sealed anew, and an opening
   * of the copy may do so.
   */
  Runnable checkpoint(String target) {
    Map<Integer, Long> ends = new TreeMap<>();
    for (LogSegment segment : segments.values()) if (!segment.dropped() && !last(segment)) ends.put(segment.number, -1L);
    Map.Entry<Integer, LogSegment> last = segments.lastEntry();
    if (last != null) ends.put(last.getKey(), last.getValue().end());
    return () -> {
      vfs.createDirectories(target);
      ends.forEach((segment, end) -> copy(segment, end, target));
      vfs.syncDirectory(target);
    };
  }

  private void copy(int segment, long end, String target) {
    try {
      if (end < 0) vfs.link(path(segment), LogSegment.path(target, segment));
      else VfsFiles.copy(vfs, path(segment), end, LogSegment.path(target, segment));
    } catch (VfsException e) {
      // Nothing refers to a segment that was dropped meanwhile.
      if (e.kind() != VfsException.Cause.NOT_FOUND) throw e;
    }
  }

  // --- dropping ---

  void drop(int segment) {
    LogSegment dropped = segments.get(segment);
    if (dropped == null) return;
    if (!dropped.sealed()) throw new IllegalArgumentException(path(segment) + " is not sealed");
    if (last(dropped)) dropped.markDropped();
    else delete(dropped);
  }

  @Override public void close() {
    for (LogSegment segment : segments.values()) segment.file.close();
    segments.clear();
    arena.close();
  }
}
