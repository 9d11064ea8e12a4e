package nokv.spi;

/**
 * Walks versions in the engine. Not thread-safe; close it. Starts before the first entry. Accessors are valid until the next move.
 */
public interface EngineCursor extends AutoCloseable {
  boolean next();

  /** To just before the first entry at or beyond {@code key} in the cursor's direction, never outside its range. */
  void seek(byte[] key);

  /** A new array at each call. */
  byte[] key();

  /** A new array at each call; read from the value store if it is there. */
  byte[] value();

  long version();

  Kind kind();

  long startTimestamp();

  long expiryMillis();

  @Override void close();
}
