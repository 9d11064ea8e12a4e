package nokv.engine.lsm;

import java.util.List;
import java.util.Objects;
import nokv.engine.lsm.table.Entry;
import nokv.engine.lsm.table.InternalIterator;
import org.jspecify.annotations.Nullable;

/** Walks tables that do not overlap, one behind the other, and opens an iterator only for the one it stands in. */
final class LevelIterator implements InternalIterator {
  private final List<TableFile> tables;
  private final boolean cached;
  /** Passed on from table to table. */
  private final Entry entry = new Entry();
  private int at = -1;
  private @Nullable InternalIterator current;

  /** @param tables in the order of their keys @param cached whether what is read is worth keeping */
  LevelIterator(List<TableFile> tables, boolean cached) {
    this.tables = tables;
    this.cached = cached;
  }

  private InternalIterator open(int table) {
    InternalIterator open = current;
    if (open != null && at == table) return open;
    if (open != null) open.close();
    at = table;
    open = tables.get(table).iterator(cached, entry);
    current = open;
    return open;
  }

  @Override public boolean valid() {
    return current != null && current.valid();
  }

  @Override public boolean seekToFirst() {
    if (tables.isEmpty()) return false;
    return open(0).seekToFirst() || onward();
  }

  @Override public boolean seekToLast() {
    if (tables.isEmpty()) return false;
    return open(tables.size() - 1).seekToLast() || backward();
  }

  @Override public boolean seek(byte[] internalKey) {
    int table = firstEndingAfter(internalKey);
    if (table == tables.size()) return leave();
    return open(table).seek(internalKey) || onward();
  }

  @Override public boolean seekForPrev(byte[] internalKey) {
    int table = Math.min(firstEndingAfter(internalKey), tables.size() - 1);
    if (table < 0) return leave();
    return open(table).seekForPrev(internalKey) || backward();
  }

  @Override public boolean next() {
    return Objects.requireNonNull(current).next() || onward();
  }

  @Override public boolean prev() {
    return Objects.requireNonNull(current).prev() || backward();
  }

  /** A table may hold range deletes only, so more than one may have to be passed. */
  private boolean onward() {
    while (at + 1 < tables.size()) if (open(at + 1).seekToFirst()) return true;
    return leave();
  }

  private boolean backward() {
    while (at > 0) if (open(at - 1).seekToLast()) return true;
    return leave();
  }

  private boolean leave() {
    if (current != null) current.close();
    current = null;
    at = -1;
    return false;
  }

  private int firstEndingAfter(byte[] internalKey) {
    int low = 0;
    int high = tables.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (tables.get(middle).endsAtOrBefore(internalKey)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  @Override public Entry entry() {
    return entry;
  }

  @Override public void close() {
    leave();
  }
}
