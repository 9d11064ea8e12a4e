package nokv.spi.txn;

import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.Map;
import nokv.api.ClosedException;
import nokv.api.Cursor;
import nokv.api.Direction;
import nokv.api.KeyRange;
import nokv.api.Timestamp;
import org.jspecify.annotations.Nullable;

/** Merges what the engine has with what the transaction has written, which wins; tells the read set, where there is one, what was passed over. */
public final class TransactionCursor implements Cursor {
  private final Runnable check;
  private final long startTimestamp;
  private final Cursor stored;
  private final WriteSet writes;
  private final WriteSet.Shared shared;
  private final int family;
  private final KeyRange range;
  private final Direction direction;
  private final @Nullable ReadSet reads;
  private ReadSet.@Nullable Passed passed;

  private Iterator<Map.Entry<FamilyKey, WriteSet.Write>> written;
  /** What comes next of each; null = nothing more. */
  private byte @Nullable [] nextStored;
  private Map.@Nullable Entry<FamilyKey, WriteSet.Write> nextWritten;
  private boolean moveStored = true;
  private boolean moveWritten = true;
  private boolean atStored;
  private Map.@Nullable Entry<FamilyKey, WriteSet.Write> atWritten;
  private boolean closed;

  /**
   * @param stored what the store has at the transaction's start; closed with this cursor
   * @param check throws when nothing can be read here any more
   * @param reads null = not serializable
   */
  public TransactionCursor(Cursor stored, WriteSet writes, Runnable check, long startTimestamp, int family, KeyRange range, Direction direction, @Nullable ReadSet reads) {
    this.stored = stored;
    this.writes = writes;
    this.check = check;
    this.startTimestamp = startTimestamp;
    this.shared = writes.share(family, range, direction);
    this.family = family;
    this.range = range;
    this.direction = direction;
    this.reads = reads;
    this.written = shared.view().entrySet().iterator();
    if (reads != null) passed = reads.addRange(family, range, direction);
  }

  @Override public boolean next() {
    check();
    atStored = false;
    atWritten = null;
    while (true) {
      if (moveStored) nextStored = stored.next() ? stored.key() : null;
      if (moveWritten) nextWritten = written.hasNext() ? written.next() : null;
      moveStored = false;
      moveWritten = false;
      if (nextStored == null && nextWritten == null) {
        if (passed != null) passed.end();
        return false;
      }
      if (step()) {
        if (passed != null) passed.reach(key());
        return true;
      }
    }
  }

  /** Takes the nearer of the two; says whether there is an entry. */
  private boolean step() {
    byte[] theirs = nextStored;
    var mine = nextWritten;
    int order = theirs == null ? 1 : mine == null ? -1 : compare(theirs, mine.getKey().key());
    moveStored = order <= 0;
    moveWritten = order >= 0;
    atStored = order < 0;
    if (mine == null || order < 0) return true;
    WriteSet.Write write = mine.getValue();
    if (write.value() == null || Timestamp.expired(write.expiryMillis(), startTimestamp)) return false;
    atWritten = mine;
    return true;
  }

  private int compare(byte[] a, byte[] b) {
    return direction == Direction.FORWARD ? Arrays.compareUnsigned(a, b) : Arrays.compareUnsigned(b, a);
  }

  @Override public void seek(byte[] key) {
    check();
    Limits.checkKey(key);
    stored.seek(key);
    boolean beforeStart = direction == Direction.FORWARD ? Arrays.compareUnsigned(key, range.start()) < 0 : isAtOrAbove(key, range.end());
    boolean inside = range.contains(key);
    if (beforeStart) written = shared.view().entrySet().iterator();
    else if (inside) written = shared.view().tailMap(new FamilyKey(family, key), true).entrySet().iterator();
    else written = Collections.emptyIterator();
    if (reads != null) passed = beforeStart ? reads.addRange(family, range, direction) : inside ? reads.addRange(family, beyond(key), direction) : null;
    moveStored = true;
    moveWritten = true;
    atStored = false;
    atWritten = null;
  }

  private static boolean isAtOrAbove(byte[] key, byte @Nullable [] end) {
    return end != null && Arrays.compareUnsigned(key, end) >= 0;
  }

  /** The part of the range at or beyond a key inside it. */
  private KeyRange beyond(byte[] key) {
    return direction == Direction.FORWARD ? new KeyRange(key.clone(), range.end()) : new KeyRange(range.start(), ReadSet.behind(key));
  }

  @Override public byte[] key() {
    return at() ? stored.key() : written().getKey().key().clone();
  }

  @Override public byte[] value() {
    if (at()) return stored.value();
    byte[] value = written().getValue().value();
    return value == null ? new byte[0] : value.clone();
  }

  /** Of an entry that this transaction has written, 0: it has no version yet. */
  @Override public long version() {
    return at() ? stored.version() : 0;
  }

  @Override public long expiryMillis() {
    return at() ? stored.expiryMillis() : written().getValue().expiryMillis();
  }

  private boolean at() {
    check();
    if (!atStored && atWritten == null) throw new IllegalStateException("the cursor is at no entry: the last next() was not true");
    return atStored;
  }

  private Map.Entry<FamilyKey, WriteSet.Write> written() {
    var entry = atWritten;
    if (entry == null) throw new IllegalStateException("the cursor is at no entry: the last next() was not true");
    return entry;
  }

  private void check() {
    if (closed) throw new ClosedException("the cursor was closed");
    check.run();
  }

  @Override public void close() {
    if (closed) return;
    closed = true;
    writes.unshare(shared);
    stored.close();
  }
}
