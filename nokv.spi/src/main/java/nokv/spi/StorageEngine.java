package nokv.spi;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongConsumer;
import nokv.api.Direction;
import nokv.api.InvalidArgumentException;
import nokv.api.KeyRange;
import org.jspecify.annotations.Nullable;

/**
 * An ordered store of versions on one disk: internal key = column family, user key, version descending, sequence descending. Knows no transactions; what is written is
 * committed. Thread-safe. Throws {@link nokv.api.NoKVException}.
 *
 * <p>Implementers: a batch is visible to readers all at once, after the sync that covers it where the {@code sync} option asks for one, in the order of sequences. After a crash
 * the state is a prefix of the sequences that holds every batch acknowledged as durable. Nothing here parks the caller except the forms that say so.
 */
public interface StorageEngine extends AutoCloseable {
  /**
   * The value a reader at {@code readTimestamp} sees: of the newest PUT or DELETE at or below it, null where that is a delete, covered by a range delete, or expired.
   * Reads the newest visible state. May block on file reads; makes no future.
   */
  byte @Nullable [] get(int family, byte[] key, long readTimestamp);

  /**
   * The newest version at or below {@code version} of whatever kind, expired or not; a range delete that covers it is given as a DELETE at the range's version. Null where none.
   */
  @Nullable Version find(int family, byte[] key, long version);

  /** Live entries as a reader at {@code readTimestamp} sees them. {@code pin} null = the newest visible state of this moment. */
  EngineCursor scan(int family, KeyRange range, Direction direction, long readTimestamp, @Nullable Pin pin);

  /** Every version of every key, forward, newest version first, range deletes applied as deletes: for conflict checks, backup, replication snapshots. */
  EngineCursor versions(int family, KeyRange range, @Nullable Pin pin);

  /** A physical snapshot: the visible state of this moment, by sequence. Keeps files and memory; close it. */
  Pin pin();

  interface Pin extends AutoCloseable {
    long sequence();

    @Override void close();
  }

  /**
   * Logs and applies a batch and returns its sequence. The caller may become the leader of a group and do its I/O; otherwise it parks until the leader is done.
   *
   * @throws nokv.api.DiskFullException nothing was written
   * @throws nokv.api.ReadOnlyException an earlier sync failed
   */
  long write(EngineBatch batch);

  /** {@link #write} that neither parks the calling thread nor lets it wait for a device: at most it copies the batch to the page cache, where nothing is to be synced. */
  CompletionStage<Long> writeAsync(EngineBatch batch);

  /**
   * Applies a batch to the memtable without logging it: the caller's own record in {@link #log} is the redo. Visible when the stage completes (at once, where the memtable has
   * room). Values over the value store's threshold stay inline until flush.
   */
  CompletionStage<Long> apply(EngineBatch batch);

  EngineLog log();

  /** Batches up to this sequence are in tables and need no log. */
  long flushedSequence();

  /** Calls {@code listener} with the new {@link #flushedSequence} after each flush. */
  void onFlush(LongConsumer listener);

  /**
   * From now on, compaction may drop what no reader at or above {@code version} can see, in this range of user keys of all families. Until it is called, all versions are kept.
   * Never goes back. Not stored.
   */
  void retain(KeyRange range, long version);

  /** The greatest version ever written here; survives restart. */
  long maxVersion();

  /** A small named value stored with the manifest, or null. At most 64 KiB each. */
  byte @Nullable [] metadata(String name);

  /** Stores a named value durably, as one atomic edit; null deletes. */
  CompletionStage<Void> putMetadata(String name, byte @Nullable [] value);

  /** Writes all that is in memtables to tables. */
  CompletionStage<Void> flush();

  /** Flushes and compacts a range to its last level, dropping what {@link #retain} allows, and collects garbage of the value store. */
  CompletionStage<Void> compact(KeyRange range);

  /** About how many bytes a range of user keys takes on disk, over all families, to within a block or two of each table. Reads no data; the memtables do not count. */
  long approximateBytes(KeyRange range);

  /** The file system it lies on. */
  default Vfs vfs() {
    throw new InvalidArgumentException("this engine lies on no file system");
  }

  /**
   * Makes {@code directory}, which must not exist, a copy of the whole store at one moment of the call, with every write acknowledged before it. Opened, it is a store of its own. Files that
   * no longer change are hard links, so it must lie on the same file system; of the rest, what the log and the ends of the value log hold is copied. Until it is complete it has no
   * {@code CURRENT} and is not taken for a store.
   */
  default CompletionStage<Void> checkpoint(String directory) {
    return CompletableFuture.failedFuture(new InvalidArgumentException("this engine makes no checkpoints"));
  }

  /**
   * Writes every version from {@code fromVersion} (included) to {@code toVersion} (excluded) that the pin shows as tables, for {@link #ingest}: of all families but
   * {@link nokv.api.ColumnFamily#LOCAL}, values and all, deletes too, range deletes as deletes of the keys they cover. Blocks on file reads and writes.
   *
   * @param directory exists; its names are synced
   * @param progress told now and then how many bytes were written so far
   */
  default Exported export(String directory, long fromVersion, long toVersion, Pin pin, LongConsumer progress) {
    throw new InvalidArgumentException("this engine exports no tables");
  }

  /**
   * What {@link #export} wrote.
   *
   * @param files names in the directory, in the order of their keys
   * @param maxVersion the greatest version in them; {@code fromVersion - 1} where there is none
   */
  record Exported(List<String> files, long entries, long bytes, long maxVersion) {}

  /**
   * Takes in tables that {@link #export} wrote, in this or another store: all of them at once or, on failure, none. They are read, checked and written anew, so the files stay their owner's.
   * Meanwhile nobody may write, and whoever writes later must use greater versions than theirs: an oracle is opened afterwards. Fails with
   * {@link nokv.api.CorruptException}, naming file and offset.
   *
   * @param paths in the order of their keys, which do not overlap
   * @param progress told now and then how many of their bytes were taken so far
   */
  default CompletionStage<Void> ingest(List<String> paths, LongConsumer progress) {
    return CompletableFuture.failedFuture(new InvalidArgumentException("this engine ingests no tables"));
  }

  /** Figures grouped {@code flush, compaction, value_log, wal, write, cache, lsm, recovery}: a JSON tree, see {@link Command}. */
  Map<String, Object> stats();

  /** Flushes nothing: what is durable is, what is not may be lost, as at a crash without power loss. Waits for background work to end. */
  @Override void close();
}
