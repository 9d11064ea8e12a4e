package nokv.raftstore.log;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import nokv.api.CorruptException;
import nokv.raftstore.raft.Entry;
import nokv.raftstore.log.RegionLog.Run;
import nokv.spi.EngineLog;
import nokv.spi.EngineLog.Position;
import org.jspecify.annotations.Nullable;

/**
 * The logs of all regions of a store, kept as records of the engine's log; see {@code docs/formats/raft.md}. Entries are cached, the newest first, within one budget of bytes. Used by
 * one thread at a time, the store loop.
 */
public final class RaftLogs {
  private final EngineLog log;
  private final long cacheBytes;
  private final Map<Long, RegionLog> regions = new HashMap<>();
  /** Oldest first. May hold runs that were forgotten. */
  private final ArrayDeque<Run> cache = new ArrayDeque<>();
  private long cachedBytes;
  private @Nullable Position released;
  private @Nullable Position lastRead;
  private List<Entry> lastEntries = List.of();

  private RaftLogs(EngineLog log, long cacheBytes) {
    this.log = log;
    this.cacheBytes = cacheBytes;
  }

  /** Reads what the log holds. */
  public static RaftLogs open(EngineLog log, long cacheBytes) {
    var logs = new RaftLogs(log, cacheBytes);
    log.replay(logs::replay);
    return logs;
  }

  private void replay(Position position, EngineLog.Record record) {
    byte[] payload = record.payload();
    switch (record.type()) {
      case EntriesRecord.TYPE -> {
        var entries = EntriesRecord.decode(payload);
        var region = region(EntriesRecord.region(payload));
        // Older records of the region may be gone, where a later one says that they are not needed.
        if (entries.getFirst().index() > region.lastIndex() + 1) region.reset(entries.getFirst().index() - 1, 0);
        region.stored(entries, position);
      }
      case StateRecord.TYPE -> {
        var state = StateRecord.decode(payload);
        region(state.region()).stored(state, position);
      }
      case RemovedRecord.TYPE -> regions.remove(RemovedRecord.decode(payload));
      default -> throw new CorruptException("the log holds a record of type " + record.type() + ", which no version of the raft replicator writes");
    }
  }

  /** The log of a region; empty where there was none. */
  public RegionLog region(long id) {
    return regions.computeIfAbsent(id, each -> new RegionLog(this, each));
  }

  /** Forgets a region whose removal is stored. */
  public void forget(long id) {
    regions.remove(id);
  }

  public LogBatch batch() {
    return new LogBatch(log);
  }

  /** Lets the log have back what no region needs. */
  public void release() {
    Position needed = null;
    for (RegionLog region : regions.values()) {
      Position its = region.needed();
      if (its != null && (needed == null || its.compareTo(needed) < 0)) needed = its;
    }
    if (needed == null || (released != null && released.compareTo(needed) >= 0)) return;
    released = needed;
    log.release(needed);
  }

  /** Bytes of the log that are kept for raft records alone. */
  public long pinnedBytes() {
    return log.pinnedBytes();
  }

  /** The regions that keep the oldest segment of the log. */
  public List<RegionLog> oldest() {
    long segment = Long.MAX_VALUE;
    var found = new ArrayList<RegionLog>();
    for (RegionLog region : regions.values()) {
      Position needed = region.needed();
      if (needed == null || needed.segment() > segment) continue;
      if (needed.segment() < segment) found.clear();
      segment = needed.segment();
      found.add(region);
    }
    return found;
  }

  public long cachedBytes() {
    return cachedBytes;
  }

  void cached(Run run) {
    cache.add(run);
    cachedBytes += run.bytes;
    while (cachedBytes > cacheBytes) forget(cache.remove());
  }

  void forget(Run run) {
    if (run.cached == null) return;
    run.cached = null;
    cachedBytes -= run.bytes;
    // Where many are truncated and few appended, the forgotten ones pile up at the front.
    while (!cache.isEmpty() && cache.getFirst().cached == null) cache.remove();
  }

  /** Reads entries back. Whoever needs one usually needs the next, in the same record. */
  List<Entry> read(long region, Position position) {
    if (position.equals(lastRead)) return lastEntries;
    var record = log.read(position);
    if (record.type() != EntriesRecord.TYPE || EntriesRecord.region(record.payload()) != region) {
      throw new CorruptException("the log's record at segment " + position.segment() + ", offset " + position.offset() + " does not hold entries of region " + region);
    }
    lastEntries = EntriesRecord.decode(record.payload());
    lastRead = position;
    return lastEntries;
  }
}
