package nokv.engine.lsm.memtable;

import nokv.engine.lsm.table.Entry;
import nokv.engine.lsm.table.InternalIterator;

/** Walks a {@link SkipList}. Entries added meanwhile may or may not show. */
final class SkipListIterator implements InternalIterator {
  private final SkipList list;
  private final Entry entry = new Entry();
  private int node = Chunks.NULL;

  SkipListIterator(SkipList list) {
    this.list = list;
  }

  private boolean to(int next) {
    node = next;
    if (next == Chunks.NULL) return false;
    entry.set(list.segment(next), list.keyOffset(next), list.keyLength(next), list.valueLength(next));
    return true;
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

  @Override public Entry entry() {
    return entry;
  }
}
