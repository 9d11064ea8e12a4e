package nokv.spi.txn;

import java.util.NavigableMap;
import java.util.TreeMap;
import nokv.api.Direction;
import nokv.api.KeyRange;
import org.jspecify.annotations.Nullable;

/**
 * What a transaction has written so far, by key. A cursor over it sees the writes of the moment it was opened: while one is open, the next write goes to a copy. Not thread-safe.
 */
public final class WriteSet {
  /** What an entry takes beyond its key and value. */
  private static final int OVERHEAD_BYTES = 64;

  private TreeMap<FamilyKey, Write> writes = new TreeMap<>();
  private int sharers;
  private long byteSize;

  /** The last write of a key. @param value null = a delete */
  public record Write(byte @Nullable [] value, long expiryMillis) {
    public static final Write DELETE = new Write(null, 0);

    private int bytes() {
      return OVERHEAD_BYTES + (value == null ? 0 : value.length);
    }
  }

  public boolean isEmpty() {
    return writes.isEmpty();
  }

  public int size() {
    return writes.size();
  }

  public long byteSize() {
    return byteSize;
  }

  /** What {@link #byteSize} would be after a put or delete. */
  public long byteSizeWith(FamilyKey key, Write write) {
    Write replaced = writes.get(key);
    return byteSize + write.bytes() + (replaced == null ? key.key().length : -replaced.bytes());
  }

  public void set(FamilyKey key, Write write) {
    if (sharers > 0) {
      writes = new TreeMap<>(writes);
      sharers = 0;
    }
    byteSize = byteSizeWith(key, write);
    writes.put(key, write);
  }

  public @Nullable Write get(int family, byte[] key) {
    return writes.isEmpty() ? null : writes.get(new FamilyKey(family, key));
  }

  public NavigableMap<FamilyKey, Write> all() {
    return writes;
  }

  /** The writes of a range in an order, as they are now; give it back to {@link #unshare}. */
  Shared share(int family, KeyRange range, Direction direction) {
    sharers++;
    byte[] end = range.end();
    FamilyKey to = end == null ? new FamilyKey(family + 1, new byte[0]) : new FamilyKey(family, end);
    NavigableMap<FamilyKey, Write> view = writes.subMap(new FamilyKey(family, range.start()), true, to, false);
    return new Shared(writes, direction == Direction.FORWARD ? view : view.descendingMap());
  }

  void unshare(Shared shared) {
    if (shared.whole == writes) sharers--;
  }

  /** @param whole the map that {@code view} is of */
  record Shared(TreeMap<FamilyKey, Write> whole, NavigableMap<FamilyKey, Write> view) {}

  public void clear() {
    writes = new TreeMap<>();
    sharers = 0;
    byteSize = 0;
  }
}
