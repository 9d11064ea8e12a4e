package nokv.spi.txn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import nokv.api.Direction;
import nokv.api.KeyRange;
import org.jspecify.annotations.Nullable;

/** What a serializable transaction has read: keys, and the parts of ranges that its cursors have passed over, absent keys included. Not thread-safe. */
public final class ReadSet {
  private static final int OVERHEAD_BYTES = 64;

  private final Set<FamilyKey> keys = new HashSet<>();
  private final List<Passed> ranges = new ArrayList<>();
  private long byteSize;

  public void addKey(int family, byte[] key) {
    if (keys.add(new FamilyKey(family, key.clone()))) byteSize += key.length + OVERHEAD_BYTES;
  }

  /** What a cursor passes over, to be told how far it went. */
  Passed addRange(int family, KeyRange range, Direction direction) {
    var passed = new Passed(family, range, direction);
    ranges.add(passed);
    byteSize += range.start().length + 2 * OVERHEAD_BYTES;
    return passed;
  }

  public long byteSize() {
    return byteSize;
  }

  public Set<FamilyKey> keys() {
    return keys;
  }

  public List<Passed> ranges() {
    return ranges;
  }

  /** The part of a range between where a cursor began and where it is. */
  public static final class Passed {
    private final int family;
    private final KeyRange whole;
    private final Direction direction;
    private @Nullable KeyRange range;

    private Passed(int family, KeyRange whole, Direction direction) {
      this.family = family;
      this.whole = whole;
      this.direction = direction;
    }

    public int family() {
      return family;
    }

    /** The cursor is at {@code key}. */
    void reach(byte[] key) {
      range = direction == Direction.FORWARD ? new KeyRange(whole.start(), behind(key)) : new KeyRange(key, whole.end());
    }

    /** The cursor found nothing more. */
    void end() {
      range = whole;
    }

    /** Null = nothing was passed. */
    public @Nullable KeyRange range() {
      return range;
    }
  }

  /** The smallest key above {@code key}. */
  public static byte[] behind(byte[] key) {
    return Arrays.copyOf(key, key.length + 1);
  }
}
