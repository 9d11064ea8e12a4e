package nokv.spi.txn;

import nokv.api.InvalidArgumentException;
import nokv.api.TransactionOptions;
import nokv.api.TransactionTooLargeException;
import org.jspecify.annotations.Nullable;

/**
 * What a transaction has written so far and, serializable, what it has read; both within one size. Every replicator's transaction keeps one, and differs only in how it ends.
 * Not thread-safe.
 */
public final class Footprint {
  private final boolean readOnly;
  private final long maxBytes;
  private final WriteSet writes = new WriteSet();
  private final @Nullable ReadSet reads;

  /** @param maxBytes of keys, values and what each takes besides; beyond it, {@link TransactionTooLargeException} */
  public Footprint(TransactionOptions options, long maxBytes) {
    readOnly = options.readOnly();
    this.maxBytes = maxBytes;
    // A reader that writes nothing is serialized where it started, whatever others do.
    reads = options.serializable() && !readOnly ? new ReadSet() : null;
  }

  public WriteSet writes() {
    return writes;
  }

  /** Null = what is read need not be remembered. */
  public @Nullable ReadSet reads() {
    return reads;
  }

  /** A key is about to be read. */
  public void read(int family, byte[] key) {
    Limits.checkKey(key);
    if (reads == null) return;
    reads.addKey(family, key);
    check(writes.byteSize());
  }

  /** A cursor is about to be opened. */
  public void scan() {
    if (reads != null) check(writes.byteSize());
  }

  public void put(int family, byte[] key, byte[] value, long expiryMillis) {
    Limits.checkPut(key, value, expiryMillis);
    set(family, key, new WriteSet.Write(value.clone(), expiryMillis));
  }

  public void delete(int family, byte[] key) {
    Limits.checkKey(key);
    set(family, key, WriteSet.Write.DELETE);
  }

  private void set(int family, byte[] key, WriteSet.Write write) {
    if (readOnly) throw new InvalidArgumentException("the transaction was begun read-only; begin one without readOnly to write");
    var own = new FamilyKey(family, key.clone());
    check(writes.byteSizeWith(own, write));
    writes.set(own, write);
  }

  private void check(long writeBytes) {
    Limits.checkSize(writeBytes + (reads == null ? 0 : reads.byteSize()), maxBytes);
  }
}
