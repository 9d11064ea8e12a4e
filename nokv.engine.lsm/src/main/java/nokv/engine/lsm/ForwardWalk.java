package nokv.engine.lsm;

import java.util.function.Predicate;
import nokv.engine.lsm.table.Entry;
import nokv.engine.lsm.table.InternalIterator;

/** A walk once forward over another, less or other than it is: what a merge reads that does not read tables of its own store as they are. */
abstract class ForwardWalk implements InternalIterator {
  private final InternalIterator walk;

  private ForwardWalk(InternalIterator walk) {
    this.walk = walk;
  }

  /** Only the entries that the test takes. */
  static InternalIterator filtered(InternalIterator walk, Predicate<Entry> test) {
    return new ForwardWalk(walk) {
      @Override boolean arrive() {
        return test.test(walk.entry());
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

  @Override public Entry entry() {
    return walk.entry();
  }

  @Override public void close() {
    walk.close();
  }

  private static final class Resequenced extends ForwardWalk {
    private final InternalIterator source;
    private final Entry entry = new Entry();
    private final long sequence;

    Resequenced(InternalIterator walk, long sequence) {
      super(walk);
      this.source = walk;
      this.sequence = sequence;
    }

    @Override boolean arrive() {
      entry.set(source.entry(), sequence);
      return true;
    }

    @Override public Entry entry() {
      return entry;
    }
  }
}
