package nokv.engine.lsm.table;

/** Walks a table, block by block. */
final class TableIterator implements InternalIterator {
  /** Where blocks come from. */
  @FunctionalInterface
  interface Blocks {
    Block get(int block);
  }

  private final TableIndex index;
  private final Blocks blocks;
  private final BlockCursor cursor;
  private int block = -1;

  TableIterator(TableIndex index, Blocks blocks, Entry entry) {
    this.index = index;
    this.blocks = blocks;
    cursor = new BlockCursor(entry);
  }

  private boolean enter(int next) {
    if (next < 0 || next >= index.blocks()) {
      cursor.reset(null);
      block = -1;
      return false;
    }
    if (next != block) cursor.reset(blocks.get(next));
    block = next;
    return true;
  }

  @Override public boolean valid() {
    return cursor.valid();
  }

  @Override public boolean seekToFirst() {
    return enter(0) && cursor.first();
  }

  @Override public boolean seekToLast() {
    return enter(index.blocks() - 1) && cursor.last();
  }

  @Override public boolean seek(byte[] internalKey) {
    return enter(index.find(internalKey, internalKey.length)) && (cursor.seek(internalKey) || firstOfNext());
  }

  @Override public boolean seekForPrev(byte[] internalKey) {
    int at = index.find(internalKey, internalKey.length);
    if (at == index.blocks()) return seekToLast();
    return enter(at) && (cursor.seekForPrev(internalKey) || lastOfPrevious());
  }

  @Override public boolean next() {
    return cursor.next() || firstOfNext();
  }

  @Override public boolean prev() {
    return cursor.prev() || lastOfPrevious();
  }

  private boolean firstOfNext() {
    return enter(block + 1) && cursor.first();
  }

  private boolean lastOfPrevious() {
    return enter(block - 1) && cursor.last();
  }

  @Override public Entry entry() {
    return cursor.entry();
  }
}
