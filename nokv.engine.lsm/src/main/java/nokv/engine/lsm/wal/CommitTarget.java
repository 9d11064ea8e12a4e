package nokv.engine.lsm.wal;

import java.util.concurrent.CompletionStage;
import nokv.spi.EngineBatch;
import nokv.spi.EngineLog;
import nokv.spi.ValuePointer;
import nokv.spi.ValueStore;
import org.jspecify.annotations.Nullable;

/** What {@link CommitQueue} needs of the engine. All of it is called by one thread at a time, and must not call the queue and wait. */
public interface CommitTarget {
  /**
   * Makes sure that the memtable can take about {@code bytes} more, rotating it if it is full; called before each group, at which moment nothing is half applied.
   *
   * @return null: go on. Otherwise the queue waits for the stage, holding no thread, and asks again; if it fails, the group fails with its cause. Complete it so when closing.
   */
  @Nullable CompletionStage<?> makeRoom(long bytes);

  /** How much to slow writers down, in proportion to debt: nanoseconds per byte written; 0 = not at all. */
  double delayNanosPerByte();

  /** Which values to keep together in the value store. */
  ValueStore.Temperature temperature(int family, byte[] key);

  /**
   * Puts a batch into the memtable; readers must not see it before {@link #publish}.
   *
   * @param pointers by entry, for the values that went to the value store; null, or null at an entry, = the entry's own value
   * @param position of the batch's record in the log; null for a batch that its caller logs, see {@link CommitQueue#apply}
   */
  void apply(EngineBatch batch, @Nullable ValuePointer @Nullable [] pointers, long sequence, EngineLog.@Nullable Position position);

  /** Lets readers see everything up to {@code sequence}. */
  void publish(long sequence);
}
