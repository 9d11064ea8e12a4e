package nokv.spi;

import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * The engine's write-ahead log, offered to a replicator: typed records of its own share the log's group commit, so that a node has one log and one sync for all.
 *
 * <p>A replicator that logs commands itself applies them with {@link StorageEngine#apply}, which writes the memtable only: its record is the redo log. It stores how far it
 * has applied in the same batch (family {@link nokv.api.ColumnFamily#LOCAL}), so after a crash it reads that position back and applies what follows again.
 */
public interface EngineLog {
  /** The types a replicator may use; smaller ones are the engine's own. */
  int FIRST_REPLICATOR_TYPE = 64;

  int LAST_REPLICATOR_TYPE = 127;

  /**
   * A record of a replicator.
   *
   * @param type {@value #FIRST_REPLICATOR_TYPE} to {@value #LAST_REPLICATOR_TYPE}
   */
  record Record(int type, byte[] payload) {}

  /** Where a record lies; later records have greater positions. */
  record Position(long segment, long offset) implements Comparable<Position> {
    @Override public int compareTo(Position other) {
      int order = Long.compare(segment, other.segment);
      return order != 0 ? order : Long.compare(offset, other.offset);
    }
  }

  /**
   * Appends records, in order and adjacent, syncs them whatever the engine's {@code sync} option, and gives their positions.
   * Fails with {@link nokv.api.DiskFullException} (nothing was appended) or {@link nokv.api.ReadOnlyException}.
   */
  CompletionStage<List<Position>> append(List<Record> records);

  /** Reads a record back. @throws nokv.api.CorruptException if it is not what was written */
  Record read(Position position);

  /**
   * Gives the replicator's records that the log held at opening, oldest first. Called once, before the first append; records below the last {@link #release} may be missing.
   */
  void replay(Replay visitor);

  /** Takes one record. */
  @FunctionalInterface
  interface Replay {
    void record(Position position, Record record);
  }

  /** Says that no record of the replicator below {@code position} is needed; the segments that only hold such records, and flushed batches, are recycled. */
  void release(Position position);

  /** Bytes of log that only unreleased records of the replicator keep; what its watchdog looks at. */
  long pinnedBytes();
}
