package nokv.bench;

import org.jspecify.annotations.Nullable;

/** One store under test. Every engine gets the same calls, hands values over as {@code byte[]}, and is closed at the end. Thread-safe. */
interface Engine extends AutoCloseable {
  /** Sees each entry of a scan. */
  @FunctionalInterface
  interface Entries {
    void entry(byte[] key, byte[] value);
  }

  void put(byte[] key, byte[] value);

  byte @Nullable [] get(byte[] key);

  void delete(byte[] key);

  /** Writes all pairs atomically. */
  void putBatch(byte[][] keys, byte[][] values);

  /** Gives up to {@code count} entries from {@code start} upward and returns how many there were. */
  int scan(byte[] start, int count, Entries entries);

  /** Waits until background work is done and garbage is collected, as far as the engine offers it. */
  void settle();

  @Override void close();
}
