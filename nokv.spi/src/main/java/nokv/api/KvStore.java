package nokv.api;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * An ordered, transactional map from bytes to bytes: embedded in this process or a whole cluster, the same to its caller. Thread-safe. Reads of the store itself see
 * the newest committed state (linearizable for a single key); for several reads of one moment take a {@link #snapshot} or a {@link Transaction}.
 *
 * <p>A write that has returned (or whose stage has completed) is as durable as the store's {@code sync} option says: with {@code always}, it survives power loss.
 */
public interface KvStore extends Reader, AutoCloseable {
  int MAX_KEY_BYTES = 64 * 1024;
  int MAX_VALUE_BYTES = 512 * 1024 * 1024;

  /**
   * Writes one entry and returns its version.
   *
   * @param expiryMillis when it expires, milliseconds since 1970; 0 = never
   * @throws InvalidArgumentException a key or value is over its limit
   * @throws DiskFullException nothing was written; writes resume when space returns
   * @throws ReadOnlyException the log failed; this store takes no more writes until it is opened again
   */
  default long put(ColumnFamily family, byte[] key, byte[] value, long expiryMillis) {
    return write(new WriteBatch().put(family, key, value, expiryMillis));
  }

  default long put(ColumnFamily family, byte[] key, byte[] value) {
    return put(family, key, value, 0);
  }

  default long put(byte[] key, byte[] value) {
    return put(ColumnFamily.DEFAULT, key, value, 0);
  }

  /** Writes an entry that expires {@code ttl} from now. */
  long put(ColumnFamily family, byte[] key, byte[] value, Duration ttl);

  default long delete(ColumnFamily family, byte[] key) {
    return write(new WriteBatch().delete(family, key));
  }

  default long delete(byte[] key) {
    return delete(ColumnFamily.DEFAULT, key);
  }

  /** Writes a batch, all or nothing, and returns the version all its entries got. Throws like {@link #put(ColumnFamily, byte[], byte[], long)}. */
  long write(WriteBatch batch);

  /** {@link #write} without blocking: whatever waits for a device happens on another thread. */
  CompletionStage<Long> writeAsync(WriteBatch batch);

  /** The newest version at or below {@code version}, or null. @throws SnapshotTooOldException versions that far back may have been dropped */
  @Nullable Entry getAt(ColumnFamily family, byte[] key, long version);

  /** {@link #getAt} without blocking. */
  CompletionStage<@Nullable Entry> getAtAsync(ColumnFamily family, byte[] key, long version);

  /** The state of this moment, pinned until closed. */
  Snapshot snapshot();

  CompletionStage<Snapshot> snapshotAsync();

  Transaction begin(TransactionOptions options);

  CompletionStage<Transaction> beginAsync(TransactionOptions options);

  default Transaction begin() {
    return begin(TransactionOptions.READ_WRITE);
  }

  /**
   * Makes {@code directory}, which must not exist, a store of its own with everything that was acknowledged before the call; reads and writes go on. Most files are hard links, so it takes
   * little time and space and must lie on the same file system; for another one, {@link #backup}. Blocks.
   *
   * @throws InvalidArgumentException it exists, or this store is a client of a cluster
   */
  default void checkpoint(Path directory) {
    throw new InvalidArgumentException("a client of a cluster makes no checkpoints; make one of each store's directory");
  }

  /**
   * Writes what the store holds to {@code directory}, which must not exist or be empty, while reads and writes go on; {@link NoKV#restore} makes a store of it. Blocks.
   *
   * @param fromVersion 0 = everything; otherwise only versions from this one on: what the backup before returned. For that {@code txn.keep_versions} must reach back to it
   * @param progress told now and then how many bytes were written so far
   * @return where the next one begins: the backup holds the versions from {@code fromVersion} (included) to this (excluded)
   * @throws SnapshotTooOldException versions from {@code fromVersion} on may have been dropped; take a full backup
   */
  default long backup(Path directory, long fromVersion, LongConsumer progress) {
    throw new InvalidArgumentException("a client of a cluster takes no backups; back up a checkpoint of a store's directory");
  }

  /** Ends all that is under way and releases the store. Snapshots, cursors and transactions still open throw {@link ClosedException} from then on. */
  @Override void close();
}
