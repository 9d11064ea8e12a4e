package nokv.engine.lsm.wal;

import com.codahale.metrics.Counter;
import com.codahale.metrics.Timer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import nokv.api.CorruptException;
import nokv.api.DiskFullException;
import nokv.api.ReadOnlyException;
import nokv.spi.Clock;
import nokv.spi.EngineLog;
import nokv.spi.Environment;
import nokv.spi.MemoryBudget;
import nokv.spi.Vfs;
import nokv.spi.VfsException;
import nokv.spi.VfsFile;
import nokv.spi.VfsFiles;
import org.jspecify.annotations.Nullable;

/*
 * How the log is written
 *
 * Records are staged in an off-heap buffer and handed to the file in one write per group. A segment is allocated ahead of its end, so that a sync need not write file metadata; one
 * whose records are no longer needed is renamed and written over from its start. To begin the next segment is the only moment that costs more than one sync: the old one is synced, the
 * new file reserved, its header written and synced, then the directory. After that a record can be lost but its segment cannot.
 *
 * Invariants, kept here and relied upon by WalReplay:
 *  - a segment's number is used once, so a stale record never carries the number of the segment it is found in;
 *  - the header of segment N+1 is on disk only if N is synced to the end that the header names;
 *  - behind the end there is no valid record of this segment: replay (where it finds one) and rewind cut the file, and sync the cut, before anything is written there again.
 */

/**
 * A segmented, typed write-ahead log in {@code <directory>/wal}. One thread at a time stages, writes, syncs, rotates and rewinds; {@link #read}, {@link #recycleBelow} and
 * the figures may be used by any thread beside it.
 *
 * <p>A failed sync is final: this and every later change throws {@link ReadOnlyException} with the cause. So does a failed write, except for lack of space.
 */
public final class Wal implements AutoCloseable {
  /** The smallest segment. */
  public static final long MIN_SEGMENT_BYTES = 4096;

  /** More than one record never holds. */
  public static final int MAX_PAYLOAD_BYTES = 1 << 30;

  private static final int KEPT_BUFFER_BYTES = 1 << 20;
  /** A synced log needs no more, and one that is not synced gains little. */
  private static final int KEPT_SPARES = 1;
  private static final long ALLOCATION_BYTES = 1 << 20;

  private final Vfs vfs;
  private final String nodeDirectory;
  private final String directory;
  private final long segmentBytes;
  private final Clock clock;
  private final Counter bytesWritten;
  private final Counter syncs;
  private final Timer syncLatency;
  private final CRC32C crc = new CRC32C();
  private final WalReplay.Result recovered;
  private final MemoryBudget.Claim memory;

  /** Finished segments by number, with their ends. */
  private final ConcurrentSkipListMap<Long, Long> finished = new ConcurrentSkipListMap<>();
  private final ConcurrentSkipListMap<Long, VfsFile> open = new ConcurrentSkipListMap<>();
  private final Queue<Long> spares = new ConcurrentLinkedQueue<>();

  private Arena arena = Arena.ofShared();
  private MemorySegment buffer = arena.allocate(1 << 16);
  private ByteBuffer view = buffer.asByteBuffer();
  private int staged;

  private VfsFile file;
  /** Where the log ends: what was written of the last segment. One reference, so that {@link #read} sees number and end together. */
  private volatile EngineLog.Position end;
  private long durable;
  /** Size of the file. */
  private long allocated;
  private boolean tornWrite;
  private volatile @Nullable ReadOnlyException failure;
  private long trimmedBytes;

  /**
   * Replays the log, cuts off what does not belong to it, and readies it for writing. Changes nothing before the replay has succeeded.
   *
   * <p>When this returns, the end that the replay found is settled on disk. Only then may the value store take new values where the lost ones were: a pointer of the old tail
   * must not become good again.
   *
   * @param directory the node's; its entry for {@code wal} is synced
   * @param segmentBytes size of a segment; a group that does not fit in an empty one makes it larger
   * @param first the lowest segment that is needed, as the manifest knows it; 0 = all there are
   * @throws CorruptException a record known to be synced is damaged or a segment is missing; nothing was changed
   */
  public static Wal open(Environment environment, Vfs vfs, String directory, long segmentBytes, long first, WalVisitor visitor) {
    return new Wal(environment, vfs, directory, segmentBytes, WalReplay.run(vfs, directory + "/wal", first, visitor), first);
  }

  /** Replays without changing anything: for tools and for a store that is opened read-only. Returns how many records there were. */
  public static long replay(Vfs vfs, String directory, long first, WalVisitor visitor) {
    return WalReplay.run(vfs, directory + "/wal", first, visitor).records();
  }

  private Wal(Environment environment, Vfs vfs, String directory, long segmentBytes, WalReplay.Result recovered, long first) {
    this.vfs = vfs;
    this.nodeDirectory = directory;
    this.directory = directory + "/wal";
    this.segmentBytes = Math.max(segmentBytes, MIN_SEGMENT_BYTES);
    this.clock = environment.clock();
    this.bytesWritten = environment.metrics().counter("wal.bytes");
    this.syncs = environment.metrics().counter("wal.syncs");
    this.syncLatency = environment.metrics().timer("wal.sync_latency");
    this.recovered = recovered;
    this.memory = environment.memory().claim("wal.buffer", KEPT_BUFFER_BYTES);
    this.end = new EngineLog.Position(0, 0);
    try {
      this.file = start(recovered, Math.max(1, first));
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private VfsFile start(WalReplay.Result recovered, long first) {
    vfs.createDirectories(this.directory);
    vfs.syncDirectory(nodeDirectory);
    for (long spare : recovered.spares()) addSpare(spare);
    if (recovered.unfinished() >= 0) vfs.delete(path(recovered.unfinished()));
    Map.Entry<Long, Long> last = recovered.ends().lastEntry();
    if (last == null) return begin(first, 0);
    end = new EngineLog.Position(last.getKey(), last.getValue());
    finished.putAll(recovered.ends().headMap(last.getKey()));
    VfsFile found = vfs.open(path(end.segment()), Vfs.Mode.READ_WRITE);
    open.put(end.segment(), found);
    allocated = found.size();
    if (recovered.clean()) {
      found.allocate(allocated);
      sync(found);
    } else {
      trimmedBytes = allocated - end.offset();
      cut(found);
    }
    durable = end.offset();
    return found;
  }

  /** Where the next record staged will lie. */
  public EngineLog.Position position() {
    return new EngineLog.Position(end.segment(), end.offset() + staged);
  }

  /** Whether {@code bytes} more (of payloads and {@link #RECORD_OVERHEAD_BYTES} each) should go to the next segment; then {@link #rotate} before staging. */
  public boolean full(long bytes) {
    return end.offset() + bytes > segmentBytes && end.offset() > WalHeader.BYTES;
  }

  /** What a record takes beside its payload. */
  public static final int RECORD_OVERHEAD_BYTES = WalRecord.HEADER_BYTES;

  /**
   * Adds a record to the group that the next {@link #write} writes.
   *
   * @param type 1 to 127
   * @return where the caller puts the payload, of {@code length} bytes of no particular content, before it stages another
   */
  public MemorySegment stage(int type, int length) {
    requireWritable();
    if (type < 1 || type > Byte.MAX_VALUE || length < 0 || length > MAX_PAYLOAD_BYTES) throw new IllegalArgumentException("record of type " + type + ", " + length + " bytes");
    reserve(WalRecord.HEADER_BYTES + length);
    WalRecord.header(buffer, staged, type, length, (int) end.segment(), durable);
    MemorySegment payload = buffer.asSlice(staged + WalRecord.HEADER_BYTES, length);
    staged += WalRecord.HEADER_BYTES + length;
    return payload;
  }

  private void reserve(int more) {
    long needed = (long) staged + more;
    if (needed <= buffer.byteSize()) return;
    if (needed > Integer.MAX_VALUE) throw new IllegalStateException("a group of " + needed + " bytes; write the records staged so far first");
    replaceBuffer(Math.min(Integer.MAX_VALUE, Math.max(needed, 2 * buffer.byteSize())));
  }

  private void replaceBuffer(long size) {
    Arena larger = Arena.ofShared();
    MemorySegment copy = larger.allocate(size);
    MemorySegment.copy(buffer, 0, copy, 0, staged);
    arena.close();
    arena = larger;
    buffer = copy;
    view = buffer.asByteBuffer();
  }

  /**
   * Hands the staged records to the file.
   *
   * @throws DiskFullException call {@link #rewind} before anything else
   * @throws ReadOnlyException the file failed in another way; final
   */
  public void write() {
    requireWritable();
    if (staged == 0) return;
    for (int at = 0; at < staged; at += WalRecord.HEADER_BYTES + WalRecord.length(buffer, at)) WalRecord.seal(buffer, view, crc, at);
    try {
      allocate(file, end.offset() + staged);
      file.write(end.offset(), buffer.asSlice(0, staged));
    } catch (VfsException e) {
      tornWrite = true;
      if (e.kind() == VfsException.Cause.NO_SPACE) throw new DiskFullException(file.path() + ": no space for " + staged + " bytes of log. Free some; writes then resume.", e);
      throw fail("write to " + file.path() + " failed", e);
    }
    end = position();
    bytesWritten.inc(staged);
    staged = 0;
    if (buffer.byteSize() > KEPT_BUFFER_BYTES) replaceBuffer(KEPT_BUFFER_BYTES);
  }

  private void allocate(VfsFile target, long needed) {
    if (needed <= allocated) return;
    long size = Math.max(needed, Math.min(segmentBytes, needed + ALLOCATION_BYTES));
    target.allocate(size);
    allocated = size;
  }

  /** Makes all that was written survive a power loss. @throws ReadOnlyException final */
  public void sync() {
    requireWritable();
    if (durable == end.offset()) return;
    sync(file);
    durable = end.offset();
  }

  /** Whether something was written since the last {@link #sync}. */
  public boolean dirty() {
    return durable != end.offset();
  }

  /** Whether a failed {@link #write} may have left bytes in the file. */
  public boolean torn() {
    return tornWrite;
  }

  /** Forgets what is staged and, after a failed {@link #write}, takes back what of it reached the file. Syncs then, so the value store must be synced before. */
  public void rewind() {
    requireWritable();
    staged = 0;
    if (tornWrite) cut(file);
    tornWrite = false;
  }

  /** Cuts the file to the end of the log for good: nothing behind it can be taken for a record later. */
  private void cut(VfsFile target) {
    try {
      target.truncate(end.offset());
      allocated = end.offset();
    } catch (VfsException e) {
      throw fail("cutting " + target.path() + " failed", e);
    }
    sync(target);
    durable = end.offset();
  }

  /**
   * Syncs this segment and begins the next. Nothing may be staged.
   *
   * @throws DiskFullException the next could not be made; this one stays in use
   */
  public void rotate() {
    requireWritable();
    if (staged != 0) throw new IllegalStateException(staged + " bytes are staged");
    sync();
    EngineLog.Position before = end;
    finished.put(before.segment(), before.offset());
    try {
      file = begin(before.segment() + 1, before.offset());
    } finally {
      if (end == before) finished.remove(before.segment());
    }
  }

  private VfsFile begin(long number, long previousEnd) {
    if (number > Integer.MAX_VALUE) throw fail("the log has used up its segment numbers", new IllegalStateException("segment " + number));
    String path = path(number);
    VfsFile next = null;
    try {
      next = create(path);
      allocated = next.size();
      if (allocated >= WalHeader.BYTES) next.allocate(allocated);
      else allocate(next, WalHeader.BYTES);
      try (Arena once = Arena.ofConfined()) {
        MemorySegment header = once.allocate(WalHeader.BYTES);
        WalHeader.write(header, (int) number, previousEnd);
        next.write(0, header);
      }
    } catch (VfsException e) {
      abandon(next, path);
      allocated = end.offset();
      if (e.kind() == VfsException.Cause.NO_SPACE) throw new DiskFullException(path + ": no space for a log segment. Free some; writes then resume.", e);
      throw fail("making " + path + " failed", e);
    }
    open.put(number, next);
    sync(next);
    syncDirectory();
    end = new EngineLog.Position(number, WalHeader.BYTES);
    durable = WalHeader.BYTES;
    return next;
  }

  private VfsFile create(String path) {
    Long spare = spares.poll();
    if (spare == null) return vfs.open(path, Vfs.Mode.CREATE);
    vfs.rename(path(spare), path);
    return vfs.open(path, Vfs.Mode.READ_WRITE);
  }

  /** A segment that was not begun must not be found later: its header would say that the present one ends here. */
  private void abandon(@Nullable VfsFile next, String path) {
    try {
      if (next != null) next.close();
      if (vfs.exists(path)) vfs.delete(path);
    } catch (VfsException e) {
      throw fail("deleting " + path + " failed", e);
    }
    syncDirectory();
  }

  /** Says that no record below {@code segment} is needed any more and that the manifest says so, durably. */
  public void recycleBelow(long segment) {
    for (Long number : finished.headMap(Math.min(segment, end.segment())).keySet()) {
      if (finished.remove(number) == null) continue;
      VfsFile handle = open.remove(number);
      if (handle != null) handle.close();
      addSpare(number);
    }
  }

  /** Keeps the file for {@link #create}, unless there are enough. */
  private void addSpare(long number) {
    if (spares.size() < KEPT_SPARES) spares.add(number);
    else vfs.delete(path(number));
  }

  /** Reads a record back. @throws CorruptException if there is none or it is damaged */
  public EngineLog.Record read(EngineLog.Position position) {
    long number = position.segment();
    long at = position.offset();
    EngineLog.Position present = end;
    long limit = number == present.segment() ? present.offset() : finished.getOrDefault(number, 0L);
    if (at < WalHeader.BYTES || at + WalRecord.HEADER_BYTES > limit) {
      throw new CorruptException(path(number) + " has no record at offset " + at + "; the log holds segments " + firstSegment() + " to " + present.segment() + ", this one up to " + limit);
    }
    VfsFile source = open.computeIfAbsent(number, n -> vfs.open(path(n), Vfs.Mode.READ));
    try (Arena once = Arena.ofConfined()) {
      MemorySegment header = once.allocate(WalRecord.HEADER_BYTES);
      source.read(at, header);
      int length = WalRecord.length(header, 0);
      if (length >= 0 && at + WalRecord.HEADER_BYTES + length <= limit) {
        MemorySegment whole = once.allocate(WalRecord.HEADER_BYTES + (long) length);
        source.read(at, whole);
        if (whole.get(WalRecord.INT, WalRecord.SEGMENT_OFFSET) == number && WalRecord.length(whole, 0) == length
            && WalRecord.storedChecksum(whole, 0) == WalRecord.checksum(whole, 0)) {
          return new EngineLog.Record(WalRecord.type(whole, 0), WalRecord.payload(whole, 0).toArray(ValueLayout.JAVA_BYTE));
        }
      }
      throw new CorruptException(source.path() + " is damaged at offset " + at + " (no valid record there), though one was written. Nothing was changed.");
    }
  }

  /**
   * Copies what the log holds from segment {@code first} on, up to its present end, to a node's directory that has no log, durably. May run beside the thread that writes; nothing may be
   * {@linkplain #recycleBelow recycled} from {@code first} on meanwhile.
   */
  public void copyTo(String otherNode, long first) {
    String target = otherNode + "/wal";
    vfs.createDirectories(target);
    for (Map.Entry<Long, Long> segment : segments().tailMap(first, true).entrySet()) {
      VfsFiles.copy(vfs, path(segment.getKey()), segment.getValue(), WalReplay.path(target, segment.getKey()));
    }
    vfs.syncDirectory(target);
    vfs.syncDirectory(otherNode);
  }

  /** The lowest segment that is kept. */
  public long firstSegment() {
    Map.Entry<Long, Long> lowest = finished.firstEntry();
    return lowest == null ? end.segment() : lowest.getKey();
  }

  /** Ends of all segments that are kept, by number. */
  public NavigableMap<Long, Long> segments() {
    EngineLog.Position present = end;
    var all = new TreeMap<>(finished.headMap(present.segment()));
    all.put(present.segment(), present.offset());
    return all;
  }

  /** Bytes of log in all segments that are kept. */
  public long bytes() {
    return segments().values().stream().mapToLong(Long::longValue).sum();
  }

  /** How many bytes of records replay gave at opening. */
  public long replayedBytes() {
    return recovered.bytes();
  }

  /** How many bytes were cut off behind the end of the log at opening, because something in them could have been taken for a record later. */
  public long trimmedBytes() {
    return trimmedBytes;
  }

  /** Why the log takes no more writes, or null. */
  public @Nullable ReadOnlyException failure() {
    return failure;
  }

  /** Makes the log read-only for ever, because something that it must agree with failed; returns what to throw. The first cause stays. */
  public ReadOnlyException fail(String what, Throwable cause) {
    var failed = new ReadOnlyException(what + "; the store is read-only until it is opened again. " + cause.getMessage(), cause);
    if (failure == null) failure = failed;
    return failed;
  }

  private void requireWritable() {
    ReadOnlyException failed = failure;
    if (failed != null) throw new ReadOnlyException(String.valueOf(failed.getMessage()), failed);
  }

  private void sync(VfsFile target) {
    long start = clock.nanos();
    try {
      target.sync();
    } catch (VfsException e) {
      throw fail("sync of " + target.path() + " failed", e);
    }
    syncs.inc();
    syncLatency.update(clock.nanos() - start, TimeUnit.NANOSECONDS);
  }

  private void syncDirectory() {
    try {
      vfs.syncDirectory(directory);
    } catch (VfsException e) {
      throw fail("sync of directory " + directory + " failed", e);
    }
  }

  private String path(long number) {
    return WalReplay.path(directory, number);
  }

  /** Closes the files without syncing. */
  @Override public void close() {
    open.values().forEach(VfsFile::close);
    open.clear();
    arena.close();
    memory.close();
  }
}
