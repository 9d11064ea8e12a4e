package nokv.engine.lsm.table;

import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/*
 * How blocks are found, and which go
 *
 * A table has a slot for each of its blocks, and asks there: no hash table, no list to reorder, nothing shared is written on the way but a mark in a block that has none yet. Blocks are arrays on the
 * heap, so whoever reads one need not tell the cache.
 *
 * What goes is decided by two queues, after S3-FIFO (Yang et al., "FIFO queues are all you need for cache eviction", 2023) without its memory of what has gone. A new block waits in `young`, which has a
 * tenth of the bytes; at its end it goes on to `main` if it was used again meanwhile, and out if not, so that a long scan drives nothing else out. At the end of `main` a block that was used since
 * it came there goes round again.
 *
 * The queues hold slots. A slot whose table was closed is empty and is passed over; when half of them are, all such are taken out.
 */

/** Blocks of tables in memory, up to a limit in bytes. Thread-safe. */
public final class BlockCache {
  private static final int YOUNG_SHARE = 10;
  private static final int MIN_STALE = 1024;

  /** The blocks of one table that are in memory, by number. */
  static final class Slots {
    private final AtomicReferenceArray<@Nullable Block> blocks;
    private boolean closed;

    Slots(int count) {
      blocks = new AtomicReferenceArray<>(count);
    }
  }

  private record Slot(Slots table, int number) {
    @Nullable Block block() {
      return table.blocks.get(number);
    }
  }

  private final long limitBytes;
  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<Slot> young = new ArrayDeque<>();
  private final ArrayDeque<Slot> main = new ArrayDeque<>();
  private long youngBytes;
  private volatile long bytes;
  /** Slots in a queue that are empty. */
  private int stale;
  private final LongAdder hits = new LongAdder();
  private final LongAdder misses = new LongAdder();
  private final LongAdder evictions = new LongAdder();

  /** @param limitBytes of blocks, what the cache needs to find them included */
  public BlockCache(long limitBytes) {
    this.limitBytes = limitBytes;
  }

  @Nullable Block get(Slots table, int number) {
    Block block = table.blocks.getOpaque(number);
    if (block == null) return null;
    block.markUsed();
    hits.increment();
    return block;
  }

  /** Takes a block that was read because it was not here. */
  void put(Slots table, int number, Block block) {
    misses.increment();
    lock.lock();
    try {
      if (table.closed || table.blocks.get(number) != null) return;
      table.blocks.set(number, block);
      young.add(new Slot(table, number));
      youngBytes += block.weight();
      bytes += block.weight();
      while (bytes > limitBytes) evict();
    } finally {
      lock.unlock();
    }
  }

  private void evict() {
    boolean fromYoung = main.isEmpty() || (!young.isEmpty() && youngBytes > limitBytes / YOUNG_SHARE);
    Slot slot = fromYoung ? young.remove() : main.remove();
    Block block = slot.block();
    if (block == null) {
      stale--;
      return;
    }
    if (fromYoung) youngBytes -= block.weight();
    if (block.takeUsed()) {
      main.add(slot);
      return;
    }
    slot.table.blocks.set(slot.number, null);
    bytes -= block.weight();
    evictions.increment();
  }

  /** Forgets a table that nobody will read again. */
  void close(Slots table) {
    lock.lock();
    try {
      table.closed = true;
      // Which of them are young only the queue knows.
      for (Slot slot : young) if (slot.table == table) youngBytes -= weight(slot.block());
      for (int i = 0; i < table.blocks.length(); i++) {
        Block block = table.blocks.getAndSet(i, null);
        if (block == null) continue;
        bytes -= block.weight();
        stale++;
      }
      if (stale > MIN_STALE && stale > (young.size() + main.size()) / 2) {
        young.removeIf(slot -> slot.block() == null);
        main.removeIf(slot -> slot.block() == null);
        stale = 0;
      }
    } finally {
      lock.unlock();
    }
  }

  private static int weight(@Nullable Block block) {
    return block == null ? 0 : block.weight();
  }

  /** Bytes held now. */
  public long bytes() {
    return bytes;
  }

  public long limitBytes() {
    return limitBytes;
  }

  public long hits() {
    return hits.sum();
  }

  public long misses() {
    return misses.sum();
  }

  public long evictions() {
    return evictions.sum();
  }
}
