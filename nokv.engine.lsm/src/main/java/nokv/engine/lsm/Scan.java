package nokv.engine.lsm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import nokv.api.KeyRange;
import nokv.engine.lsm.compaction.Shape;
import nokv.engine.lsm.manifest.Bound;
import nokv.engine.lsm.manifest.Span;
import nokv.engine.lsm.table.Entry;
import nokv.engine.lsm.table.InternalIterator;
import nokv.engine.lsm.table.InternalKey;
import nokv.engine.lsm.table.MergingIterator;
import nokv.spi.EngineCursor;
import org.jspecify.annotations.Nullable;

/** What all cursors share: a merged walk over a pinned view, its bounds, and the key they are at. */
abstract class Scan implements EngineCursor {
  static final byte[] NOTHING = {};
  private static final Entry NOWHERE = new Entry();

  final PointReader reader;
  final PinnedView pin;
  final int family;
  final KeyRange range;
  final InternalIterator merged;
  /** Whether the walk stands on an entry, and on which. */
  boolean on;
  Entry entry = NOWHERE;
  final boolean rangeDeletes;
  /** Before every version of the first key beyond the range; null = nothing is beyond. */
  final byte @Nullable [] behindRange;

  private byte[] held = new byte[64];
  private int heldLength;

  /** Takes over the pin. */
  Scan(PointReader reader, PinnedView pin, int family, KeyRange range) {
    this.reader = reader;
    this.pin = pin;
    this.family = family;
    this.range = range;
    byte[] end = range.end();
    behindRange = end != null ? first(end) : family < 255 ? InternalKey.of(family + 1, NOTHING, Long.MAX_VALUE, Long.MAX_VALUE) : null;
    rangeDeletes = pin.view.hasRangeDeletes();
    merged = merge(pin.view, new Span(new Bound(family, range.start()), Bound.endOf(family, end)));
  }

  private static InternalIterator merge(View view, Span span) {
    var sources = new ArrayList<InternalIterator>();
    // What is visible to the pin and in there was there before the pin.
    if (!view.active.isEmpty()) sources.add(view.active.iterator());
    for (Buffer buffer : view.sealed) sources.add(buffer.iterator());
    for (TableFile table : view.levels.overlapping(0, span)) sources.add(table.iterator(true));
    for (int level = 1; level < Shape.LEVELS; level++) {
      List<TableFile> tables = view.levels.overlapping(level, span);
      if (!tables.isEmpty()) sources.add(tables.size() == 1 ? tables.getFirst().iterator(true) : new LevelIterator(tables, true));
    }
    return sources.size() == 1 ? sources.getFirst() : new MergingIterator(sources);
  }

  /** Before every version of the key. */
  final byte[] first(byte[] key) {
    return InternalKey.of(family, key, Long.MAX_VALUE, Long.MAX_VALUE);
  }

  /** Behind every version of the key. */
  final byte[] last(byte[] key) {
    return InternalKey.of(family, key, 0, 0);
  }

  /** To be told of each move of the walk. */
  final boolean moved(boolean toAnother) {
    on = toAnother;
    if (toAnother) entry = merged.entry();
    return toAnother;
  }

  final boolean isBehindRange() {
    return behindRange != null && entry.compareTo(behindRange, behindRange.length) >= 0;
  }

  /** Remembers the key that the walk stands on. */
  final void holdKey() {
    heldLength = entry.keyLength();
    if (held.length < heldLength) held = new byte[2 * heldLength];
    System.arraycopy(entry.key(), 0, held, 0, heldLength);
  }

  final void forgetKey() {
    heldLength = 0;
  }

  /** Whether the walk stands on another version of the key remembered. */
  final boolean isAtHeldKey() {
    return heldLength > 0 && entry.isOfUserKey(held, heldLength);
  }

  final byte[] heldKey() {
    return Arrays.copyOfRange(held, InternalKey.USER_KEY_OFFSET, heldLength - InternalKey.TRAILER_BYTES);
  }

  @Override public void close() {
    merged.close();
    pin.close();
  }
}
