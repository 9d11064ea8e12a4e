package nokv.engine.lsm.memtable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Off-heap memory that only grows, in chunks of {@value #CHUNK_BYTES} bytes, and is freed all at once. What is allocated lies in one chunk and is named by a reference of 32 bits: the number of
 * the chunk, and a place in it in units of {@value #UNIT} bytes. Something larger than a chunk gets one of its own, as large as it needs.
 *
 * <p>One thread allocates. Others may use a reference once they have seen it through an acquiring read of what the allocating thread wrote with release.
 */
final class Chunks implements AutoCloseable {
  static final int UNIT = 8;
  static final int CHUNK_BYTES = 1 << 20;
  /** No reference. The first unit of the first chunk is never given out. */
  static final int NULL = 0;

  private static final int UNIT_SHIFT = 3;
  private static final int PLACE_BITS = 17;
  private static final int PLACE_MASK = (1 << PLACE_BITS) - 1;
  private static final int CACHE_LINE = 64;
  /** More would not fit the references, whose highest bit is left to their users; 16 GiB. */
  private static final int MAX_CHUNKS = 1 << (Integer.SIZE - 1 - PLACE_BITS);

  private final Arena arena = Arena.ofShared();
  private MemorySegment[] chunks = new MemorySegment[64];
  private int count;
  /** The chunk that is being filled, and from where it is free. */
  private int current;
  private long used = UNIT;
  private final AtomicLong allocated = new AtomicLong();
  private volatile long reserved;

  Chunks() {
    current = addChunk(CHUNK_BYTES);
  }

  /** A reference to new memory, zero, aligned to {@value #UNIT} bytes. */
  int allocate(long bytes) {
    long rounded = bytes + UNIT - 1 & -UNIT;
    allocated.setRelease(allocated.getPlain() + rounded);
    if (rounded > CHUNK_BYTES - used) {
      if (rounded > CHUNK_BYTES / 4) return addChunk(rounded) << PLACE_BITS;
      current = addChunk(CHUNK_BYTES);
      used = 0;
    }
    int reference = current << PLACE_BITS | (int) (used >>> UNIT_SHIFT);
    used += rounded;
    return reference;
  }

  private int addChunk(long bytes) {
    if (count == MAX_CHUNKS) throw new IllegalStateException("a memtable cannot have more than " + MAX_CHUNKS + " chunks");
    if (count == chunks.length) chunks = Arrays.copyOf(chunks, 2 * count);
    chunks[count] = arena.allocate(bytes, CACHE_LINE);
    reserved += bytes;
    return count++;
  }

  MemorySegment segment(int reference) {
    return chunks[reference >>> PLACE_BITS];
  }

  static long offset(int reference) {
    return (long) (reference & PLACE_MASK) << UNIT_SHIFT;
  }

  /** Bytes given out. */
  long usedBytes() {
    return allocated.getAcquire();
  }

  /** Bytes of memory taken from the system. */
  long reservedBytes() {
    return reserved;
  }

  @Override public void close() {
    arena.close();
  }
}
