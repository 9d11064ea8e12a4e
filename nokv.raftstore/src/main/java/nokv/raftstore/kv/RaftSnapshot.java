package nokv.raftstore.kv;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import nokv.api.ClosedException;
import nokv.api.ColumnFamily;
import nokv.api.Cursor;
import nokv.api.Direction;
import nokv.api.KeyRange;
import nokv.api.Snapshot;
import nokv.spi.txn.Limits;

/** The cluster as of one timestamp. Thread-safe. */
final class RaftSnapshot extends RemoteReader implements Snapshot {
  private final RaftStore store;
  private final long timestamp;
  private volatile boolean closed;

  RaftSnapshot(RaftStore store, long timestamp) {
    super(store.reads);
    this.store = store;
    this.timestamp = timestamp;
  }

  @Override public long timestamp() {
    return timestamp;
  }

  @Override public Cursor scan(ColumnFamily family, KeyRange range, Direction direction) {
    check();
    Limits.checkRange(range);
    return new PagedCursor(this, family.id(), range, direction, timestamp);
  }

  @Override long pointVersion() {
    return timestamp;
  }

  @Override CompletionStage<Long> version() {
    return CompletableFuture.completedFuture(timestamp);
  }

  @Override void check() {
    store.check();
    if (closed) throw new ClosedException("the snapshot was closed");
  }

  @Override public void close() {
    closed = true;
  }
}
