package nokv.engine.lsm.memtable;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import nokv.engine.lsm.table.InternalIterator;
import nokv.engine.lsm.table.InternalKey;
import nokv.engine.lsm.table.Lookup;

/*
 * How the radix tree works
 *
 * Each level of the tree stands for one byte of the key, so that a search looks at one node per byte and never compares keys on the way; nodes come in four sizes, by how many children they have, and a
 * path without branches is no nodes but a prefix in the next one (Leis, Kemper, Neumann, "The Adaptive Radix Tree: ARTful Indexing for Main-Memory Databases", ICDE 2013). An entry hangs where its path is
 * first its own. What this buys is memory locality: of a million random keys the nodes take a fifth of what the entries take, the upper levels stay in the cache, and to insert touches two or three
 * lines that do not, where a skiplist touches ten or more.
 *
 * The order of internal keys (see InternalKey) is no order of byte strings: "a" comes with all its versions before "ab". So a path is the bytes of the user part, then a symbol for its end that is before all
 * bytes, then the sixteen bytes of the trailer. A node above the end has a cell for it, `end`; no prefix reaches across it. As all trailers have one length, no path is the beginning of another. Entries
 * whose internal keys are equal (a batch that wrote one key twice) are chained, last written first:
 *
 *  0            4              8       12         12+k
 *  +------------+--------------+-------+----------+---------+
 *  | key length | value length | equal | key (k)  | value   |    an entry
 *  +------------+--------------+-------+----------+---------+
 *
 * Nodes and entries lie in memory of their own each, so that nodes are close together. A reference to an entry has its highest bit set.
 *
 * One writer, readers without locks. A child is complete before a reader can see it (RadixNode). What cannot be changed in place - a node that is full, or whose prefix is to be cut - is copied, and the copy
 * put in its place; the old one is never changed again and freed with the whole. So a reader who stands in an old node sees all that was there when it was replaced, which is all it is owed: what was linked
 * before it began.
 */

/** Entries of a memtable in a radix tree. */
final class AdaptiveRadixTree implements EntryIndex {
  static final int ENTRY_FLAG = 1 << 31;

  private static final int KEY_LENGTH_OFFSET = 0;
  private static final int VALUE_LENGTH_OFFSET = 4;
  private static final int EQUAL_OFFSET = 8;
  private static final int KEY_OFFSET = 12;
  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

  private final Chunks nodes = new Chunks();
  private final Chunks entries = new Chunks();
  private final MemorySegment rootSegment;
  private final long rootCell;

  AdaptiveRadixTree() {
    int root = nodes.allocate(Integer.BYTES);
    rootSegment = nodes.segment(root);
    rootCell = Chunks.offset(root);
  }

  static boolean isEntry(int reference) {
    return reference < 0;
  }

  /** {@link Chunks#NULL} while it is empty. */
  int root() {
    return RadixNode.get(rootSegment, rootCell);
  }

  MemorySegment node(int reference) {
    return nodes.segment(reference);
  }

  // Entries

  @Override public int allocate(byte[] key, int keyLength, int valueLength) {
    int place = entries.allocate((long) KEY_OFFSET + keyLength + valueLength);
    MemorySegment segment = entries.segment(place);
    long at = Chunks.offset(place);
    segment.set(INT, at + KEY_LENGTH_OFFSET, keyLength);
    segment.set(INT, at + VALUE_LENGTH_OFFSET, valueLength);
    MemorySegment.copy(key, 0, segment, BYTE, at + KEY_OFFSET, keyLength);
    return place | ENTRY_FLAG;
  }

  @Override public MemorySegment segment(int entry) {
    return entries.segment(entry & ~ENTRY_FLAG);
  }

  @Override public long keyOffset(int entry) {
    return Chunks.offset(entry) + KEY_OFFSET;
  }

  int keyLength(int entry) {
    return segment(entry).get(INT, Chunks.offset(entry) + KEY_LENGTH_OFFSET);
  }

  int valueLength(int entry) {
    return segment(entry).get(INT, Chunks.offset(entry) + VALUE_LENGTH_OFFSET);
  }

  /** The entry of the same internal key that was written before this one, or {@link Chunks#NULL}. */
  int equal(int entry) {
    return segment(entry).get(INT, Chunks.offset(entry) + EQUAL_OFFSET);
  }

  /** Negative, 0 or positive as the key is before, at or behind the entry. */
  int compare(byte[] key, int keyLength, int entry) {
    return InternalKey.compare(key, keyLength, segment(entry), keyOffset(entry), keyLength(entry));
  }

  // Writing

  @Override public void link(int entry, byte[] key, int keyLength) {
    int user = keyLength - InternalKey.TRAILER_BYTES;
    MemorySegment holder = rootSegment;
    long cell = rootCell;
    // The end of the part of the key that we are in: the user part, then the whole.
    int limit = user;
    int depth = 0;
    while (true) {
      int child = holder.get(INT, cell);
      if (child == Chunks.NULL || isEntry(child)) {
        RadixNode.set(holder, cell, child == Chunks.NULL ? entry : branch(child, entry, key, keyLength, depth, limit));
        return;
      }
      MemorySegment node = nodes.segment(child);
      long at = Chunks.offset(child);
      int same = RadixNode.samePrefix(node, at, key, depth, limit);
      if (same < RadixNode.prefixLength(node, at)) {
        RadixNode.set(holder, cell, split(child, same, entry, key, depth, limit));
        return;
      }
      depth += same;
      if (depth == limit) {
        holder = node;
        cell = RadixNode.endCell(at);
        limit = keyLength;
        continue;
      }
      int symbol = key[depth++] & 0xff;
      long next = RadixNode.cell(node, at, symbol);
      if (next == RadixNode.NONE) {
        int with = addChild(child, symbol, entry);
        if (with != child) RadixNode.set(holder, cell, with);
        return;
      }
      holder = node;
      cell = next;
    }
  }

  /** Adds a child to a node, or to a larger copy of it where it is full; returns which. */
  private int addChild(int node, int symbol, int entry) {
    MemorySegment segment = nodes.segment(node);
    long at = Chunks.offset(node);
    int to = RadixNode.isFull(segment, at) ? copy(node, RadixNode.kind(segment, at) + 1, 0) : node;
    add(to, symbol, entry);
    return to;
  }

  /** A node that tells two entries apart whose paths are the same down to {@code depth}; or, for equal keys, the new entry with the old one chained to it. */
  private int branch(int old, int entry, byte[] key, int keyLength, int depth, int limit) {
    MemorySegment segment = segment(old);
    long oldKey = keyOffset(old);
    int oldLength = keyLength(old);
    int oldLimit = limit == keyLength ? oldLength : oldLength - InternalKey.TRAILER_BYTES;
    int common = Math.min(limit, oldLimit);
    int differs = depth;
    while (differs < common && key[differs] == segment.get(BYTE, oldKey + differs)) differs++;
    if (differs < common || limit != oldLimit) {
      int node = newNode(RadixNode.NODE4, key, depth, differs - depth);
      add(node, differs == oldLimit ? RadixNode.END : segment.get(BYTE, oldKey + differs) & 0xff, old);
      add(node, differs == limit ? RadixNode.END : key[differs] & 0xff, entry);
      return node;
    }
    if (limit == keyLength) {
      segment(entry).set(INT, Chunks.offset(entry) + EQUAL_OFFSET, old);
      return entry;
    }
    int node = newNode(RadixNode.NODE4, key, depth, limit - depth);
    add(node, RadixNode.END, branch(old, entry, key, keyLength, limit, keyLength));
    return node;
  }

  /** A node with the first {@code same} bytes of another's prefix, above a copy of that one with the rest and the new entry. */
  private int split(int node, int same, int entry, byte[] key, int depth, int limit) {
    MemorySegment segment = nodes.segment(node);
    long at = Chunks.offset(node);
    int above = newNode(RadixNode.NODE4, key, depth, same);
    add(above, segment.get(BYTE, RadixNode.prefixAt(segment, at) + same) & 0xff, copy(node, RadixNode.kind(segment, at), same + 1));
    add(above, depth + same == limit ? RadixNode.END : key[depth + same] & 0xff, entry);
    return above;
  }

  private void add(int node, int symbol, int child) {
    RadixNode.add(nodes.segment(node), Chunks.offset(node), symbol, child);
  }

  private int newNode(int kind, byte[] key, int prefixFrom, int prefixLength) {
    int node = allocateNode(kind, prefixLength);
    MemorySegment segment = nodes.segment(node);
    MemorySegment.copy(key, prefixFrom, segment, BYTE, RadixNode.prefixAt(segment, Chunks.offset(node)), prefixLength);
    return node;
  }

  /** A copy of a node as another kind, without the first bytes of its prefix. */
  private int copy(int node, int kind, int prefixFrom) {
    MemorySegment from = nodes.segment(node);
    long fromAt = Chunks.offset(node);
    int prefixLength = RadixNode.prefixLength(from, fromAt) - prefixFrom;
    int copy = allocateNode(kind, prefixLength);
    MemorySegment to = nodes.segment(copy);
    long toAt = Chunks.offset(copy);
    MemorySegment.copy(from, RadixNode.prefixAt(from, fromAt) + prefixFrom, to, RadixNode.prefixAt(to, toAt), prefixLength);
    RadixNode.copyChildren(from, fromAt, to, toAt);
    return copy;
  }

  private int allocateNode(int kind, int prefixLength) {
    int node = nodes.allocate(RadixNode.bytes(kind, prefixLength));
    RadixNode.create(nodes.segment(node), Chunks.offset(node), kind, prefixLength);
    return node;
  }

  // Reading

  @Override public boolean get(Lookup lookup) {
    byte[] target = lookup.target();
    int user = lookup.length() - InternalKey.TRAILER_BYTES;
    int reference = root();
    int depth = 0;
    while (reference > 0) {
      MemorySegment node = nodes.segment(reference);
      long at = Chunks.offset(reference);
      int same = RadixNode.samePrefix(node, at, target, depth, user);
      if (same < RadixNode.prefixLength(node, at)) return false;
      depth += same;
      if (depth == user) return findVersion(RadixNode.get(node, RadixNode.endCell(at)), user, true, lookup);
      reference = RadixNode.child(node, at, target[depth++] & 0xff);
    }
    if (reference == Chunks.NULL) return false;
    return InternalKey.sameUserKey(target, lookup.length(), segment(reference), keyOffset(reference), keyLength(reference)) && findVersion(reference, depth, true, lookup);
  }

  /** Offers the lookup the entries below a node within the trailer, in order, until it accepts one; those before its target, if it may lie here ({@code bounded}), are left out. */
  private boolean findVersion(int reference, int depth, boolean bounded, Lookup lookup) {
    if (reference == Chunks.NULL) return false;
    if (isEntry(reference)) return offer(reference, bounded, lookup);
    MemorySegment node = nodes.segment(reference);
    long at = Chunks.offset(reference);
    if (bounded) {
      int order = order(node, at, lookup.target(), depth, lookup.length());
      if (order < 0) return false;
      bounded = order == 0;
    }
    depth += RadixNode.prefixLength(node, at);
    int least = bounded ? lookup.target()[depth] & 0xff : 0;
    for (int symbol = RadixNode.next(node, at, least - 1); symbol != RadixNode.BEHIND_ALL; symbol = RadixNode.next(node, at, symbol)) {
      if (findVersion(RadixNode.child(node, at, symbol), depth + 1, bounded && symbol == least, lookup)) return true;
    }
    return false;
  }

  private boolean offer(int entry, boolean bounded, Lookup lookup) {
    if (bounded && compare(lookup.target(), lookup.length(), entry) > 0) return false;
    for (int e = entry; e != Chunks.NULL; e = equal(e)) {
      MemorySegment segment = segment(e);
      long keyAt = keyOffset(e);
      int length = keyLength(e);
      if (lookup.accept(InternalKey.version(segment, keyAt, length), InternalKey.sequence(segment, keyAt, length), segment, keyAt + length, valueLength(e))) return true;
    }
    return false;
  }

  /** Negative, 0 or positive as all below a node is before a key, may be on either side of it, or is behind it; by the node's prefix and the key from {@code depth} to {@code limit}. */
  static int order(MemorySegment node, long at, byte[] key, int depth, int limit) {
    int same = RadixNode.samePrefix(node, at, key, depth, limit);
    if (same == RadixNode.prefixLength(node, at)) return 0;
    if (depth + same == limit) return 1;
    return (node.get(BYTE, RadixNode.prefixAt(node, at) + same) & 0xff) - (key[depth + same] & 0xff);
  }

  @Override public InternalIterator iterator() {
    return new RadixIterator(this);
  }

  @Override public long usedBytes() {
    return nodes.usedBytes() + entries.usedBytes();
  }

  @Override public long reservedBytes() {
    return nodes.reservedBytes() + entries.reservedBytes();
  }

  @Override public void close() {
    nodes.close();
    entries.close();
  }
}
