package nokv.engine.lsm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Predicate;
import nokv.engine.lsm.table.InternalIterator;
import nokv.engine.lsm.table.InternalKey;

/** A walk once forward over another, less or other than it is: what a merge reads that does not read tables of its own store as they are. */
abstract class ForwardWalk implements InternalIterator {
  private final InternalIterator walk;

  private ForwardWalk(InternalIterator walk) {
    this.walk = walk;
  }

  /** Only the entries that the test takes. */
  static InternalIterator filtered(InternalIterator walk, Predicate<InternalIterator> test) {
    return new ForwardWalk(walk) {
      @Override boolean arrive() {
        return test.test(walk);
      }
    };
  }

  /** All entries with one sequence, whatever theirs are: a table of another store, when it is taken in. */
  static InternalIterator resequenced(InternalIterator walk, long sequence) {
    return new Resequenced(walk, sequence);
  }

  /** The walk stands on another entry; whether that is to be seen. */
  abstract boolean arrive();

  private boolean arriveFrom(boolean valid) {
    while (valid && !arrive()) valid = walk.next();
    return valid;
  }

  @Override public boolean seekToFirst() {
    return arriveFrom(walk.seekToFirst());
  }

  @Override public boolean next() {
    return arriveFrom(walk.next());
  }

  @Override public boolean valid() {
    return walk.valid();
  }

  @Override public boolean seekToLast() {
    throw new UnsupportedOperationException("forward only");
  }

  @Override public boolean seek(byte[] internalKey) {
    throw new UnsupportedOperationException("from the first only");
  }

  @Override public boolean seekForPrev(byte[] internalKey) {
    throw new UnsupportedOperationException("forward only");
  }

  @Override public boolean prev() {
    throw new UnsupportedOperationException("forward only");
  }

  @Override public MemorySegment keySegment() {
    return walk.keySegment();
  }

  @Override public long keyOffset() {
    return walk.keyOffset();
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

  private static final class Resequenced extends ForwardWalk {
    private final InternalIterator source;
    private final long sequence;
    private byte[] key = new byte[64];
    private MemorySegment keySegment = MemorySegment.ofArray(key);

    Resequenced(InternalIterator source, long sequence) {
      super(source);
      this.source = source;
      this.sequence = sequence;
    }

    @Override boolean arrive() {
      int length = source.keyLength();
      if (key.length < length) {
        key = new byte[2 * length];
        keySegment = MemorySegment.ofArray(key);
      }
      MemorySegment.copy(source.keySegment(), ValueLayout.JAVA_BYTE, source.keyOffset(), key, 0, length);
      InternalKey.setSequence(key, length, sequence);
      return true;
    }

    @Override public MemorySegment keySegment() {
      return keySegment;
    }

    @Override public long keyOffset() {
      return 0;
    }
  }
}
