package nokv.engine.lsm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import nokv.engine.lsm.table.InternalIterator;
import nokv.engine.lsm.table.InternalKey;

/** A walk whose entries all have one sequence, whatever theirs are: what a table of another store is when it is taken in. */
final class Resequenced implements InternalIterator {
  private final InternalIterator walk;
  private final long sequence;
  private byte[] key = new byte[64];
  private MemorySegment keySegment = MemorySegment.ofArray(key);

  Resequenced(InternalIterator walk, long sequence) {
    this.walk = walk;
    this.sequence = sequence;
  }

  private boolean at(boolean valid) {
    if (!valid) return false;
    int length = walk.keyLength();
    if (key.length < length) {
      key = new byte[2 * length];
      keySegment = MemorySegment.ofArray(key);
    }
    MemorySegment.copy(walk.keySegment(), ValueLayout.JAVA_BYTE, walk.keyOffset(), key, 0, length);
    InternalKey.setSequence(key, length, sequence);
    return true;
  }

  @Override public boolean valid() {
    return walk.valid();
  }

  @Override public boolean seekToFirst() {
    return at(walk.seekToFirst());
  }

  @Override public boolean seekToLast() {
    return at(walk.seekToLast());
  }

  @Override public boolean seek(byte[] internalKey) {
    return at(walk.seek(internalKey));
  }

  @Override public boolean seekForPrev(byte[] internalKey) {
    return at(walk.seekForPrev(internalKey));
  }

  @Override public boolean next() {
    return at(walk.next());
  }

  @Override public boolean prev() {
    return at(walk.prev());
  }

  @Override public MemorySegment keySegment() {
    return keySegment;
  }

  @Override public long keyOffset() {
    return 0;
  }

  @Override public int keyLength() {
    return walk.keyLength();
  }

  @Override public MemorySegment valueSegment() {
    return walk.valueSegment();
  }

  @Override public long valueOffset() {
    return walk.valueOffset();
  }

  @Override public int valueLength() {
    return walk.valueLength();
  }

  @Override public void close() {
    walk.close();
  }
}
