package nokv.raftstore.kv;

import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongFunction;
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
  private final Pins.Pin pin;
  private final AtomicBoolean closed = new AtomicBoolean();

  RaftSnapshot(RaftStore store, long timestamp, Pins.Pin pin) {
    super(store.reads);
    this.store = store;
    this.timestamp = timestamp;
    this.pin = pin;
  }

  @Override public long timestamp() {
    return timestamp;
  }

  @Override public Cursor scan(ColumnFamily family, KeyRange range, Direction direction) {
    check();
    Limits.checkRange(range);
    return new PagedCursor(this, family.id(), range, direction, timestamp, () -> {});
  }

  @Override long pointVersion() {
    return timestamp;
  }

  @Override <T> CompletionStage<T> atVersion(LongFunction<CompletionStage<T>> work) {
    return work.apply(timestamp);
  }

  @Override void check() {
    store.check();
    if (closed.get()) throw new ClosedException("the snapshot was closed");
  }

  @Override public void close() {
    if (closed.compareAndSet(false, true)) pin.release();
  }
}
