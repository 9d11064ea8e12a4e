package nokv.engine.lsm.memtable;

import java.lang.foreign.MemorySegment;
import nokv.engine.lsm.table.InternalIterator;
import nokv.engine.lsm.table.Lookup;

/**
 * What keeps the entries of a memtable in order, off the heap. One writer; readers beside it take no lock, and see every entry whose {@link #link} returned before they began. Of equal keys the one
 * linked last comes first. An entry is named by a number that is the index's own.
 */
sealed interface EntryIndex extends AutoCloseable permits PrefixedSkipList, AdaptiveRadixTree {
  /** Makes an entry for a key and a value of {@code valueLength} bytes, which nobody sees yet. The value is for the caller to write. */
  int allocate(byte[] key, int keyLength, int valueLength);

  /** Lets readers see an entry, whose key is given again. */
  void link(int entry, byte[] key, int keyLength);

  /** Where key and value of an entry lie. */
  MemorySegment segment(int entry);

  long keyOffset(int entry);

  /** See {@link Memtable#get}. */
  boolean get(Lookup lookup);

  InternalIterator iterator();

  /** Bytes of memory in use, and of those taken from the system. */
  long usedBytes();

  long reservedBytes();

  /** Frees all memory. */
  @Override void close();
}
