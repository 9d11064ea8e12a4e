package nokv.engine.local;

import nokv.api.ClosedException;
import nokv.api.ColumnFamily;
import nokv.api.Cursor;
import nokv.api.Direction;
import nokv.api.Entry;
import nokv.api.KeyRange;
import nokv.api.Snapshot;
import nokv.api.SnapshotTooOldException;
import nokv.spi.txn.Limits;
import org.jspecify.annotations.Nullable;

/** The store at a read point. Thread-safe. */
final class LocalSnapshot extends LocalReader implements Snapshot {
  private final LocalStore store;
  private final Snapshots.ReadPoint point;
  private volatile boolean closed;

  LocalSnapshot(LocalStore store, Snapshots.ReadPoint point) {
    super(store.engine, store.io);
    this.store = store;
    this.point = point;
  }

  @Override public long timestamp() {
    return point.timestamp;
  }

  @Override public byte @Nullable [] get(ColumnFamily family, byte[] key) {
    check();
    Limits.checkKey(key);
    byte[] value = engine.get(family.id(), key, point.timestamp);
    check();
    return value;
  }

  @Override public @Nullable Entry getEntry(ColumnFamily family, byte[] key) {
    check();
    Limits.checkKey(key);
    Entry entry = entryAt(family, key, point.timestamp);
    check();
    return entry;
  }

  @Override public Cursor scan(ColumnFamily family, KeyRange range, Direction direction) {
    check();
    var entries = engine.scan(family.id(), range, direction, point.timestamp, null);
    try {
      check();
    } catch (RuntimeException e) {
      entries.close();
      throw e;
    }
    return new StoreCursor(this, entries);
  }

  /** Also after a read, which is only good if the point was not ended meanwhile. */
  @Override void check() {
    store.check();
    if (closed) throw new ClosedException("the snapshot was closed");
    if (point.ended()) throw tooOld(point);
  }

  static SnapshotTooOldException tooOld(Snapshots.ReadPoint point) {
    return new SnapshotTooOldException("the snapshot at " + point.timestamp + " was ended, it is older than txn.max_snapshot_age; take a new one");
  }

  @Override public void close() {
    if (closed) return;
    closed = true;
    store.snapshots.close(point);
  }
}
