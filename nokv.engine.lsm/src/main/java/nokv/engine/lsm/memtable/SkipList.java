package nokv.engine.lsm.memtable;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import nokv.engine.lsm.table.InternalKey;

/*
 * How the skiplist works
 *
 * A sorted linked list in which a node also has, with probability 1/2 each, a link on the next higher level, so that a search skips along the high levels and ends on level 0 (Pugh, "Skip Lists: A
 * Probabilistic Alternative to Balanced Trees", CACM 1990). What a search costs is memory: a list of many megabytes is in no cache, and each node looked at is a miss. So a node is one piece of
 * memory, and beside each link stands a hint at the key it leads to, by which most comparisons are decided without going there:
 *
 *      -8*h       -16      -8       0            4              8        12       16     12+4*h     +k
 *   +--------+-...-+--------+--------+------------+--------------+--------+--------+-...-+----------+---------+
 *   | hint h |     | hint 2 | hint 1 | key length | value length | before | link 1 |     | key (k)  | value   |
 *   |        |     |        |        | and height |              |        |        |     |          |         |
 *   +--------+-...-+--------+--------+------------+--------------+--------+--------+-...-+----------+---------+
 *
 * (levels are counted from 0 in the code: level i has hint i+1 and link i+1 here). `before` is the node before on level 0, for walking backward. Native byte order; nodes are never moved or removed.
 *
 * A hint (see InternalKey) is the 8 bytes of the user part behind a prefix that most keys have in common; it grows with the key and is all ones for no node. So unequal hints order keys; equal ones
 * say nothing and the keys are compared. What the common prefix is, is for the list's user to know: any is right, a good one is fast.
 *
 * One writer, readers without locks. A node is complete before the first link to it is written, with release; readers follow with acquire. A link and its hint cannot be written at once: the writer
 * writes the link first, the reader reads the hint first. As links only ever move to nearer nodes, and hints so only fall, a reader has the hint of the node that the link names or of one behind it:
 *   - the target is greater than the hint: then it is behind the linked node too; going there is right;
 *   - the target is less: the linked node may still be before it. Descending early is right on every level but 0, where the key itself is looked at.
 * Walking backward passes by a node that is just being linked, since `before` of its successor is written last; such a node belongs to a batch that is not visible yet.
 *
 * Entries with equal keys (a batch that wrote one key twice) stand in the order last written first.
 */

/** The nodes of a memtable. */
final class SkipList {
  static final int MAX_HEIGHT = 20;
  /** Of an internal key. */
  static final int MAX_KEY_BYTES = 1 << 26;

  private static final int KEY_LENGTH_OFFSET = 0;
  private static final int VALUE_LENGTH_OFFSET = 4;
  private static final int BEFORE_OFFSET = 8;
  private static final int LINKS_OFFSET = 12;
  private static final int HEIGHT_BITS = 5;
  private static final int HEIGHT_MASK = (1 << HEIGHT_BITS) - 1;

  private static final VarHandle LINK = ValueLayout.JAVA_INT.varHandle();
  private static final VarHandle HINT = ValueLayout.JAVA_LONG.varHandle();
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

  private final Chunks chunks;
  private final byte[] prefix;
  private final int head;
  private volatile int height = 1;
  private long random;

  /** The writer's: the last node on each level, and where the node to come is linked. */
  private final int[] rightmost = new int[MAX_HEIGHT];
  private final int[] place = new int[MAX_HEIGHT];

  /** @param prefix that the user parts of most keys begin with */
  SkipList(Chunks chunks, long seed, byte[] prefix) {
    this.chunks = chunks;
    this.random = seed | 1;
    this.prefix = prefix;
    this.head = newNode(MAX_HEIGHT, 0, 0);
    for (int level = 0; level < MAX_HEIGHT; level++) chunks.segment(head).set(LONG, hintAt(head, level), InternalKey.BEYOND);
    Arrays.fill(rightmost, head);
  }

  /** Whether it was made for keys with this prefix. */
  boolean isFor(byte[] otherPrefix) {
    return Arrays.equals(prefix, otherPrefix);
  }

  private int newNode(int levels, int keyLength, int valueLength) {
    int hints = levels * Long.BYTES;
    int node = chunks.allocate((long) hints + LINKS_OFFSET + (long) levels * Integer.BYTES + keyLength + valueLength) + hints / Chunks.UNIT;
    MemorySegment segment = chunks.segment(node);
    segment.set(INT, Chunks.offset(node) + KEY_LENGTH_OFFSET, keyLength << HEIGHT_BITS | levels);
    segment.set(INT, Chunks.offset(node) + VALUE_LENGTH_OFFSET, valueLength);
    return node;
  }

  /** Makes a node for a key and a value of {@code valueLength} bytes, linked nowhere yet. The value is for the caller to write. */
  int allocate(byte[] key, int keyLength, int valueLength) {
    int node = newNode(randomHeight(), keyLength, valueLength);
    MemorySegment.copy(key, 0, chunks.segment(node), ValueLayout.JAVA_BYTE, keyOffset(node), keyLength);
    return node;
  }

  private int randomHeight() {
    random ^= random << 13;
    random ^= random >>> 7;
    random ^= random << 17;
    return Math.min(MAX_HEIGHT, 1 + Long.numberOfTrailingZeros(random * 0x9e3779b97f4a7c15L >>> 32));
  }

  /** Links a node, whose key is given again. From now on readers see it. */
  void link(int node, byte[] key, int keyLength) {
    int last = rightmost[0];
    boolean append = last == head || compare(key, keyLength, last) > 0;
    long hint = InternalKey.hint(key, keyLength, prefix);
    if (append) System.arraycopy(rightmost, 0, place, 0, height);
    else findPlace(key, keyLength, hint);
    MemorySegment segment = chunks.segment(node);
    int levels = segment.get(INT, Chunks.offset(node) + KEY_LENGTH_OFFSET) & HEIGHT_MASK;
    for (int level = height; level < levels; level++) place[level] = head;
    int behind = link(place[0], 0);
    for (int level = 0; level < levels; level++) {
      MemorySegment from = chunks.segment(place[level]);
      segment.set(INT, linkAt(node, level), from.get(INT, linkAt(place[level], level)));
      segment.set(LONG, hintAt(node, level), from.get(LONG, hintAt(place[level], level)));
    }
    segment.set(INT, Chunks.offset(node) + BEFORE_OFFSET, place[0]);
    for (int level = 0; level < levels; level++) {
      int from = place[level];
      LINK.setRelease(chunks.segment(from), linkAt(from, level), node);
      HINT.setRelease(chunks.segment(from), hintAt(from, level), hint);
      if (rightmost[level] == from) rightmost[level] = node;
    }
    if (behind != Chunks.NULL) LINK.setRelease(chunks.segment(behind), Chunks.offset(behind) + BEFORE_OFFSET, node);
    if (levels > height) height = levels;
  }

  private void findPlace(byte[] key, int keyLength, long hint) {
    int node = head;
    int known = Chunks.NULL;
    for (int level = height - 1; level >= 0; level--) {
      while (true) {
        MemorySegment segment = chunks.segment(node);
        int order = Long.compareUnsigned(hint, segment.get(LONG, hintAt(node, level)));
        if (order < 0) break;
        int next = segment.get(INT, linkAt(node, level));
        if (order == 0 && (next == Chunks.NULL || next == known || compare(key, keyLength, next) <= 0)) {
          known = next;
          break;
        }
        node = next;
      }
      place[level] = node;
    }
  }

  /** Negative, 0 or positive as the key is before, at or behind the node. */
  private int compare(byte[] key, int keyLength, int node) {
    MemorySegment segment = chunks.segment(node);
    long at = Chunks.offset(node);
    int word = segment.get(INT, at + KEY_LENGTH_OFFSET);
    return InternalKey.compare(key, keyLength, segment, at + LINKS_OFFSET + (word & HEIGHT_MASK) * Integer.BYTES, word >>> HEIGHT_BITS);
  }

  private static long hintAt(int node, int level) {
    return Chunks.offset(node) - (level + 1L) * Long.BYTES;
  }

  private static long linkAt(int node, int level) {
    return Chunks.offset(node) + LINKS_OFFSET + (long) level * Integer.BYTES;
  }

  private int link(int node, int level) {
    return (int) LINK.getAcquire(chunks.segment(node), linkAt(node, level));
  }

  int first() {
    return link(head, 0);
  }

  /** {@link Chunks#NULL} where there is none; so with the others. */
  int next(int node) {
    return link(node, 0);
  }

  int previous(int node) {
    int previous = (int) LINK.getAcquire(chunks.segment(node), Chunks.offset(node) + BEFORE_OFFSET);
    return previous == head ? Chunks.NULL : previous;
  }

  int last() {
    int node = head;
    for (int level = height - 1; level >= 0; level--) {
      for (int next = link(node, level); next != Chunks.NULL; next = link(node, level)) node = next;
    }
    return node == head ? Chunks.NULL : node;
  }

  /** The first node at or behind the key. */
  int atOrBehind(byte[] key, int keyLength) {
    int next = link(lastBefore(key, keyLength, 1), 0);
    while (next != Chunks.NULL && compare(key, keyLength, next) > 0) next = link(next, 0);
    return next;
  }

  /** The last node at or before the key. */
  int atOrBefore(byte[] key, int keyLength) {
    int node = lastBefore(key, keyLength, 0);
    return node == head ? Chunks.NULL : node;
  }

  /** The last node that compares with the key as at least {@code least} (1: is before it, 0: or at it), or the head; a node linked meanwhile may be missed. */
  private int lastBefore(byte[] key, int keyLength, int least) {
    long hint = InternalKey.hint(key, keyLength, prefix);
    int node = head;
    int known = Chunks.NULL;
    for (int level = height - 1; level >= 0; level--) {
      while (true) {
        MemorySegment segment = chunks.segment(node);
        int order = Long.compareUnsigned(hint, (long) HINT.getAcquire(segment, hintAt(node, level)));
        if (order < 0) break;
        int next = (int) LINK.getAcquire(segment, linkAt(node, level));
        if (order == 0 && (next == Chunks.NULL || next == known || compare(key, keyLength, next) < least)) {
          known = next;
          break;
        }
        node = next;
      }
    }
    return node;
  }

  MemorySegment segment(int node) {
    return chunks.segment(node);
  }

  long keyOffset(int node) {
    int word = chunks.segment(node).get(INT, Chunks.offset(node) + KEY_LENGTH_OFFSET);
    return Chunks.offset(node) + LINKS_OFFSET + (word & HEIGHT_MASK) * Integer.BYTES;
  }

  int keyLength(int node) {
    return chunks.segment(node).get(INT, Chunks.offset(node) + KEY_LENGTH_OFFSET) >>> HEIGHT_BITS;
  }

  int valueLength(int node) {
    return chunks.segment(node).get(INT, Chunks.offset(node) + VALUE_LENGTH_OFFSET);
  }
}
