package nokv.raftstore.raft;

import java.util.Arrays;

/**
 * The window of appends sent to a follower and not yet acknowledged: for each message its last index and its size in bytes. A ring that grows with use up to its bounds; the last
 * message may go over the byte bound, so that a single large entry still gets through.
 */
final class Inflights {
  private final int maxCount;
  private final long maxBytes;
  private int start;
  private int count;
  private long bytes;
  private long[] indexes = new long[0];
  private long[] sizes = new long[0];

  /** @param maxBytes 0 = unbounded */
  Inflights(int maxCount, long maxBytes) {
    this.maxCount = maxCount;
    this.maxBytes = maxBytes;
  }

  boolean isFull() {
    return count == maxCount || (maxBytes != 0 && bytes >= maxBytes);
  }

  int count() {
    return count;
  }

  void add(long lastIndex, long size) {
    if (isFull()) throw new IllegalStateException("append sent to a follower with a full window");
    if (count == indexes.length) grow();
    int at = (start + count) % indexes.length;
    indexes[at] = lastIndex;
    sizes[at] = size;
    count++;
    bytes += size;
  }

  /** Takes out all messages whose last index is at or below {@code index}. */
  void freeTo(long index) {
    while (count > 0 && indexes[start] <= index) {
      bytes -= sizes[start];
      start = (start + 1) % indexes.length;
      count--;
    }
  }

  void clear() {
    start = 0;
    count = 0;
    bytes = 0;
  }

  private void grow() {
    int capacity = Math.min(maxCount, Math.max(4, indexes.length * 2));
    indexes = unrolled(indexes, capacity);
    sizes = unrolled(sizes, capacity);
    start = 0;
  }

  private long[] unrolled(long[] ring, int capacity) {
    long[] line = Arrays.copyOfRange(ring, start, start + capacity);
    int head = ring.length - start;
    Arrays.fill(line, head, line.length, 0);
    System.arraycopy(ring, 0, line, head, start);
    return line;
  }
}
