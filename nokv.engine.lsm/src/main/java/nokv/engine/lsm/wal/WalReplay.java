package nokv.engine.lsm.wal;

import static nokv.engine.lsm.wal.WalRecord.INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import nokv.api.CorruptException;
import nokv.spi.EngineLog;
import nokv.spi.Vfs;
import nokv.spi.VfsFile;

/*
 * How the end of the log is found
 *
 * A power cut may keep any part of what was not synced: the last record may be torn, a later page kept and an earlier one lost, and behind the last record a recycled file holds
 * records of its former life. What was synced must be there, or the disk has lied. Three facts tell the two apart:
 *
 *  1. A segment is begun only after the one before it was synced to its end, and its header, which says where that end is, is synced before it takes a record. So all but the last
 *     segment are durable to the byte, and damage in them is corruption. A last file without a valid header was being begun when the power went: it holds nothing, unless a record
 *     with its number is found in it, which means that the header was there and is damaged.
 *  2. Each record of the last segment says up to where that segment was synced when it was written. Where the chain of valid records breaks, at p, every byte after p is tried as
 *     the start of a record of this segment (number and checksum must be right, which no stale record achieves); one that says durable > p proves corruption at p. If there is
 *     none, nothing above p was ever acknowledged as durable and the log ends at p.
 *  3. Of the records before p, those below the greatest durable offset seen are known to be synced; for the others the visitor may still say that the log ends earlier.
 *
 * What lies behind the end may contain valid records of the same segment. If so, Wal cuts the file there, durably, before it writes again, so they cannot come back.
 *
 * A record's checksum does not cover its place. So if a lost record's value is itself a copy of a record of this very segment, it may be taken as proof and the store refuse to
 * open where it could have; it never loses anything by it.
 */

/** Reads a log directory; changes nothing. */
final class WalReplay {
  private static final int PAGE_BYTES = 4096;
  private static final MemorySegment ZERO_PAGE = MemorySegment.ofArray(new byte[PAGE_BYTES]).asReadOnly();

  /**
   * What was found.
   *
   * @param ends of each segment that belongs to the log, by number; the last is the one to go on with
   * @param spares numbers of files that hold nothing needed
   * @param unfinished the number of a file that was being begun, or -1
   * @param clean whether nothing behind the end could be taken for a record of the last segment
   */
  record Result(NavigableMap<Long, Long> ends, List<Long> spares, long unfinished, boolean clean, long records, long bytes) {}

  private final Vfs vfs;
  private final String directory;
  private final WalVisitor visitor;
  private boolean clean = true;
  private long records;
  private long bytes;

  private WalReplay(Vfs vfs, String directory, WalVisitor visitor) {
    this.vfs = vfs;
    this.directory = directory;
    this.visitor = visitor;
  }

  /**
   * Gives every record at or above segment {@code first} to {@code visitor}.
   *
   * @param first the lowest segment that is needed; 0 or 1 = all there are
   */
  static Result run(Vfs vfs, String directory, long first, WalVisitor visitor) {
    return new WalReplay(vfs, directory, visitor).run(first);
  }

  static String path(String directory, long segment) {
    return directory + "/" + "%06d.wal".formatted(segment);
  }

  private Result run(long first) {
    var live = new ArrayList<Long>();
    var spares = new ArrayList<Long>();
    for (long segment : segments(vfs, directory)) (segment < first ? spares : live).add(segment);
    long unfinished = -1;
    if (!live.isEmpty() && !begun(live.getLast())) unfinished = live.removeLast();
    requireAll(first, live);
    var ends = new TreeMap<Long, Long>();
    for (int i = 0; i < live.size(); i++) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment content = load(live.get(i), arena);
        boolean last = i == live.size() - 1;
        ends.put(live.get(i), last ? replayLast(live.get(i), content) : replayFinished(live.get(i), content, previousEnd(live.get(i + 1))));
      }
    }
    return new Result(ends, spares, unfinished, clean, records, bytes);
  }

  static List<Long> segments(Vfs vfs, String directory) {
    if (!vfs.exists(directory)) return List.of();
    return vfs.list(directory).stream().filter(name -> name.matches("\\d{6,10}\\.wal")).map(name -> Long.valueOf(name.substring(0, name.length() - 4))).sorted().toList();
  }

  private void requireAll(long first, List<Long> live) {
    long expected = first > 1 || live.isEmpty() ? first : live.getFirst();
    for (long segment : live) {
      if (segment != expected) break;
      expected++;
    }
    boolean complete = live.isEmpty() ? first <= 1 : expected == live.getLast() + 1;
    if (!complete) {
      throw new CorruptException(path(directory, expected) + " is missing, though the log needs every segment from it on. Nothing was changed. Restore it, or a backup.");
    }
  }

  /** Whether the last segment's header is there. */
  private boolean begun(long segment) {
    if (previousEnd(segment) >= 0) return true;
    try (Arena arena = Arena.ofConfined()) {
      long proof = search((int) segment, load(segment, arena), 0, 0);
      if (proof < 0) return false;
      throw damaged(segment, 0, "its header", ", though the segment was begun: offset " + proof + " holds a record of it");
    }
  }

  /** What a segment's header says of the one before it, or -1 where it has no valid header. */
  private long previousEnd(long segment) {
    try (Arena arena = Arena.ofConfined(); VfsFile file = vfs.open(path(directory, segment), Vfs.Mode.READ)) {
      MemorySegment header = arena.allocate(WalHeader.BYTES);
      return file.read(0, header) == WalHeader.BYTES && WalHeader.valid(header, (int) segment, file.path()) ? WalHeader.previousEnd(header) : -1;
    }
  }

  private long replayFinished(long segment, MemorySegment content, long end) {
    if (end < WalHeader.BYTES || !WalHeader.valid(content, (int) segment, path(directory, segment))) {
      throw damaged(end < 0 ? segment + 1 : segment, 0, "its header", ", though a later segment shows that it was synced");
    }
    String proof = ", below offset " + end + " that was known to be synced, so this is not a torn tail";
    long limit = Math.min(end, content.byteSize());
    long at = WalHeader.BYTES;
    while (at < end) {
      if (!WalRecord.valid(content, at, limit, (int) segment)) throw damaged(segment, at, found(content, at, limit, (int) segment), proof);
      visit(segment, content, at, true);
      at += WalRecord.HEADER_BYTES + WalRecord.length(content, at);
    }
    return end;
  }

  private long replayLast(long segment, MemorySegment content) {
    int number = (int) segment;
    long limit = content.byteSize();
    long durable = WalHeader.BYTES;
    long end = WalHeader.BYTES;
    while (WalRecord.valid(content, end, limit, number)) {
      durable = Math.max(durable, WalRecord.durable(content, end));
      end += WalRecord.HEADER_BYTES + WalRecord.length(content, end);
    }
    long stale = search(number, content, end, 0);
    clean = stale < 0;
    long proof = clean ? -1 : search(number, content, stale, end);
    if (proof >= 0) {
      throw damaged(segment, end, found(content, end, limit, number),
          ", below offset " + WalRecord.durable(content, proof) + " that was known to be synced, so this is not a torn tail");
    }
    long at = WalHeader.BYTES;
    while (at < end) {
      long next = at + WalRecord.HEADER_BYTES + WalRecord.length(content, at);
      if (!visit(segment, content, at, next <= durable)) {
        clean = false;
        return at;
      }
      at = next;
    }
    return end;
  }

  private boolean visit(long segment, MemorySegment content, long at, boolean durable) {
    boolean accepted = visitor.record(WalRecord.type(content, at), WalRecord.payload(content, at), new EngineLog.Position(segment, at), durable);
    if (!accepted && durable) {
      throw damaged(segment, at, "the record is whole, but a value it points to is not", ", and the log shows that both were synced");
    }
    if (accepted) {
      records++;
      bytes += WalRecord.HEADER_BYTES + WalRecord.length(content, at);
    }
    return accepted;
  }

  /**
   * The first place at or after {@code from} with a record of {@code segment} that says more than {@code above} bytes were durable, or -1. Looks at each byte, since where records
   * start is not known behind a gap; what is all zeros, as the unused part of a segment, is passed by the page.
   */
  private static long search(int segment, MemorySegment content, long from, long above) {
    long limit = content.byteSize();
    long at = from;
    while (limit - at >= WalRecord.HEADER_BYTES) {
      long field = at + WalRecord.SEGMENT_OFFSET;
      if (content.get(INT, field) == segment && WalRecord.plausible(content, at, limit, segment) && WalRecord.durable(content, at) > above
          && WalRecord.valid(content, at, limit, segment)) {
        return at;
      }
      at++;
      if (field % PAGE_BYTES == 0 && limit - field >= PAGE_BYTES && content.asSlice(field, PAGE_BYTES).mismatch(ZERO_PAGE) < 0) {
        // No field that starts in this page is non-zero, but for those that reach over its end.
        at += PAGE_BYTES - Integer.BYTES;
      }
    }
    return -1;
  }

  private MemorySegment load(long segment, Arena arena) {
    try (VfsFile file = vfs.open(path(directory, segment), Vfs.Mode.READ)) {
      return load(file, arena);
    }
  }

  static MemorySegment load(VfsFile file, Arena arena) {
    MemorySegment content = arena.allocate(file.size());
    long at = 0;
    while (at < content.byteSize()) {
      int read = file.read(at, content.asSlice(at, Math.min(content.byteSize() - at, 1 << 26)));
      if (read == 0) break;
      at += read;
    }
    return content.asSlice(0, at);
  }

  private static String found(MemorySegment content, long at, long limit, int segment) {
    if (!WalRecord.plausible(content, at, limit, segment)) return "no record of this segment starts there";
    return "record checksum 0x%08x, expected 0x%08x".formatted(WalRecord.checksum(content, at), WalRecord.storedChecksum(content, at));
  }

  private static final String ADVICE = "Run `nokv-launcher check --workdir D`, then restore from a backup or `repair`.";

  private CorruptException damaged(long segment, long offset, String what, String proof) {
    return new CorruptException(path(directory, segment) + " is damaged at offset " + offset + " (" + what + ")" + proof + ". Nothing was changed. " + ADVICE);
  }
}
