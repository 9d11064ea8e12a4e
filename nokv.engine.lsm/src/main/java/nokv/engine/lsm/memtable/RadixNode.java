package nokv.engine.lsm.memtable;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * An inner node of the {@link AdaptiveRadixTree}, in one of four sizes.
 * <pre>
 *            0                 4       8     12       16              32        96        272             464         1040
 *            +-----------------+-------+-----+--------+---------------+---------+---------+---------------+-----------+
 *  4 bytes   | kind and prefix | count | end | bytes  | children      | prefix  |         |               |           |
 *  16 bytes  | kind and prefix | count | end |        | bytes         | children| prefix  |               |           |
 *  48 bytes  | kind and prefix | count | end |        | places of 256 bytes               | children      | prefix    |
 *  256 bytes | kind and prefix | count | end |        | children of 256 bytes                                         | prefix
 *            +-----------------+-------+-----+--------+---------------------------------------------------------------+
 * </pre>
 * The first word is the kind in its low 2 bits and the length of the prefix above; the prefix is what all keys below have in common here. {@code end} is the child for keys that end here. In the two
 * small kinds the bytes stand in the order they came, the i-th with the i-th child; in the third, a byte's place is that of its child plus one, 0 = none. All but prefix and kind may grow while others
 * read: a child is written before the count, the place, or itself lets readers see it. Native byte order.
 *
 * <p>Children are asked for by symbol: a byte, 0 to 255, or {@link #END}, which is before all bytes.
 */
final class RadixNode {
  static final int NODE4 = 0;
  static final int NODE16 = 1;
  static final int NODE48 = 2;
  static final int NODE256 = 3;

  static final int END = -1;
  /** Before {@link #END}, and what {@link #previous} gives where there is none. */
  static final int BEFORE_ALL = -2;
  /** Behind all bytes, and what {@link #next} gives where there is none. */
  static final int BEHIND_ALL = 256;
  /** No cell. */
  static final long NONE = -1;

  private static final int KIND_BITS = 2;
  private static final int KIND_MASK = (1 << KIND_BITS) - 1;
  private static final int COUNT_OFFSET = 4;
  private static final int END_OFFSET = 8;
  private static final int[] BYTES_OFFSET = {12, 16, 16, 16};
  private static final int[] CHILDREN_OFFSET = {16, 32, 272, 16};
  private static final int[] FIXED_BYTES = {32, 96, 464, 1040};
  private static final int[] CAPACITY = {4, 16, 48, 256};

  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  /** Little-endian, so that the i-th byte in memory is the i-th from below. */
  private static final ValueLayout.OfLong EIGHT_BYTES = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt FOUR_BYTES = INT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle CELL = INT.varHandle();
  private static final VarHandle PLACE = BYTE.varHandle();
  private static final long LOW_BITS = 0x0101010101010101L;
  private static final long HIGH_BITS = 0x8080808080808080L;

  private RadixNode() {}

  /** Bytes of a node of a kind with a prefix. */
  static long bytes(int kind, int prefixLength) {
    return (long) FIXED_BYTES[kind] + prefixLength;
  }

  /** Writes the first word of a node that is otherwise zero. */
  static void create(MemorySegment node, long at, int kind, int prefixLength) {
    node.set(INT, at, prefixLength << KIND_BITS | kind);
  }

  static int kind(MemorySegment node, long at) {
    return node.get(INT, at) & KIND_MASK;
  }

  static int prefixLength(MemorySegment node, long at) {
    return node.get(INT, at) >>> KIND_BITS;
  }

  static long prefixAt(MemorySegment node, long at) {
    return at + FIXED_BYTES[kind(node, at)];
  }

  /** How many bytes of the prefix are those of the key from {@code from} on, which ends at {@code limit}. */
  static int samePrefix(MemorySegment node, long at, byte[] key, int from, int limit) {
    int word = node.get(INT, at);
    int length = word >>> KIND_BITS;
    if (length == 0) return 0;
    long prefix = at + FIXED_BYTES[word & KIND_MASK];
    int end = Math.min(length, limit - from);
    int i = 0;
    while (i < end && node.get(BYTE, prefix + i) == key[from + i]) i++;
    return i;
  }

  static boolean isFull(MemorySegment node, long at) {
    return node.get(INT, at + COUNT_OFFSET) == CAPACITY[kind(node, at)];
  }

  static long endCell(long at) {
    return at + END_OFFSET;
  }

  /** What a cell holds: a child, or {@link Chunks#NULL}. */
  static int get(MemorySegment node, long cell) {
    return (int) CELL.getAcquire(node, cell);
  }

  /** Lets readers see a child in a cell. */
  static void set(MemorySegment node, long cell, int child) {
    CELL.setRelease(node, cell, child);
  }

  /** The child for a symbol, or {@link Chunks#NULL}. */
  static int child(MemorySegment node, long at, int symbol) {
    long cell = symbol == END ? endCell(at) : cell(node, at, symbol);
    return cell == NONE ? Chunks.NULL : get(node, cell);
  }

  /** The cell of the child for a byte, or {@link #NONE} where there is no such child. */
  static long cell(MemorySegment node, long at, int symbol) {
    switch (kind(node, at)) {
      case NODE4 -> {
        int count = (int) CELL.getAcquire(node, at + COUNT_OFFSET);
        long matches = matches(node.get(FOUR_BYTES, at + 12) & 0xffffffffL, symbol);
        int place = Long.numberOfTrailingZeros(matches) >>> 3;
        return place < count ? at + 16 + 4L * place : NONE;
      }
      case NODE16 -> {
        int count = (int) CELL.getAcquire(node, at + COUNT_OFFSET);
        long matches = matches(node.get(EIGHT_BYTES, at + 16), symbol);
        int place = matches != 0 ? Long.numberOfTrailingZeros(matches) >>> 3 : 8 + (Long.numberOfTrailingZeros(matches(node.get(EIGHT_BYTES, at + 24), symbol)) >>> 3);
        return place < count ? at + 32 + 4L * place : NONE;
      }
      case NODE48 -> {
        int place = (byte) PLACE.getAcquire(node, at + 16 + symbol);
        return place != 0 ? at + 272 + 4L * (place - 1) : NONE;
      }
      default -> {
        long cell = at + 16 + 4L * symbol;
        return get(node, cell) != Chunks.NULL ? cell : NONE;
      }
    }
  }

  /** The high bit of each byte that equals the symbol, exact for the lowest; bytes that are not in use are zero and stand above those that are. */
  private static long matches(long bytes, int symbol) {
    long differences = bytes ^ symbol * LOW_BITS;
    return differences - LOW_BITS & ~differences & HIGH_BITS;
  }

  /** Adds a child for a symbol that has none; the node must not be full. */
  static void add(MemorySegment node, long at, int symbol, int child) {
    if (symbol == END) {
      set(node, endCell(at), child);
      return;
    }
    int kind = kind(node, at);
    int count = node.get(INT, at + COUNT_OFFSET);
    long cell = at + CHILDREN_OFFSET[kind] + 4L * (kind == NODE256 ? symbol : count);
    set(node, cell, child);
    if (kind == NODE48) PLACE.setRelease(node, at + 16 + symbol, (byte) (count + 1));
    else if (kind != NODE256) node.set(BYTE, at + BYTES_OFFSET[kind] + count, (byte) symbol);
    CELL.setRelease(node, at + COUNT_OFFSET, count + 1);
  }

  /** The least symbol behind the given one that has a child, or {@link #BEHIND_ALL}. */
  static int next(MemorySegment node, long at, int symbol) {
    if (symbol < END && get(node, endCell(at)) != Chunks.NULL) return END;
    int kind = kind(node, at);
    if (kind <= NODE16) {
      int count = (int) CELL.getAcquire(node, at + COUNT_OFFSET);
      int least = BEHIND_ALL;
      for (int i = 0; i < count; i++) {
        int b = node.get(BYTE, at + BYTES_OFFSET[kind] + i) & 0xff;
        if (b > symbol && b < least) least = b;
      }
      return least;
    }
    for (int b = Math.max(symbol, END) + 1; b < BEHIND_ALL; b++) if (cell(node, at, b) != NONE) return b;
    return BEHIND_ALL;
  }

  /** The greatest symbol before the given one that has a child, or {@link #BEFORE_ALL}. */
  static int previous(MemorySegment node, long at, int symbol) {
    int kind = kind(node, at);
    int greatest = END;
    if (kind <= NODE16) {
      int count = (int) CELL.getAcquire(node, at + COUNT_OFFSET);
      for (int i = 0; i < count; i++) {
        int b = node.get(BYTE, at + BYTES_OFFSET[kind] + i) & 0xff;
        if (b < symbol && b > greatest) greatest = b;
      }
    } else {
      for (int b = symbol - 1; b >= 0 && greatest == END; b--) if (cell(node, at, b) != NONE) greatest = b;
    }
    if (greatest != END) return greatest;
    return symbol > END && get(node, endCell(at)) != Chunks.NULL ? END : BEFORE_ALL;
  }

  /** Fills a new node, whose first word is written, with the children of another; it has room for them. */
  static void copyChildren(MemorySegment from, long fromAt, MemorySegment to, long toAt) {
    for (int symbol = next(from, fromAt, BEFORE_ALL); symbol != BEHIND_ALL; symbol = next(from, fromAt, symbol)) add(to, toAt, symbol, child(from, fromAt, symbol));
  }
}
