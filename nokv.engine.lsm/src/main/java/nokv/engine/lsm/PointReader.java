package nokv.engine.lsm;

import nokv.api.Timestamp;
import nokv.engine.lsm.compaction.Shape;
import nokv.engine.lsm.range.RangeDeletes;
import nokv.engine.lsm.table.Lookup;
import nokv.engine.lsm.table.RangeTombstone;
import nokv.engine.lsm.table.ValueHeader;
import nokv.spi.Kind;
import nokv.spi.ValueStore;
import nokv.spi.Version;
import org.jspecify.annotations.Nullable;

/*
 * How one key is found
 *
 * Sources are asked from the newest to the oldest: active memtable, sealed ones, level 0, then one table of each further level. Versions of a key are written in ascending order,
 * so the first source that has a version low enough for the reader has the newest such, and the search ends. Where a batch said that it is out of order, the memtable it went to
 * and every table made of that are marked, and from a marked source the search goes on, to the first unmarked one that has a version; the greatest found counts.
 *
 * Range deletes are few and kept apart from the entries: after the search the newest one over the key is compared with what was found.
 */

/** Reads single keys from a view. Thread-safe. */
final class PointReader {
  private static final byte[] NOTHING = {};
  private final ValueStore values;

  PointReader(ValueStore values) {
    this.values = values;
  }

  byte @Nullable [] get(View view, int family, byte[] key, long readTimestamp, long sequence) {
    Lookup found = search(view, family, key, readTimestamp, sequence, true);
    if (found == null) return null;
    ValueHeader header = found.header();
    if (header.kind() != Kind.PUT || Timestamp.expired(header.expiryMillis(), readTimestamp)) return null;
    if (view.hasRangeDeletes()) {
      RangeTombstone delete = view.newestRangeDelete(family, key, readTimestamp, sequence);
      if (delete != null && RangeDeletes.isNewer(delete, found.foundVersion(), found.foundSequence())) return null;
    }
    return value(header);
  }

  @Nullable Version find(View view, int family, byte[] key, long version, long sequence) {
    Lookup found = search(view, family, key, version, sequence, false);
    RangeTombstone delete = view.hasRangeDeletes() ? view.newestRangeDelete(family, key, version, sequence) : null;
    if (delete != null && (found == null || RangeDeletes.isNewer(delete, found.foundVersion(), found.foundSequence()))) {
      return new Version(family, key, delete.version(), Kind.DELETE, 0, 0, NOTHING);
    }
    if (found == null) return null;
    ValueHeader header = found.header();
    return new Version(family, key, found.foundVersion(), header.kind(), header.startTimestamp(), header.expiryMillis(), value(header));
  }

  byte[] value(ValueHeader header) {
    return header.isPointer() ? values.read(header.pointer()) : header.value();
  }

  ValueStore values() {
    return values;
  }

  private static @Nullable Lookup search(View view, int family, byte[] key, long version, long sequence, boolean passOver) {
    var search = new Search(family, key, version, sequence, passOver);
    if (search.in(view.active)) return search.best;
    for (Buffer buffer : view.sealed) if (search.in(buffer)) return search.best;
    for (TableFile table : view.levels.level(0)) if (table.meta.span().contains(family, key) && search.in(table)) return search.best;
    for (int level = 1; level < Shape.LEVELS; level++) {
      TableFile table = view.levels.find(level, family, key);
      if (table != null && search.in(table)) return search.best;
    }
    return search.best;
  }

  /** What was found so far. */
  private static final class Search {
    private final int family;
    private final byte[] key;
    private final long version;
    private final long sequence;
    private final boolean passOver;
    private Lookup lookup;
    @Nullable Lookup best;

    Search(int family, byte[] key, long version, long sequence, boolean passOver) {
      this.family = family;
      this.key = key;
      this.version = version;
      this.sequence = sequence;
      this.passOver = passOver;
      this.lookup = new Lookup().of(family, key, version, sequence, passOver);
    }

    /** Whether the search ends with this source. */
    boolean in(Buffer buffer) {
      return buffer.get(lookup) && take(buffer.outOfOrder());
    }

    boolean in(TableFile table) {
      return table.get(lookup) && take(table.meta.outOfOrder());
    }

    private boolean take(boolean outOfOrder) {
      Lookup before = best;
      if (before == null || lookup.foundVersion() > before.foundVersion()) best = lookup;
      if (outOfOrder) lookup = new Lookup().of(family, key, version, sequence, passOver);
      return !outOfOrder;
    }
  }
}
