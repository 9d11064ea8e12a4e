package nokv.engine.lsm.memtable;

import java.lang.foreign.MemorySegment;
import nokv.engine.lsm.table.InternalIterator;

/** Walks a {@link SkipList}. Entries added meanwhile may or may not show. */
final class SkipListIterator implements InternalIterator {
  private final SkipList list;
  private int node = Chunks.NULL;

  SkipListIterator(SkipList list) {
    this.list = list;
  }

  private boolean to(int next) {
    node = next;
    return next != Chunks.NULL;
  }

  @Override public boolean valid() {
    return node != Chunks.NULL;
  }

  @Override public boolean seekToFirst() {
    return to(list.first());
  }

  @Override public boolean seekToLast() {
    return to(list.last());
  }

  @Override public boolean seek(byte[] internalKey) {
    return to(list.atOrBehind(internalKey, internalKey.length));
  }

  @Override public boolean seekForPrev(byte[] internalKey) {
    return to(list.atOrBefore(internalKey, internalKey.length));
  }

  @Override public boolean next() {
    return to(list.next(node));
  }

  @Override public boolean prev() {
    return to(list.previous(node));
  }

  @Override public MemorySegment keySegment() {
    return list.segment(node);
  }

  @Override public long keyOffset() {
    return list.keyOffset(node);
  }

  @Override public int keyLength() {
    return list.keyLength(node);
  }

  @Override public MemorySegment valueSegment() {
    return list.segment(node);
  }

  @Override public long valueOffset() {
    return list.keyOffset(node) + list.keyLength(node);
  }

  @Override public int valueLength() {
    return list.valueLength(node);
  }
}
