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
      moved(merged.seek(first(from)));
    }
    int passed = 0;
    while (on && !isBehindRange()) {
      if (isAtHeldKey()) {
        passed = pass(passed);
      } else if (isVisible()) {
        passed = 0;
        holdKey();
        if (isLive()) return true;
        passed = pass(passed);
      } else {
        moved(merged.next());
      }
    }
    return false;
  }

  private int pass(int passed) {
    if (passed < STEPS_BEFORE_JUMP) {
      moved(merged.next());
      return passed + 1;
    }
    moved(merged.seek(last(heldKey())));
    while (on && isAtHeldKey()) moved(merged.next());
    return 0;
  }

  private boolean isVisible() {
    if (entry.version() > readTimestamp || entry.sequence() > pin.sequence()) return false;
    Kind kind = entry.header(header).kind();
    return kind == Kind.PUT || kind == Kind.DELETE;
  }

  private boolean isLive() {
    if (header.kind() != Kind.PUT || Timestamp.expired(header.expiryMillis(), readTimestamp)) return false;
    if (!rangeDeletes) return true;
    RangeTombstone delete = pin.view.newestRangeDelete(family, entry.userKey(), readTimestamp, pin.sequence());
    return delete == null || !RangeDeletes.isNewer(delete, entry.version(), entry.sequence());
  }

  @Override public byte[] key() {
    return entry.userKey();
  }

  @Override public byte[] value() {
    return reader.value(header);
  }

  @Override public long version() {
    return entry.version();
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
