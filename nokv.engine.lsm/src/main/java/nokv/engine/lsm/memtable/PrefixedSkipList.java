package nokv.engine.lsm.memtable;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import nokv.engine.lsm.table.Entry;
import nokv.engine.lsm.table.InternalIterator;
import nokv.engine.lsm.table.InternalKey;
import nokv.engine.lsm.table.Lookup;

/** A {@link SkipList} that is made anew, twice at the most, when it is known what its keys have in common. */
final class PrefixedSkipList implements EntryIndex {
  /** At so many entries it looks what its keys have in common: early, so that little is copied, and again when more is known. */
  private static final long FIRST_SAMPLE = 1 << 10;
  private static final long SECOND_SAMPLE = 1 << 14;
  private static final byte[] NO_PREFIX = {};

  private final Chunks chunks = new Chunks();
  private final long seed;
  private volatile SkipList list;
  private long entries;

  /** @param seed for the heights of nodes */
  PrefixedSkipList(long seed) {
    this.seed = seed;
    list = new SkipList(chunks, seed, NO_PREFIX);
  }

  @Override public int allocate(byte[] key, int keyLength, int valueLength) {
    return list.allocate(key, keyLength, valueLength);
  }

  @Override public void link(int entry, byte[] key, int keyLength) {
    list.link(entry, key, keyLength);
    if (++entries == FIRST_SAMPLE || entries == SECOND_SAMPLE) learnPrefix();
  }

  @Override public MemorySegment segment(int entry) {
    return list.segment(entry);
  }

  @Override public long keyOffset(int entry) {
    return list.keyOffset(entry);
  }

  /**
   * Looks what prefix the keys between the first and the last eighth have in common; if it is another than the list was made for, copies all to a list made for it. Readers under way go on in the
   * old one, which has all that they may see.
   */
  private void learnPrefix() {
    byte[] first = {};
    byte[] last = {};
    long eighth = entries / 8;
    long at = 0;
    InternalIterator it = iterator();
    for (boolean on = it.seekToFirst(); on && at <= 7 * eighth; on = it.next(), at++) if (at == eighth || at == 7 * eighth) {
      first = last;
      last = userPart(it.entry());
    }
    int common = Arrays.mismatch(first, last);
    byte[] prefix = Arrays.copyOf(first, common < 0 ? first.length : common);
    if (list.isFor(prefix)) return;
    var copy = new SkipList(chunks, seed, prefix);
    // Backward, for of equal keys the one added last comes first.
    for (boolean on = it.seekToLast(); on; on = it.prev()) copyEntry(it.entry(), copy);
    list = copy;
  }

  private static byte[] userPart(Entry entry) {
    return Arrays.copyOf(entry.key(), entry.keyLength() - InternalKey.TRAILER_BYTES);
  }

  private static void copyEntry(Entry from, SkipList to) {
    int node = to.allocate(from.key(), from.keyLength(), from.valueLength());
    MemorySegment.copy(from.value(), from.valueOffset(), to.segment(node), to.keyOffset(node) + from.keyLength(), from.valueLength());
    to.link(node, from.key(), from.keyLength());
  }

  @Override public boolean get(Lookup lookup) {
    byte[] target = lookup.target();
    int length = lookup.length();
    SkipList in = list;
    for (int node = in.atOrBehind(target, length); node != Chunks.NULL; node = in.next(node)) {
      MemorySegment segment = in.segment(node);
      long keyAt = in.keyOffset(node);
      int keyLength = in.keyLength(node);
      if (!InternalKey.sameUserKey(target, length, segment, keyAt, keyLength)) return false;
      long version = InternalKey.version(segment, keyAt, keyLength);
      long sequence = InternalKey.sequence(segment, keyAt, keyLength);
      if (lookup.accept(version, sequence, segment, keyAt + keyLength, in.valueLength(node))) return true;
    }
    return false;
  }

  @Override public InternalIterator iterator() {
    return new SkipListIterator(list);
  }

  @Override public long usedBytes() {
    return chunks.usedBytes();
  }

  @Override public long reservedBytes() {
    return chunks.reservedBytes();
  }

  @Override public void close() {
    chunks.close();
  }
}
