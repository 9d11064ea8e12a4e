package nokv.api;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Writes that take effect together or not at all, in this order. Arrays are not copied: do not change them until the write has completed. Not thread-safe; may be
 * written again after it has completed.
 */
public final class WriteBatch {
  /** One write. */
  public sealed interface Write {
    ColumnFamily family();
  }

  /** @param expiryMillis milliseconds since 1970; 0 = never */
  public record Put(ColumnFamily family, byte[] key, byte[] value, long expiryMillis) implements Write {}

  public record Delete(ColumnFamily family, byte[] key) implements Write {}

  /** Deletes every key of the range that exists when the batch commits; costs the same however many there are. */
  public record DeleteRange(ColumnFamily family, KeyRange range) implements Write {}

  private final List<Write> writes = new ArrayList<>();
  private long byteSize;

  public WriteBatch put(ColumnFamily family, byte[] key, byte[] value, long expiryMillis) {
    writes.add(new Put(family, key, value, expiryMillis));
    byteSize += key.length + (long) value.length;
    return this;
  }

  public WriteBatch put(ColumnFamily family, byte[] key, byte[] value) {
    return put(family, key, value, 0);
  }

  public WriteBatch put(byte[] key, byte[] value) {
    return put(ColumnFamily.DEFAULT, key, value, 0);
  }

  public WriteBatch delete(ColumnFamily family, byte[] key) {
    writes.add(new Delete(family, key));
    byteSize += key.length;
    return this;
  }

  public WriteBatch delete(byte[] key) {
    return delete(ColumnFamily.DEFAULT, key);
  }

  public WriteBatch deleteRange(ColumnFamily family, KeyRange range) {
    writes.add(new DeleteRange(family, range));
    byteSize += range.start().length + 64;
    return this;
  }

  /** The writes so far, in order; a view. */
  public List<Write> writes() {
    return Collections.unmodifiableList(writes);
  }

  public int size() {
    return writes.size();
  }

  public boolean isEmpty() {
    return writes.isEmpty();
  }

  /** Bytes of keys and values. */
  public long byteSize() {
    return byteSize;
  }

  public void clear() {
    writes.clear();
    byteSize = 0;
  }
}
