package nokv.engine.lsm.memtable;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import nokv.engine.lsm.table.Entry;
import nokv.engine.lsm.table.InternalIterator;
import nokv.engine.lsm.table.InternalKey;

/** Walks an {@link AdaptiveRadixTree}: the nodes above the present entry are kept on a stack, each with the symbol under which the walk went down. Entries added meanwhile may or may not show. */
final class RadixIterator implements InternalIterator {
  private final AdaptiveRadixTree tree;
  private int[] nodes = new int[16];
  private int[] symbols = new int[16];
  private int height;
  /** Of the chain of equal entries, the one written last; and the one on which we stand. */
  private int head = Chunks.NULL;
  private int entry = Chunks.NULL;
  private final Entry view = new Entry();

  RadixIterator(AdaptiveRadixTree tree) {
    this.tree = tree;
  }

  @Override public boolean valid() {
    return entry != Chunks.NULL;
  }

  @Override public boolean seekToFirst() {
    height = 0;
    return toFirstBelow(tree.root());
  }

  @Override public boolean seekToLast() {
    height = 0;
    return toLastBelow(tree.root());
  }

  @Override public boolean seek(byte[] internalKey) {
    int reference = descend(internalKey);
    if (reference == Chunks.NULL) return forward();
    if (AdaptiveRadixTree.isEntry(reference)) return tree.compare(internalKey, internalKey.length, reference) <= 0 ? toFirstBelow(reference) : forward();
    return order > 0 ? toFirstBelow(reference) : forward();
  }

  @Override public boolean seekForPrev(byte[] internalKey) {
    int reference = descend(internalKey);
    if (reference == Chunks.NULL) return backward();
    if (AdaptiveRadixTree.isEntry(reference)) return tree.compare(internalKey, internalKey.length, reference) >= 0 ? toLastBelow(reference) : backward();
    return order < 0 ? toLastBelow(reference) : backward();
  }

  /** Of the node at which the last {@link #descend} stopped, see {@link AdaptiveRadixTree#order}. */
  private int order;

  /** Goes down the path of a key as far as there is one: to an entry, to a node all of which is on one side of the key, or to no child. The stack has the nodes above. */
  private int descend(byte[] key) {
    height = 0;
    int limit = key.length - InternalKey.TRAILER_BYTES;
    int depth = 0;
    int reference = tree.root();
    while (reference > 0) {
      MemorySegment node = tree.node(reference);
      long at = Chunks.offset(reference);
      order = AdaptiveRadixTree.order(node, at, key, depth, limit);
      if (order != 0) return reference;
      depth += RadixNode.prefixLength(node, at);
      int symbol = RadixNode.END;
      if (depth == limit) limit = key.length;
      else symbol = key[depth++] & 0xff;
      push(reference, symbol);
      reference = RadixNode.child(node, at, symbol);
    }
    return reference;
  }

  private void push(int node, int symbol) {
    if (height == nodes.length) {
      nodes = Arrays.copyOf(nodes, 2 * height);
      symbols = Arrays.copyOf(symbols, 2 * height);
    }
    nodes[height] = node;
    symbols[height++] = symbol;
  }

  private boolean toFirstBelow(int reference) {
    while (reference > 0) {
      MemorySegment node = tree.node(reference);
      long at = Chunks.offset(reference);
      int symbol = RadixNode.next(node, at, RadixNode.BEFORE_ALL);
      push(reference, symbol);
      reference = RadixNode.child(node, at, symbol);
    }
    head = reference;
    return standOn(reference);
  }

  private boolean toLastBelow(int reference) {
    while (reference > 0) {
      MemorySegment node = tree.node(reference);
      long at = Chunks.offset(reference);
      int symbol = RadixNode.previous(node, at, RadixNode.BEHIND_ALL);
      push(reference, symbol);
      reference = RadixNode.child(node, at, symbol);
    }
    head = reference;
    if (reference != Chunks.NULL) while (tree.equal(reference) != Chunks.NULL) reference = tree.equal(reference);
    return standOn(reference);
  }

  /** To the first entry behind the path on the stack. */
  private boolean forward() {
    for (; height > 0; height--) {
      int reference = nodes[height - 1];
      MemorySegment node = tree.node(reference);
      long at = Chunks.offset(reference);
      int symbol = RadixNode.next(node, at, symbols[height - 1]);
      if (symbol == RadixNode.BEHIND_ALL) continue;
      symbols[height - 1] = symbol;
      return toFirstBelow(RadixNode.child(node, at, symbol));
    }
    return toFirstBelow(Chunks.NULL);
  }

  private boolean backward() {
    for (; height > 0; height--) {
      int reference = nodes[height - 1];
      MemorySegment node = tree.node(reference);
      long at = Chunks.offset(reference);
      int symbol = RadixNode.previous(node, at, symbols[height - 1]);
      if (symbol == RadixNode.BEFORE_ALL) continue;
      symbols[height - 1] = symbol;
      return toLastBelow(RadixNode.child(node, at, symbol));
    }
    return toLastBelow(Chunks.NULL);
  }

  @Override public boolean next() {
    int equal = tree.equal(entry);
    if (equal == Chunks.NULL) return forward();
    return standOn(equal);
  }

  @Override public boolean prev() {
    if (entry == head) return backward();
    int later = head;
    while (tree.equal(later) != entry) later = tree.equal(later);
    return standOn(later);
  }

  private boolean standOn(int reference) {
    entry = reference;
    if (reference == Chunks.NULL) return false;
    view.set(tree.segment(reference), tree.keyOffset(reference), tree.keyLength(reference), tree.valueLength(reference));
    return true;
  }

  @Override public Entry entry() {
    return view;
  }
}
