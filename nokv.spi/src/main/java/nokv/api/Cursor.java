package nokv.api;

/**
 * Walks the entries of a range in one direction. Starts before the first entry; {@link #next} moves on. Not thread-safe. It pins the files and memory it reads:
 * close it soon, in a try-with-resources.
 */
public interface Cursor extends AutoCloseable {
  /** Moves to the next entry and says whether there is one. Once false, it stays false until {@link #seek}. */
  boolean next();

  /**
   * Moves to just before the first entry at or beyond {@code key} in the cursor's direction, never outside its range: a seek past the end leaves the cursor
   * exhausted, one before the start stands at the start.
   */
  void seek(byte[] key);

  /** The key here; a new array at each call. @throws IllegalStateException if the last {@link #next} was not true */
  byte[] key();

  /** The value here, read from the value log if it is there; a new array at each call. */
  byte[] value();

  long version();

  long expiryMillis();

  default Entry entry() {
    return new Entry(key(), value(), version(), expiryMillis());
  }

  @Override void close();
}
