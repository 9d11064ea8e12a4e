package nokv.engine.lsm.table;

import java.util.Arrays;
import java.util.List;

/**
 * Walks many iterators as one, in the order of the keys. Where several stand on equal keys, the one given first comes first (forward; backward it comes last). A heap holds those that stand on
 * an entry. Closes them all with itself.
 */
public final class MergingIterator implements InternalIterator {
  private final InternalIterator[] children;
  /** Of those that stand on one, what they stand on. */
  private final Entry[] entries;
  /** The first {@code size} are a heap of numbers of children, the top the nearest in the present direction. */
  private final int[] heap;
  private int size;
  private boolean forward = true;

  public MergingIterator(List<? extends InternalIterator> children) {
    this.children = children.toArray(new InternalIterator[0]);
    this.entries = new Entry[this.children.length];
    this.heap = new int[this.children.length];
  }

  @Override public boolean valid() {
    return size > 0;
  }

  @Override public boolean seekToFirst() {
    for (InternalIterator child : children) child.seekToFirst();
    return build(true);
  }

  @Override public boolean seekToLast() {
    for (InternalIterator child : children) child.seekToLast();
    return build(false);
  }

  @Override public boolean seek(byte[] internalKey) {
    for (InternalIterator child : children) child.seek(internalKey);
    return build(true);
  }

  @Override public boolean seekForPrev(byte[] internalKey) {
    for (InternalIterator child : children) child.seekForPrev(internalKey);
    return build(false);
  }

  @Override public boolean next() {
    if (!forward) turn(true);
    return advanced(top().next());
  }

  @Override public boolean prev() {
    if (forward) turn(false);
    return advanced(top().prev());
  }

  private boolean advanced(boolean stands) {
    int moved = heap[0];
    if (stands) entries[moved] = children[moved].entry();
    else heap[0] = heap[--size];
    if (size > 1) sink(0);
    return size > 0;
  }

  /** Brings every other child to the far side of the present entry. */
  private void turn(boolean toForward) {
    int present = heap[0];
    byte[] key = Arrays.copyOf(entry().key(), entry().keyLength());
    for (int i = 0; i < children.length; i++) {
      if (i == present) continue;
      InternalIterator child = children[i];
      // Of equal keys, those of lower numbers are before the present one and those of higher numbers behind it.
      if (toForward) {
        if (child.seek(key) && i < present && at(child, key)) child.next();
      } else if (child.seekForPrev(key) && i > present && at(child, key)) {
        child.prev();
      }
    }
    build(toForward);
  }

  private static boolean at(InternalIterator child, byte[] key) {
    return child.entry().compareTo(key, key.length) == 0;
  }

  private boolean build(boolean toForward) {
    forward = toForward;
    size = 0;
    for (int i = 0; i < children.length; i++) {
      if (!children[i].valid()) continue;
      entries[i] = children[i].entry();
      heap[size++] = i;
    }
    for (int i = size / 2 - 1; i >= 0; i--) sink(i);
    return size > 0;
  }

  private void sink(int hole) {
    int moving = heap[hole];
    for (int child = 2 * hole + 1; child < size; child = 2 * hole + 1) {
      if (child + 1 < size && isBefore(heap[child + 1], heap[child])) child++;
      if (!isBefore(heap[child], moving)) break;
      heap[hole] = heap[child];
      hole = child;
    }
    heap[hole] = moving;
  }

  private boolean isBefore(int a, int b) {
    Entry other = entries[b];
    int order = entries[a].compareTo(other.key(), other.keyLength());
    if (order == 0) order = a - b;
    return forward ? order < 0 : order > 0;
  }

  private InternalIterator top() {
    return children[heap[0]];
  }

  @Override public Entry entry() {
    return entries[heap[0]];
  }

  @Override public void close() {
    for (InternalIterator child : children) child.close();
  }
}
