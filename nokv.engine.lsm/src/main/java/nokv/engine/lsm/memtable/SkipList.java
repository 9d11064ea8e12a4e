package nokv.engine.lsm.memtable;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import nokv.engine.lsm.table.InternalKey;

/*
 * How the skiplist works
 *
 * A sorted linked list in which a node also has, with probability 1/4 each, a link on the next higher level, so that a search skips along the high levels and ends on level 0 (Pugh, "Skip Lists: A
 * Probabilistic Alternative to Balanced Trees", CACM 1990). A node is one piece of memory with its links, key and value, so that looking at a node touches one place:
 *
 *      -4*h      -4     0       4          8            12             16        16+k
 *   +--------+-...-+--------+--------+------------+--------------+----------+---------+
 *   | next h | ... | next 0 | before | key length | value length | key (k)  | value   |
 *   +--------+-...-+--------+--------+------------+--------------+----------+---------+
 *
 * A reference names `next 0`; the higher links stand before it, so no node need say how high it is: it is reached on level i only if it has a link i. `before` is the node before on level 0, for
 * walking backward. Native byte order; nodes are never moved, changed (but for links) or removed.
 *
 * One writer, readers without locks: a node is complete before the first link to it is written, with release; readers follow links with acquire. A reader sees the list as it was at some moment
 * on each level. Walking backward it may pass by a node that is just being linked, since `before` of its successor is written last; such a node belongs to a batch that is not visible yet.
 *
 * Entries with equal keys (a batch that wrote one key twice) stand in the order last written first.
 */

/** The links of a memtable. */
final class SkipList {
  static final int MAX_HEIGHT = 14;
  static final int KEY_OFFSET = 16;

  private static final int BEFORE_OFFSET = 4;
  private static final int KEY_LENGTH_OFFSET = 8;
  private static final int VALUE_LENGTH_OFFSET = 12;
  private static final VarHandle LINK = ValueLayout.JAVA_INT.varHandle();
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

  private final Chunks chunks;
  private final int head;
  private volatile int height = 1;
  private long random;

  /** The writer's: where the node to come is linked, by level. */
  private final int[] before = new int[MAX_HEIGHT];
  private final int[] behind = new int[MAX_HEIGHT];
  private int allocatedHeight;

  SkipList(Chunks chunks, long seed) {
    this.chunks = chunks;
    this.random = seed | 1;
    this.head = chunks.allocate(MAX_HEIGHT * Integer.BYTES + KEY_OFFSET) + (MAX_HEIGHT * Integer.BYTES) / Chunks.UNIT;
  }

  /** Makes a node for a key and a value of {@code valueLength} bytes, linked nowhere yet, and returns it. The value is for the caller to write. */
  int allocate(byte[] key, int keyLength, int valueLength) {
    int levels = randomHeight();
    // The higher links take whole units, so that the node itself begins at one.
    int above = (levels - 1) * Integer.BYTES + Chunks.UNIT - 1 & -Chunks.UNIT;
    int node = chunks.allocate((long) above + KEY_OFFSET + keyLength + valueLength) + above / Chunks.UNIT;
    MemorySegment segment = chunks.segment(node);
    long at = Chunks.offset(node);
    segment.set(INT, at + KEY_LENGTH_OFFSET, keyLength);
    segment.set(INT, at + VALUE_LENGTH_OFFSET, valueLength);
    MemorySegment.copy(key, 0, segment, ValueLayout.JAVA_BYTE, at + KEY_OFFSET, keyLength);
    allocatedHeight = levels;
    return node;
  }

  /** Links the node allocated last, whose key is given again. From now on readers see it. */
  void link(int node, byte[] key, int keyLength) {
    int levels = allocatedHeight;
    findPlace(key, keyLength);
    int top = height;
    for (int level = top; level < levels; level++) {
      before[level] = head;
      behind[level] = Chunks.NULL;
    }
    MemorySegment segment = chunks.segment(node);
    long at = Chunks.offset(node);
    for (int level = 0; level < levels; level++) segment.set(INT, at - (long) level * Integer.BYTES, behind[level]);
    segment.set(INT, at + BEFORE_OFFSET, before[0]);
    for (int level = 0; level < levels; level++) LINK.setRelease(chunks.segment(before[level]), Chunks.offset(before[level]) - (long) level * Integer.BYTES, node);
    if (behind[0] != Chunks.NULL) LINK.setRelease(chunks.segment(behind[0]), Chunks.offset(behind[0]) + BEFORE_OFFSET, node);
    if (levels > top) height = levels;
  }

  private void findPlace(byte[] key, int keyLength) {
    int node = head;
    int known = Chunks.NULL;
    for (int level = height - 1; level >= 0; level--) {
      while (true) {
        int next = next(node, level);
        if (next == Chunks.NULL || next == known || compare(key, keyLength, next) <= 0) {
          before[level] = node;
          behind[level] = next;
          known = next;
          break;
        }
        node = next;
      }
    }
  }

  private int randomHeight() {
    random ^= random << 13;
    random ^= random >>> 7;
    random ^= random << 17;
    return Math.min(MAX_HEIGHT, 1 + Long.numberOfTrailingZeros(random * 0x9e3779b97f4a7c15L >>> 32 | 1L << 31) / 2);
  }

  /** Negative, 0 or positive as the key is before, at or behind the node. */
  int compare(byte[] key, int keyLength, int node) {
    MemorySegment segment = chunks.segment(node);
    long at = Chunks.offset(node);
    return InternalKey.compare(key, keyLength, segment, at + KEY_OFFSET, segment.get(INT, at + KEY_LENGTH_OFFSET));
  }

  private int next(int node, int level) {
    return (int) LINK.getAcquire(chunks.segment(node), Chunks.offset(node) - (long) level * Integer.BYTES);
  }

  int first() {
    return next(head, 0);
  }

  /** {@link Chunks#NULL} where there is none; so with the others. */
  int next(int node) {
    return next(node, 0);
  }

  int previous(int node) {
    int previous = (int) LINK.getAcquire(chunks.segment(node), Chunks.offset(node) + BEFORE_OFFSET);
    return previous == head ? Chunks.NULL : previous;
  }

  int last() {
    int node = head;
    for (int level = height - 1; level >= 0; level--) {
      for (int next = next(node, level); next != Chunks.NULL; next = next(node, level)) node = next;
    }
    return node == head ? Chunks.NULL : node;
  }

  /** The first node at or behind the key. */
  int atOrBehind(byte[] key, int keyLength) {
    int node = head;
    int known = Chunks.NULL;
    for (int level = height - 1; level >= 0; level--) {
      int next = next(node, level);
      while (next != Chunks.NULL && next != known && compare(key, keyLength, next) > 0) {
        node = next;
        next = next(node, level);
      }
      known = next;
    }
    return known;
  }

  /** The last node at or before the key. */
  int atOrBefore(byte[] key, int keyLength) {
    int node = head;
    int known = Chunks.NULL;
    for (int level = height - 1; level >= 0; level--) {
      int next = next(node, level);
      while (next != Chunks.NULL && next != known && compare(key, keyLength, next) >= 0) {
        node = next;
        next = next(node, level);
      }
      known = next;
    }
    return node == head ? Chunks.NULL : node;
  }

  MemorySegment segment(int node) {
    return chunks.segment(node);
  }

  static long keyOffset(int node) {
    return Chunks.offset(node) + KEY_OFFSET;
  }

  int keyLength(int node) {
    return chunks.segment(node).get(INT, Chunks.offset(node) + KEY_LENGTH_OFFSET);
  }

  int valueLength(int node) {
    return chunks.segment(node).get(INT, Chunks.offset(node) + VALUE_LENGTH_OFFSET);
  }
}
