package nokv.raftstore.txn;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import nokv.raftstore.key.FamilyKey;
import org.jspecify.annotations.Nullable;

/**
 * Locks in memory: keys whose version, or least version, was chosen, but where the engine does not show it yet. A reader at or above that version must wait. Thread-safe.
 *
 * <p>A writer first publishes its keys, then looks at the greatest read timestamp and goes above it; a reader first raises that timestamp, then looks here. So one of the two sees the
 * other (the idea is that of TiKV's asynchronous commit).
 */
final class PendingWrites {
  private final ConcurrentSkipListMap<FamilyKey, Pending> keys = new ConcurrentSkipListMap<>();
  private final List<Pending> ranges = new CopyOnWriteArrayList<>();

  /** The keys of one command. */
  static final class Pending {
    /** 0 = not chosen yet: everybody waits. */
    private volatile long minVersion;
    private final CompletableFuture<Void> over = new CompletableFuture<>();
    private final Collection<FamilyKey> keys;
    private final List<Range> ranges;

    private Pending(Collection<FamilyKey> keys, List<Range> ranges) {
      this.keys = keys;
      this.ranges = ranges;
    }

    /** Readers below this version may pass from now on. */
    void choose(long version) {
      minVersion = version;
    }

    private boolean hinders(long readVersion) {
      return minVersion <= readVersion;
    }

    /** Completes when the engine shows it, or never will. */
    CompletableFuture<Void> over() {
      return over;
    }
  }

  /** Keys of a family; {@code end} null = to the last. */
  record Range(int family, byte[] start, byte @Nullable [] end) {
    boolean contains(FamilyKey key) {
      return key.family() == family && Arrays.compareUnsigned(key.key(), start) >= 0 && (end == null || Arrays.compareUnsigned(key.key(), end) < 0);
    }

    boolean overlaps(Range other) {
      return family == other.family && (end == null || Arrays.compareUnsigned(other.start, end) < 0) && (other.end == null || Arrays.compareUnsigned(start, other.end) < 0);
    }
  }

  /** To be called under the latches of the keys. */
  Pending publish(Collection<FamilyKey> written, List<Range> deleted) {
    var pending = new Pending(written, deleted);
    for (FamilyKey key : written) keys.put(key, pending);
    if (!deleted.isEmpty()) ranges.add(pending);
    return pending;
  }

  void remove(Pending pending) {
    for (FamilyKey key : pending.keys) keys.remove(key, pending);
    if (!pending.ranges.isEmpty()) ranges.remove(pending);
    pending.over.complete(null);
  }

  /** What a reader of a key has to wait for; null = nothing. */
  @Nullable Pending hindrance(FamilyKey key, long readVersion) {
    Pending pending = keys.get(key);
    if (pending != null && pending.hinders(readVersion)) return pending;
    for (Pending delete : ranges) if (delete.hinders(readVersion) && delete.ranges.stream().anyMatch(range -> range.contains(key))) return delete;
    return null;
  }

  /** What a reader of a range has to wait for; null = nothing. */
  @Nullable Pending hindrance(Range range, long readVersion) {
    var from = new FamilyKey(0, range.start());
    var end = range.end();
    var inside = end == null ? keys.tailMap(from, true) : keys.subMap(from, true, new FamilyKey(0, end), false);
    for (var entry : inside.entrySet()) if (entry.getKey().family() == range.family() && entry.getValue().hinders(readVersion)) return entry.getValue();
    for (Pending delete : ranges) if (delete.hinders(readVersion) && delete.ranges.stream().anyMatch(range::overlaps)) return delete;
    return null;
  }
}
