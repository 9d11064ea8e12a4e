package nokv.api;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Reading, in the three places where there is something to read: the {@link KvStore} itself (the newest committed state), a {@link Snapshot}, a
 * {@link Transaction} (its snapshot and its own writes).
 *
 * <p>Keys are 0 to {@value KvStore#MAX_KEY_BYTES} bytes, values 0 to {@value KvStore#MAX_VALUE_BYTES}. Arrays given are not changed and may be used again
 * as soon as the call returns; arrays returned belong to the caller. Every form throws {@link NoKVException}; the non-blocking forms complete with it. A
 * non-blocking form never parks the calling thread and may complete on any thread: do not block in what depends on it.
 */
public interface Reader {
  /** The value, or null where the key is absent, deleted or expired. Blocks for I/O at the most; embedded, no future is made. */
  byte @Nullable [] get(ColumnFamily family, byte[] key);

  default byte @Nullable [] get(byte[] key) {
    return get(ColumnFamily.DEFAULT, key);
  }

  /** The value with its version and expiry, or null. */
  @Nullable Entry getEntry(ColumnFamily family, byte[] key);

  /** The values of several keys of one moment, in the order asked; null where there is none. */
  default List<byte @Nullable []> multiGet(ColumnFamily family, List<byte[]> keys) {
    var values = new ArrayList<byte @Nullable []>(keys.size());
    for (byte[] key : keys) values.add(get(family, key));
    return values;
  }

  /** A cursor before the first entry of the range; close it. It sees one moment, however long it lives. */
  Cursor scan(ColumnFamily family, KeyRange range, Direction direction);

  /** {@link #get} without blocking. The stage's value is null where the key is absent. */
  CompletionStage<byte @Nullable []> getAsync(ColumnFamily family, byte[] key);

  /** {@link #getEntry} without blocking. */
  CompletionStage<@Nullable Entry> getEntryAsync(ColumnFamily family, byte[] key);

  /** {@link #multiGet} without blocking. */
  CompletionStage<List<byte @Nullable []>> multiGetAsync(ColumnFamily family, List<byte[]> keys);

  /** The first {@code limit} entries of a range, without blocking. For more, ask again from behind the last key. */
  CompletionStage<List<Entry>> scanAsync(ColumnFamily family, KeyRange range, Direction direction, int limit);
}
