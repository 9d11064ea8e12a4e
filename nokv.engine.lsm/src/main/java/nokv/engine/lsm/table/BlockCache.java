package nokv.engine.lsm.table;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import org.jspecify.annotations.Nullable;

/**
 * Blocks of tables in memory, up to a limit in bytes; those used least go first (Caffeine's W-TinyLFU). Blocks are arrays on the heap, so that whoever reads one need not tell the cache.
 * Thread-safe.
 */
public final class BlockCache {
  /** Names a block by being itself: a table makes one for each of its blocks, so that asking for a block allocates nothing. */
  static final class Key {}

  private final Cache<Key, Block> blocks;

  /** @param limitBytes of blocks, what the cache needs to find them included */
  public BlockCache(long limitBytes) {
    // Evict where the limit is passed, by the thread that passes it: no other thread is needed, and a run is the same each time.
    blocks = Caffeine.newBuilder().maximumWeight(limitBytes).weigher((Key key, Block block) -> block.weight()).executor(Runnable::run).recordStats().build();
  }

  @Nullable Block get(Key key) {
    return blocks.getIfPresent(key);
  }

  void put(Key key, Block block) {
    blocks.put(key, block);
  }

  void remove(Key key) {
    blocks.invalidate(key);
  }

  /** Bytes held now. */
  public long bytes() {
    return blocks.policy().eviction().orElseThrow().weightedSize().orElse(0);
  }

  public long limitBytes() {
    return blocks.policy().eviction().orElseThrow().getMaximum();
  }

  public long hits() {
    return blocks.stats().hitCount();
  }

  public long misses() {
    return blocks.stats().missCount();
  }

  public long evictions() {
    return blocks.stats().evictionCount();
  }
}
