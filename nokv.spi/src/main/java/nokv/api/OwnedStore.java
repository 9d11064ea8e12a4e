package nokv.api;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongConsumer;
import nokv.spi.Environment;
import nokv.spi.Node;
import org.jspecify.annotations.Nullable;

/** The store that {@link NoKV} hands out: closing it closes the node under it and ends its threads. */
final class OwnedStore implements KvStore {
  private final KvStore store;
  private final Node node;
  private final Environment.Owned threads;
  private final AtomicBoolean closed = new AtomicBoolean();

  OwnedStore(KvStore store, Node node, Environment.Owned threads) {
    this.store = store;
    this.node = node;
    this.threads = threads;
  }

  @Override public byte @Nullable [] get(ColumnFamily family, byte[] key) {
    return store.get(family, key);
  }

  @Override public @Nullable Entry getEntry(ColumnFamily family, byte[] key) {
    return store.getEntry(family, key);
  }

  @Override public List<byte @Nullable []> multiGet(ColumnFamily family, List<byte[]> keys) {
    return store.multiGet(family, keys);
  }

  @Override public Cursor scan(ColumnFamily family, KeyRange range, Direction direction) {
    return store.scan(family, range, direction);
  }

  @Override public CompletionStage<byte @Nullable []> getAsync(ColumnFamily family, byte[] key) {
    return store.getAsync(family, key);
  }

  @Override public CompletionStage<@Nullable Entry> getEntryAsync(ColumnFamily family, byte[] key) {
    return store.getEntryAsync(family, key);
  }

  @Override public CompletionStage<List<byte @Nullable []>> multiGetAsync(ColumnFamily family, List<byte[]> keys) {
    return store.multiGetAsync(family, keys);
  }

  @Override public CompletionStage<List<Entry>> scanAsync(ColumnFamily family, KeyRange range, Direction direction, int limit) {
    return store.scanAsync(family, range, direction, limit);
  }

  @Override public long put(ColumnFamily family, byte[] key, byte[] value, long expiryMillis) {
    return store.put(family, key, value, expiryMillis);
  }

  @Override public long put(ColumnFamily family, byte[] key, byte[] value, Duration ttl) {
    return store.put(family, key, value, ttl);
  }

  @Override public long write(WriteBatch batch) {
    return store.write(batch);
  }

  @Override public CompletionStage<Long> writeAsync(WriteBatch batch) {
    return store.writeAsync(batch);
  }

  @Override public @Nullable Entry getAt(ColumnFamily family, byte[] key, long version) {
    return store.getAt(family, key, version);
  }

  @Override public CompletionStage<@Nullable Entry> getAtAsync(ColumnFamily family, byte[] key, long version) {
    return store.getAtAsync(family, key, version);
  }

  @Override public Snapshot snapshot() {
    return store.snapshot();
  }

  @Override public CompletionStage<Snapshot> snapshotAsync() {
    return store.snapshotAsync();
  }

  @Override public Transaction begin(TransactionOptions options) {
    return store.begin(options);
  }

  @Override public CompletionStage<Transaction> beginAsync(TransactionOptions options) {
    return store.beginAsync(options);
  }

  @Override public void checkpoint(Path directory) {
    store.checkpoint(directory);
  }

  @Override public long backup(Path directory, long fromVersion, LongConsumer progress) {
    return store.backup(directory, fromVersion, progress);
  }

  @Override public void close() {
    if (!closed.compareAndSet(false, true)) return;
    try (threads; node) {
      // the node closes first, from the top down, then its threads end
    }
  }
}
