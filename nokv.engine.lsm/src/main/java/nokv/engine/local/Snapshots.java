package nokv.engine.local;

import java.time.Duration;
import nokv.api.KeyRange;
import nokv.api.SnapshotTooOldException;
import nokv.api.Timestamp;
import nokv.spi.Clock;
import nokv.spi.StorageEngine;
import org.jspecify.annotations.Nullable;

/*
 * Which old versions are kept
 *
 * Open read points stand in a list by timestamp, the oldest first; since a new one is never below the last, it goes to the end. Now and then `advance` ends those past their age and
 * tells the engine that nobody reads below the oldest left (or the newest visible version, or as far back as versions are to be kept). It publishes that bound in `retained` first.
 * Who reads without a place in the list (plain gets, reads at a version) looks at `retained` after reading: if it is still at or below the timestamp read at, nothing that the read
 * needed can have been dropped.
 *
 * Invariant: `retained` ≤ the timestamp of every read point in the list, and ≤ `Versions.visible`.
 */

/** The read points that are open, and what the engine must keep for them. Thread-safe; no lock is held over I/O. */
final class Snapshots {
  private final StorageEngine engine;
  private final Versions versions;
  private final Clock clock;
  private final long maxAgeNanos;
  private final long keepMillis;
  private final ReadPoint list = new ReadPoint(0, 0);
  private int open;
  private long lastTimestamp;
  private volatile long retained;

  /** A place in the list. */
  static final class ReadPoint {
    final long timestamp;
    private final long openedNanos;
    private ReadPoint older = this;
    private ReadPoint newer = this;
    private volatile boolean ended;

    private ReadPoint(long timestamp, long openedNanos) {
      this.timestamp = timestamp;
      this.openedNanos = openedNanos;
    }

    /** Whether it was ended for its age: what it reads from now on may be incomplete. */
    boolean ended() {
      return ended;
    }
  }

  /**
   * @param maxAge after which a read point is ended; zero = never
   * @param keep how long a version stays readable after it was replaced
   * @param retained below which versions may be missing already
   */
  Snapshots(StorageEngine engine, Versions versions, Clock clock, Duration maxAge, Duration keep, long retained) {
    this.engine = engine;
    this.versions = versions;
    this.clock = clock;
    this.maxAgeNanos = maxAge.isZero() ? Long.MAX_VALUE : maxAge.toNanos();
    this.keepMillis = keep.toMillis();
    this.retained = retained;
  }

  /** Versions needed only below it may have been dropped. */
  long retained() {
    return retained;
  }

  /** A read point at the present; null = the oracle has no timestamp now. */
  synchronized @Nullable ReadPoint open() {
    long timestamp = versions.safe();
    if (timestamp == Versions.NONE) return null;
    lastTimestamp = Math.max(lastTimestamp, timestamp);
    return add(lastTimestamp, list.older);
  }

  /** A read point at the caller's timestamp. */
  synchronized ReadPoint openAt(long timestamp) {
    checkRetained(timestamp);
    ReadPoint before = list.older;
    while (before != list && before.timestamp > timestamp) before = before.older;
    return add(timestamp, before);
  }

  private ReadPoint add(long timestamp, ReadPoint before) {
    var point = new ReadPoint(timestamp, clock.nanos());
    point.older = before;
    point.newer = before.newer;
    point.newer.older = point;
    before.newer = point;
    open++;
    return point;
  }

  synchronized void close(ReadPoint point) {
    if (point.newer == point) return;
    point.older.newer = point.newer;
    point.newer.older = point.older;
    point.older = point;
    point.newer = point;
    open--;
  }

  void checkRetained(long timestamp) {
    if (timestamp < retained) {
      throw new SnapshotTooOldException("version " + timestamp + " is below " + retained + ", up to which replaced versions may be gone; raise txn.keep_versions to read further back");
    }
  }

  /** Ends what is too old and lets the engine drop what nobody can read. Costs little where nothing has changed. */
  void advance() {
    long bound;
    synchronized (this) {
      endAged();
      bound = list.newer != list ? Math.min(list.newer.timestamp, versions.visible()) : versions.visible();
      if (keepMillis > 0) bound = Math.min(bound, Timestamp.of(Math.max(0, clock.millis() - keepMillis), 0));
      if (bound <= retained) return;
      retained = bound;
    }
    engine.retain(KeyRange.ALL, bound);
  }

  private void endAged() {
    if (maxAgeNanos == Long.MAX_VALUE) return;
    long now = clock.nanos();
    for (ReadPoint point = list.newer, next; point != list; point = next) {
      next = point.newer;
      if (now - point.openedNanos <= maxAgeNanos) continue;
      point.ended = true;
      close(point);
    }
  }

  synchronized int openCount() {
    return open;
  }

  synchronized long oldestAgeMillis() {
    long oldest = clock.nanos();
    long now = oldest;
    for (ReadPoint point = list.newer; point != list; point = point.newer) oldest = Math.min(oldest, point.openedNanos);
    return (now - oldest) / 1_000_000;
  }
}
