package nokv.api;

import java.time.Duration;
import java.util.concurrent.CompletionStage;

/**
 * A transaction under snapshot isolation: it reads the store as of {@link #startTimestamp} plus its own writes, and its commit takes effect at once or not at
 * all. If another transaction committed a key that this one writes (or, serializable, read) after the start, commit throws {@link ConflictException}: run it
 * again from the beginning. Writes wait in memory until commit; past the store's limit they throw {@link TransactionTooLargeException}.
 *
 * <p>Used by one thread at a time. Closing without commit rolls back.
 */
public interface Transaction extends Reader, AutoCloseable {
  long startTimestamp();

  void put(ColumnFamily family, byte[] key, byte[] value, long expiryMillis);

  default void put(ColumnFamily family, byte[] key, byte[] value) {
    put(family, key, value, 0);
  }

  default void put(byte[] key, byte[] value) {
    put(ColumnFamily.DEFAULT, key, value, 0);
  }

  /** Puts an entry that expires {@code ttl} after the start of this transaction. */
  default void put(ColumnFamily family, byte[] key, byte[] value, Duration ttl) {
    put(family, key, value, Timestamp.physicalMillis(startTimestamp()) + ttl.toMillis());
  }

  void delete(ColumnFamily family, byte[] key);

  default void delete(byte[] key) {
    delete(ColumnFamily.DEFAULT, key);
  }

  /**
   * Makes the writes durable and visible and returns the commit version; of a read-only or empty transaction, the start timestamp.
   *
   * @throws ConflictException nothing was written; safe to run again
   * @throws OutcomeUnknownException it may or may not have been committed (a connection broke, a log failed): only reading can tell
   */
  long commit();

  CompletionStage<Long> commitAsync();

  /** Ends a managed transaction at the caller's version, which must be above the start version. */
  CompletionStage<Long> commitAt(long commitVersion);

  /** Drops the writes. Does nothing after commit. */
  void rollback();

  @Override default void close() {
    rollback();
  }
}
