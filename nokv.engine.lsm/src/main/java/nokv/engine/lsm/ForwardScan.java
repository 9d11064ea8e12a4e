package nokv.engine.lsm;

import java.util.Arrays;
import nokv.api.KeyRange;
import nokv.api.Timestamp;
import nokv.engine.lsm.range.RangeDeletes;
import nokv.engine.lsm.table.RangeTombstone;
import nokv.engine.lsm.table.ValueHeader;
import nokv.spi.Kind;

/** Live entries upward. The walk stays on the entry that the cursor is at. */
final class ForwardScan extends Scan {
  /** After so many versions passed one by one the walk jumps to the next key. */
  private static final int STEPS_BEFORE_JUMP = 8;

  private final long readTimestamp;
  private final ValueHeader header = new ValueHeader();
  private byte[] from;
  private boolean positioned;

  ForwardScan(PointReader reader, PinnedView pin, int family, KeyRange range, long readTimestamp) {
    super(reader, pin, family, range);
    this.readTimestamp = readTimestamp;
    this.from = range.start();
  }

  @Override public void seek(byte[] key) {
    from = Arrays.compareUnsigned(key, range.start()) < 0 ? range.start() : key;
    positioned = false;
    forgetKey();
  }

  @Override public boolean next() {
    if (!positioned) {
      positioned = true;
      merged.seek(first(from));
    }
    int passed = 0;
    while (merged.valid() && !isBehindRange()) {
      if (isAtHeldKey()) {
        passed = pass(passed);
      } else if (isVisible()) {
        passed = 0;
        holdKey();
        if (isLive()) return true;
        passed = pass(passed);
      } else {
        merged.next();
      }
    }
    return false;
  }

  private int pass(int passed) {
    if (passed < STEPS_BEFORE_JUMP) {
      merged.next();
      return passed + 1;
    }
    merged.seek(last(heldKey()));
    while (merged.valid() && isAtHeldKey()) merged.next();
    return 0;
  }

  private boolean isVisible() {
    if (merged.version() > readTimestamp || merged.sequence() > pin.sequence()) return false;
    Kind kind = merged.header(header).kind();
    return kind == Kind.PUT || kind == Kind.DELETE;
  }

  private boolean isLive() {
    if (header.kind() != Kind.PUT || Timestamp.expired(header.expiryMillis(), readTimestamp)) return false;
    if (!rangeDeletes) return true;
    RangeTombstone delete = pin.view.newestRangeDelete(family, merged.userKey(), readTimestamp, pin.sequence());
    return delete == null || !RangeDeletes.isNewer(delete, merged.version(), merged.sequence());
  }

  @Override public byte[] key() {
    return merged.userKey();
  }

  @Override public byte[] value() {
    return reader.value(header);
  }

  @Override public long version() {
    return merged.version();
  }

  @Override public Kind kind() {
    return header.kind();
  }

  @Override public long startTimestamp() {
    return header.startTimestamp();
  }

  @Override public long expiryMillis() {
    return header.expiryMillis();
  }
}
