package nokv.engine.lsm.wal;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import nokv.spi.EngineLog;
import nokv.spi.Vfs;
import nokv.spi.VfsFile;

/** What can be kept of a log that does not replay: all before the first damage, so that the state is a prefix of what was acknowledged. Changes nothing. */
public final class WalSalvage {
  private WalSalvage() {}

  public static String path(String nodeDirectory, long segment) {
    return WalReplay.path(nodeDirectory + "/wal", segment);
  }

  /** Numbers of the segments that are there, ascending, spare ones included. */
  public static List<Long> segments(Vfs vfs, String nodeDirectory) {
    return WalReplay.segments(vfs, nodeDirectory + "/wal");
  }

  /** The first segment of the unbroken row that ends with the last; 0 where there is none. For a log of which no manifest says where it begins. */
  public static long firstOfUnbroken(Vfs vfs, String nodeDirectory) {
    List<Long> segments = segments(vfs, nodeDirectory);
    if (segments.isEmpty()) return 0;
    int first = segments.size() - 1;
    while (first > 0 && segments.get(first - 1) == segments.get(first) - 1) first--;
    return segments.get(first);
  }

  /**
   * Behind the last record of the unbroken row that begins in segment {@code first}; offset 0 in a segment of which nothing can be kept.
   *
   * @param visitor false = the record is no longer to be kept
   */
  public static EngineLog.Position soundEnd(Vfs vfs, String nodeDirectory, long first, WalVisitor visitor) {
    List<Long> present = segments(vfs, nodeDirectory);
    long segment = first > 1 || present.isEmpty() ? Math.max(1, first) : present.getFirst();
    var end = new EngineLog.Position(segment, 0);
    while (present.contains(segment)) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment content = load(vfs, path(nodeDirectory, segment), arena);
        if (!WalHeader.valid(content, (int) segment, path(nodeDirectory, segment))) return end;
        long limit = content.byteSize();
        long at = WalHeader.BYTES;
        end = new EngineLog.Position(segment, at);
        while (WalRecord.valid(content, at, limit, (int) segment)) {
          if (!visitor.record(WalRecord.type(content, at), WalRecord.payload(content, at), end, true)) return end;
          at += WalRecord.HEADER_BYTES + WalRecord.length(content, at);
          end = new EngineLog.Position(segment, at);
        }
        if (previousEnd(vfs, nodeDirectory, segment + 1, present) != at) return end;
      }
      segment++;
    }
    return end;
  }

  private static long previousEnd(Vfs vfs, String nodeDirectory, long segment, List<Long> present) {
    if (!present.contains(segment)) return -1;
    try (Arena arena = Arena.ofConfined(); VfsFile file = vfs.open(path(nodeDirectory, segment), Vfs.Mode.READ)) {
      MemorySegment header = arena.allocate(WalHeader.BYTES);
      boolean valid = file.read(0, header) == WalHeader.BYTES && WalHeader.valid(header, (int) segment, file.path());
      return valid ? WalHeader.previousEnd(header) : -1;
    }
  }

  private static MemorySegment load(Vfs vfs, String path, Arena arena) {
    try (VfsFile file = vfs.open(path, Vfs.Mode.READ)) {
      return WalReplay.load(file, arena);
    }
  }
}
