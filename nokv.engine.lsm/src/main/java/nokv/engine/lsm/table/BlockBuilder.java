package nokv.engine.lsm.table;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** Builds one {@link Block} after another. Keys must come in ascending order. Not thread-safe. */
final class BlockBuilder {
  private byte[] bytes;
  private MemorySegment segment;
  private int size;
  private int[] restarts = new int[64];
  private int restartCount;
  private int sinceRestart;
  private int entries;
  private byte[] lastKey = new byte[64];
  private int lastLength;

  BlockBuilder(int expectedBytes) {
    bytes = new byte[expectedBytes];
    segment = MemorySegment.ofArray(bytes);
  }

  boolean isEmpty() {
    return entries == 0;
  }

  int entries() {
    return entries;
  }

  /** Bytes of the block if it were finished now. */
  int byteSize() {
    return size + (restartCount + 1) * Integer.BYTES;
  }

  /** The key added last, at the start of an array; until the next {@link #add}. */
  byte[] lastKey() {
    return lastKey;
  }

  int lastLength() {
    return lastLength;
  }

  void add(byte[] key, int length, MemorySegment value, long valueAt, int valueLength) {
    int user = length - InternalKey.TRAILER_BYTES;
    int shared = 0;
    if (entries == 0 || sinceRestart == Block.RESTART_INTERVAL) {
      restart();
    } else {
      shared = Arrays.mismatch(key, 0, user, lastKey, 0, lastLength - InternalKey.TRAILER_BYTES);
      if (shared < 0) shared = user;
    }
    reserve(3 * Varint.MAX_INT_BYTES + length + valueLength);
    size = Varint.put(bytes, size, shared);
    size = Varint.put(bytes, size, user - shared);
    size = Varint.put(bytes, size, valueLength);
    System.arraycopy(key, shared, bytes, size, length - shared);
    size += length - shared;
    MemorySegment.copy(value, ValueLayout.JAVA_BYTE, valueAt, bytes, size, valueLength);
    size += valueLength;
    if (lastKey.length < length) lastKey = new byte[Math.max(length, 2 * lastKey.length)];
    System.arraycopy(key, shared, lastKey, shared, length - shared);
    lastLength = length;
    sinceRestart++;
    entries++;
  }

  private void restart() {
    if (restartCount == restarts.length) restarts = Arrays.copyOf(restarts, 2 * restartCount);
    restarts[restartCount++] = size;
    sinceRestart = 0;
  }

  /** Appends the restarts and returns the whole block; it is valid until {@link #reset}. */
  MemorySegment finish() {
    reserve((restartCount + 1) * Integer.BYTES);
    for (int i = 0; i < restartCount; i++) size = putInt(size, restarts[i]);
    size = putInt(size, restartCount);
    return segment.asSlice(0, size);
  }

  private int putInt(int at, int value) {
    segment.set(TableFormat.INT, at, value);
    return at + Integer.BYTES;
  }

  private void reserve(int more) {
    if (bytes.length - size >= more) return;
    bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(size, more), (int) Math.min(2L * bytes.length, Integer.MAX_VALUE - 8)));
    segment = MemorySegment.ofArray(bytes);
  }

  void reset() {
    size = 0;
    restartCount = 0;
    entries = 0;
    lastLength = 0;
  }
}
