package nokv.engine.lsm;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import nokv.api.CorruptException;
import nokv.api.InvalidArgumentException;
import nokv.engine.lsm.wal.CommitQueue;
import nokv.engine.lsm.wal.Wal;
import nokv.spi.EngineLog;

/**
 * The engine's log as a replicator sees it. The log keeps every segment from the released position on, once there is a record of a replicator; before the first, it is the
 * memtables alone that decide. Thread-safe.
 */
final class ReplicatorLog implements EngineLog {
  /** No segment is needed by a replicator. */
  private static final long NONE = Long.MAX_VALUE;

  private final Wal wal;
  private final CommitQueue queue;
  private final Runnable onRelease;
  private final java.util.function.LongSupplier memtablesNeed;
  private List<Position> recovered;
  private volatile long needed;

  /**
   * @param recovered where the records lie that the log held at opening
   * @param memtablesNeed the first segment that a memtable needs
   * @param onRelease looks whether segments can be recycled now
   */
  ReplicatorLog(Wal wal, CommitQueue queue, List<Position> recovered, java.util.function.LongSupplier memtablesNeed, Runnable onRelease) {
    this.wal = wal;
    this.queue = queue;
    this.recovered = recovered;
    this.memtablesNeed = memtablesNeed;
    this.onRelease = onRelease;
    this.needed = recovered.isEmpty() ? NONE : recovered.getFirst().segment();
  }

  static boolean isReplicators(int type) {
    return type >= FIRST_REPLICATOR_TYPE && type <= LAST_REPLICATOR_TYPE;
  }

  /** The first segment that a replicator needs; {@link Long#MAX_VALUE} where it needs none. */
  long needed() {
    return needed;
  }

  @Override public CompletionStage<List<Position>> append(List<Record> records) {
    for (Record record : records) {
      if (!isReplicators(record.type())) {
        return CompletableFuture.failedFuture(new InvalidArgumentException("a replicator's record has type " + record.type() + ", expected " + FIRST_REPLICATOR_TYPE + " to "
            + LAST_REPLICATOR_TYPE));
      }
    }
    synchronized (this) {
      // The records will lie here or later; said before they do, so that no flush recycles their segment meanwhile.
      if (needed == NONE) needed = wal.segments().lastKey();
    }
    return queue.append(records);
  }

  @Override public Record read(Position position) {
    Record record = wal.read(position);
    if (!isReplicators(record.type())) throw new CorruptException("the record at segment " + position.segment() + ", offset " + position.offset() + " is not a replicator's");
    return record;
  }

  @Override public void replay(Replay visitor) {
    List<Position> positions;
    synchronized (this) {
      positions = recovered;
      recovered = new ArrayList<>();
    }
    for (Position position : positions) visitor.record(position, read(position));
  }

  @Override public void release(Position position) {
    synchronized (this) {
      if (needed == NONE || position.segment() <= needed) return;
      needed = position.segment();
    }
    onRelease.run();
  }

  @Override public long pinnedBytes() {
    long from = needed;
    if (from == NONE) return 0;
    long to = memtablesNeed.getAsLong();
    return from >= to ? 0 : wal.segments().subMap(from, true, to, false).values().stream().mapToLong(Long::longValue).sum();
  }
}
