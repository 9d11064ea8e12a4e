package nokv.raftstore.kv;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionStage;
import nokv.api.ClosedException;
import nokv.api.Cursor;
import nokv.api.Direction;
import nokv.api.Entry;
import nokv.api.KeyRange;
import nokv.spi.txn.Limits;
import nokv.spi.txn.ReadSet;
import nokv.spi.txn.Stages;
import org.jspecify.annotations.Nullable;

/** Walks a range in pages; the next one is on its way while this one is read. */
final class PagedCursor implements Cursor {
  private static final int FIRST_PAGE_ENTRIES = 32;
  private static final int LARGEST_PAGE_ENTRIES = 1024;

  private final RemoteReader reader;
  private final int family;
  private final KeyRange range;
  private final Direction direction;
  private final long version;
  private final Runnable onClose;
  private int pageEntries = FIRST_PAGE_ENTRIES;
  private @Nullable CompletionStage<Reads.Page> coming;
  private List<Entry> page = List.of();
  private int at = -1;
  private boolean closed;

  PagedCursor(RemoteReader reader, int family, KeyRange range, Direction direction, long version, Runnable onClose) {
    this.reader = reader;
    this.family = family;
    this.range = range;
    this.direction = direction;
    this.version = version;
    this.onClose = onClose;
    coming = ask(range);
  }

  private CompletionStage<Reads.Page> ask(KeyRange rest) {
    var asked = reader.reads.page(family, rest, direction, pageEntries, version);
    pageEntries = Math.min(LARGEST_PAGE_ENTRIES, pageEntries * 2);
    return asked;
  }

  @Override public boolean next() {
    check();
    at++;
    while (at >= page.size()) {
      var awaited = coming;
      if (awaited == null) {
        at = page.size();
        return false;
      }
      Reads.Page taken = Stages.await(awaited);
      page = taken.entries();
      at = 0;
      KeyRange rest = taken.rest();
      coming = rest == null ? null : ask(rest);
    }
    return true;
  }

  @Override public void seek(byte[] key) {
    check();
    Limits.checkKey(key);
    page = List.of();
    at = -1;
    pageEntries = FIRST_PAGE_ENTRIES;
    KeyRange rest = beyond(key);
    coming = rest == null ? null : ask(rest);
  }

  private @Nullable KeyRange beyond(byte[] key) {
    if (direction == Direction.FORWARD) {
      if (Arrays.compareUnsigned(key, range.start()) <= 0) return range;
      return Reads.isAtOrAbove(key, range.end()) ? null : new KeyRange(key.clone(), range.end());
    }
    if (Reads.isAtOrAbove(key, range.end())) return range;
    return Arrays.compareUnsigned(key, range.start()) < 0 ? null : new KeyRange(range.start(), ReadSet.behind(key));
  }

  private Entry current() {
    check();
    if (at < 0 || at >= page.size()) throw new IllegalStateException("the cursor is at no entry: the last next() was not true");
    return page.get(at);
  }

  @Override public byte[] key() {
    return current().key().clone();
  }

  @Override public byte[] value() {
    return current().value().clone();
  }

  @Override public long version() {
    return current().version();
  }

  @Override public long expiryMillis() {
    return current().expiryMillis();
  }

  private void check() {
    if (closed) throw new ClosedException("the cursor was closed");
    reader.check();
  }

  @Override public void close() {
    if (closed) return;
    closed = true;
    onClose.run();
    page = List.of();
    coming = null;
  }
}
