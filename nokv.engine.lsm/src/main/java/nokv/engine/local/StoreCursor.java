package nokv.engine.local;

import nokv.api.ClosedException;
import nokv.api.Cursor;
import nokv.spi.EngineCursor;
import nokv.spi.txn.Limits;

/** A cursor over the engine's live entries, as good as its reader. */
final class StoreCursor implements Cursor {
  private final LocalReader reader;
  private final EngineCursor entries;
  private boolean valid;
  private boolean exhausted;
  private boolean closed;

  StoreCursor(LocalReader reader, EngineCursor entries) {
    this.reader = reader;
    this.entries = entries;
  }

  @Override public boolean next() {
    check();
    valid = !exhausted && entries.next();
    exhausted = !valid;
    return valid;
  }

  @Override public void seek(byte[] key) {
    check();
    Limits.checkKey(key);
    valid = false;
    exhausted = false;
    entries.seek(key);
  }

  @Override public byte[] key() {
    return current().key();
  }

  @Override public byte[] value() {
    return current().value();
  }

  @Override public long version() {
    return current().version();
  }

  @Override public long expiryMillis() {
    return current().expiryMillis();
  }

  private EngineCursor current() {
    check();
    if (!valid) throw new IllegalStateException("the cursor is at no entry: the last next() was not true");
    return entries;
  }

  private void check() {
    if (closed) throw new ClosedException("the cursor was closed");
    reader.check();
  }

  @Override public void close() {
    if (closed) return;
    closed = true;
    entries.close();
  }
}
