package nokv.engine.lsm.table;

import java.lang.foreign.MemorySegment;

/**
 * Walks internal keys in their order, forward and backward, without allocating on the way. It stands on an entry or, {@link #valid} false, on none, as it does at first and after a
 * move beyond either end. Key and value are views that the next move makes invalid. Not thread-safe; valid while what it walks over is kept by its user.
 *
 * <p>Moves return whether it then stands on an entry.
 */
public interface InternalIterator extends AutoCloseable {
  boolean valid();

  boolean seekToFirst();

  boolean seekToLast();

  /** To the first entry at or behind an internal key. */
  boolean seek(byte[] internalKey);

  /** To the last entry at or before an internal key. */
  boolean seekForPrev(byte[] internalKey);

  /** To the entry behind this one; it must stand on one. */
  boolean next();

  /** To the entry before this one; it must stand on one. */
  boolean prev();

  MemorySegment keySegment();

  long keyOffset();

  int keyLength();

  MemorySegment valueSegment();

  long valueOffset();

  /** Of the value with its {@link ValueHeader}. */
  int valueLength();

  default int family() {
    return InternalKey.family(keySegment(), keyOffset());
  }

  /** A new array. */
  default byte[] userKey() {
    return InternalKey.userKey(keySegment(), keyOffset(), keyLength());
  }

  /** Whether it stands on a version of the same user key as an internal key at the start of an array. */
  default boolean isAtUserKey(byte[] internalKey, int length) {
    return InternalKey.sameUserKey(internalKey, length, keySegment(), keyOffset(), keyLength());
  }

  default long version() {
    return InternalKey.version(keySegment(), keyOffset(), keyLength());
  }

  default long sequence() {
    return InternalKey.sequence(keySegment(), keyOffset(), keyLength());
  }

  /** Moves {@code header} to the header of this entry. */
  default ValueHeader header(ValueHeader header) {
    return header.read(valueSegment(), valueOffset(), valueLength(), version());
  }

  @Override default void close() {}
}
