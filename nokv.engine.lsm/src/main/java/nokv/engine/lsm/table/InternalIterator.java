package nokv.engine.lsm.table;

/**
 * Walks internal keys in their order, forward and backward, without allocating on the way. It stands on an entry or, {@link #valid} false, on none, as it does at first and after a
 * move beyond either end. The next move changes what {@link #entry} gave. Not thread-safe; valid while what it walks over is kept by its user.
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

  /** What it stands on, until it moves: then ask again. Of no meaning where it stands on nothing. */
  Entry entry();

  @Override default void close() {}
}
