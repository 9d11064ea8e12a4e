package nokv.engine.lsm;

import java.util.Arrays;
import java.util.Objects;
import nokv.api.KeyRange;
import nokv.api.Timestamp;
import nokv.engine.lsm.range.RangeDeletes;
import nokv.engine.lsm.table.RangeTombstone;
import nokv.engine.lsm.table.ValueHeader;
import nokv.spi.Kind;
import org.jspecify.annotations.Nullable;

/** Live entries downward. Going down, a key's versions come oldest first, so the walk is always one key ahead of the cursor, which holds a copy. */
final class ReverseScan extends Scan {
  private final long readTimestamp;
  private final ValueHeader header = new ValueHeader();
  private final byte[] beforeRange;
  private byte @Nullable [] from;
  private boolean positioned;
  private @Nullable Snatched at;

  ReverseScan(PointReader reader, PinnedView pin, int family, KeyRange range, long readTimestamp) {
    super(reader, pin, family, range);
    this.readTimestamp = readTimestamp;
    this.beforeRange = first(range.start());
    this.from = behindRange;
  }

  @Override public void seek(byte[] key) {
    byte[] end = range.end();
    from = end != null && Arrays.compareUnsigned(key, end) >= 0 ? behindRange : last(key);
    positioned = false;
  }

  @Override public boolean next() {
    if (!positioned) {
      positioned = true;
      if (from == null) moved(merged.seekToLast());
      else moved(merged.seekForPrev(from));
    }
    while (on && !isBeforeRange()) {
      holdKey();
      at = newestVisible();
      if (at != null && isLive(at)) return true;
    }
    at = null;
    return false;
  }

  private boolean isBeforeRange() {
    return entry.compareTo(beforeRange, beforeRange.length) < 0;
  }

  /** Walks past the key that is held. */
  private @Nullable Snatched newestVisible() {
    Snatched newest = null;
    do {
      if (entry.version() <= readTimestamp && entry.sequence() <= pin.sequence()) {
        Kind kind = entry.header(header).kind();
        if (kind == Kind.PUT || kind == Kind.DELETE) newest = Snatched.from(entry, header);
      }
    } while (moved(merged.prev()) && isAtHeldKey());
    return newest;
  }

  private boolean isLive(Snatched found) {
    if (found.kind() != Kind.PUT || Timestamp.expired(found.expiryMillis(), readTimestamp)) return false;
    if (!rangeDeletes) return true;
    RangeTombstone delete = pin.view.newestRangeDelete(family, heldKey(), readTimestamp, pin.sequence());
    return delete == null || !RangeDeletes.isNewer(delete, found.version(), found.sequence());
  }

  private Snatched at() {
    return Objects.requireNonNull(at, "the cursor is at no entry");
  }

  @Override public byte[] key() {
    at();
    return heldKey();
  }

  @Override public byte[] value() {
    return at().value(reader);
  }

  @Override public long version() {
    return at().version();
  }

  @Override public Kind kind() {
    return at().kind();
  }

  @Override public long startTimestamp() {
    return at().startTimestamp();
  }

  @Override public long expiryMillis() {
    return at().expiryMillis();
  }
}
