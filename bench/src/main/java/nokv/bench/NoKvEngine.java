package nokv.bench;

import java.nio.file.Path;
import nokv.api.ColumnFamily;
import nokv.api.Cursor;
import nokv.api.Direction;
import nokv.api.KeyRange;
import nokv.api.KvStore;
import nokv.api.NoKV;
import nokv.api.WriteBatch;
import nokv.spi.Environment;
import nokv.spi.Node;
import nokv.spi.NodeConfig;
import nokv.spi.PluginRegistry;
import org.jspecify.annotations.Nullable;

/** NoKV, embedded, opened as {@link NoKV} does it. */
final class NoKvEngine implements Engine {
  /** How many memtables there may be, and how many NoKV sets memory aside for then; the same bytes in all as three of RocksDB's write buffers. */
  private static final int MEMTABLES = 2;
  private static final int MEMTABLES_RESERVED = MEMTABLES + 2;

  private final Environment.Owned threads;
  private final Node node;
  private final KvStore store;

  /** @param memtable see {@code engine.memtable} */
  NoKvEngine(Path directory, boolean sync, String memtable) {
    long memory = Engines.CACHE_BYTES + 3 * Engines.WRITE_BUFFER_BYTES + (64L << 20);
    var config = NodeConfig.embedded(directory.toString()).with("engine", "sync", sync ? "always" : "none").with("engine", "memory_budget", memory)
        .with("engine", "memtable_size", 3 * Engines.WRITE_BUFFER_BYTES / MEMTABLES_RESERVED).with("engine", "memtables", MEMTABLES).with("engine", "block_cache_size", Engines.CACHE_BYTES)
        .with("engine", "memtable", memtable);
    threads = Environment.system(2, memory, new com.codahale.metrics.MetricRegistry());
    node = Node.assemble(config, threads.environment(), PluginRegistry.installed());
    store = node.store();
  }

  @Override public void put(byte[] key, byte[] value) {
    store.put(key, value);
  }

  @Override public byte @Nullable [] get(byte[] key) {
    return store.get(key);
  }

  @Override public void delete(byte[] key) {
    store.delete(key);
  }

  @Override public void putBatch(byte[][] keys, byte[][] values) {
    var batch = new WriteBatch();
    for (int i = 0; i < keys.length; i++) batch.put(keys[i], values[i]);
    store.write(batch);
  }

  @Override public int scan(byte[] start, int count, Entries entries) {
    int seen = 0;
    try (Cursor cursor = store.scan(ColumnFamily.DEFAULT, KeyRange.from(start), Direction.FORWARD)) {
      while (seen < count && cursor.next()) {
        entries.entry(cursor.key(), cursor.value());
        seen++;
      }
    }
    return seen;
  }

  @Override public void settle() {
    node.engine().compact(KeyRange.ALL).toCompletableFuture().join();
  }

  @Override public void close() {
    try (threads; node) {
      // the node first, then its threads
    }
  }
}
