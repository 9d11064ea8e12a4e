package nokv.engine.lsm.memtable;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import nokv.engine.lsm.table.InternalIterator;
import nokv.engine.lsm.table.InternalKey;
import nokv.engine.lsm.table.Lookup;
import nokv.engine.lsm.table.RangeTombstone;
import nokv.engine.lsm.table.ValueHeader;
import nokv.spi.Kind;
import nokv.spi.ValuePointer;

/**
 * The versions written last, in memory off the heap. One thread at a time writes, each after it has seen the writes of the one before; any number read beside it without locks. An entry is
 * seen by every read that begins after its {@code add} has returned, and perhaps by reads under way: readers bound what they see by sequence. The memory is freed by {@link #close}, which its
 * user calls when nobody reads any more.
 */
public final class Memtable implements AutoCloseable {
  /** At so many entries it looks what its keys have in common: early, so that little is copied, and again when more is known. */
  private static final long FIRST_SAMPLE = 1 << 10;
  private static final long SECOND_SAMPLE = 1 << 14;
  private static final byte[] NO_PREFIX = {};
  /** Longer keys cannot be added. */
  public static final int MAX_USER_KEY_BYTES = SkipList.MAX_KEY_BYTES - InternalKey.OVERHEAD_BYTES;

  private final Chunks chunks = new Chunks();
  private final long seed;
  private volatile SkipList list;
  private byte[] key = new byte[128];

  private volatile RangeTombstone[] ranges = new RangeTombstone[4];
  private volatile int rangeCount;

  private final AtomicLong entries = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong minVersion = new AtomicLong(Long.MAX_VALUE);
  private final AtomicLong maxVersion = new AtomicLong();
  private volatile boolean outOfOrder;

  /** @param seed for the heights of nodes */
  public Memtable(long seed) {
    this.seed = seed;
    list = new SkipList(chunks, seed, NO_PREFIX);
  }

  /** Adds a version with its value inline. Kinds other than DELETE_RANGE. */
  public void add(int family, byte[] userKey, long version, long sequence, Kind kind, long startTimestamp, long expiryMillis, byte[] value) {
    int keyLength = encodeKey(family, userKey, version, sequence);
    int valueLength = Math.addExact(ValueHeader.bytes(version, startTimestamp, expiryMillis), value.length);
    SkipList to = list;
    int node = to.allocate(key, keyLength, valueLength);
    MemorySegment segment = to.segment(node);
    long at = ValueHeader.write(segment, to.keyOffset(node) + keyLength, version, kind, startTimestamp, expiryMillis);
    MemorySegment.copy(value, 0, segment, ValueLayout.JAVA_BYTE, at, value.length);
    to.link(node, key, keyLength);
    added(version, (long) keyLength + valueLength);
  }

  /** Adds a version whose value lies in the value store. */
  public void addPointer(int family, byte[] userKey, long version, long sequence, Kind kind, long startTimestamp, long expiryMillis, ValuePointer pointer) {
    int keyLength = encodeKey(family, userKey, version, sequence);
    int valueLength = ValueHeader.bytes(version, startTimestamp, expiryMillis, pointer);
    SkipList to = list;
    int node = to.allocate(key, keyLength, valueLength);
    ValueHeader.writePointer(to.segment(node), to.keyOffset(node) + keyLength, version, kind, startTimestamp, expiryMillis, pointer);
    to.link(node, key, keyLength);
    added(version, (long) keyLength + valueLength);
  }

  private int encodeKey(int family, byte[] userKey, long version, long sequence) {
    if (userKey.length > MAX_USER_KEY_BYTES) throw new IllegalArgumentException("a key of " + userKey.length + " bytes; at most " + MAX_USER_KEY_BYTES + " fit a memtable");
    int length = userKey.length + InternalKey.OVERHEAD_BYTES;
    if (key.length < length) key = new byte[Math.max(length, 2 * key.length)];
    return InternalKey.encode(key, family, userKey, version, sequence);
  }

  /** Adds a delete of every older version of the keys from {@code start} to {@code end} (empty = to the end of the family). */
  public void addRangeDelete(int family, byte[] start, byte[] end, long version, long sequence) {
    int count = rangeCount;
    RangeTombstone[] array = ranges;
    if (count == array.length) array = Arrays.copyOf(array, 2 * count);
    array[count] = new RangeTombstone(family, start, end, version, sequence);
    ranges = array;
    rangeCount = count + 1;
    seen(version, (long) start.length + end.length + 2 * InternalKey.OVERHEAD_BYTES);
  }

  private void added(long version, long addedBytes) {
    long count = entries.getPlain() + 1;
    entries.setRelease(count);
    seen(version, addedBytes);
    if (count == FIRST_SAMPLE || count == SECOND_SAMPLE) learnPrefix();
  }

  private void seen(long version, long addedBytes) {
    bytes.setRelease(bytes.getPlain() + addedBytes);
    if (version < minVersion.getPlain()) minVersion.setRelease(version);
    if (version > maxVersion.getPlain()) maxVersion.setRelease(version);
  }

  /**
   * Looks what prefix the keys between the first and the last eighth have in common; if it is another than the list was made for, copies all to a list made for it. Readers under way go on in the
   * old one, which has all that they may see.
   */
  private void learnPrefix() {
    byte[] first = {};
    byte[] last = {};
    long eighth = entries.getPlain() / 8;
    long at = 0;
    InternalIterator it = iterator();
    for (boolean on = it.seekToFirst(); on && at <= 7 * eighth; on = it.next(), at++) if (at == eighth || at == 7 * eighth) {
      first = last;
      last = userPart(it);
    }
    int common = Arrays.mismatch(first, last);
    byte[] prefix = Arrays.copyOf(first, common < 0 ? first.length : common);
    if (list.isFor(prefix)) return;
    var copy = new SkipList(chunks, seed, prefix);
    // Backward, for of equal keys the one added last comes first.
    for (boolean on = it.seekToLast(); on; on = it.prev()) copyEntry(it, copy);
    list = copy;
  }

  private static byte[] userPart(InternalIterator it) {
    return it.keySegment().asSlice(it.keyOffset(), it.keyLength() - InternalKey.TRAILER_BYTES).toArray(ValueLayout.JAVA_BYTE);
  }

  private void copyEntry(InternalIterator from, SkipList to) {
    int keyLength = from.keyLength();
    if (key.length < keyLength) key = new byte[keyLength];
    MemorySegment.copy(from.keySegment(), ValueLayout.JAVA_BYTE, from.keyOffset(), key, 0, keyLength);
    int node = to.allocate(key, keyLength, from.valueLength());
    MemorySegment.copy(from.valueSegment(), from.valueOffset(), to.segment(node), to.keyOffset(node) + keyLength, from.valueLength());
    to.link(node, key, keyLength);
  }

  /** Says that an entry to come may be older than a version of its key that is here or in an older source. */
  public void setOutOfOrder() {
    outOfOrder = true;
  }

  /** Whether it has what {@code lookup} asks, which then holds it. Range deletes are not regarded. */
  public boolean get(Lookup lookup) {
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

  public InternalIterator iterator() {
    return new MemtableIterator(list);
  }

  /** The range deletes added so far, in that order. */
  public List<RangeTombstone> rangeDeletes() {
    int count = rangeCount;
    return count == 0 ? List.of() : List.of(Arrays.copyOf(ranges, count));
  }

  /** Entries, range deletes not counted. */
  public long entries() {
    return entries.getAcquire();
  }

  public boolean isEmpty() {
    return entries() == 0 && rangeCount == 0;
  }

  /** Bytes of keys and values with their headers: about what a table of it will have. */
  public long bytes() {
    return bytes.getAcquire();
  }

  /** Bytes of memory taken from the system. */
  public long reservedBytes() {
    return chunks.reservedBytes();
  }

  /** {@code Long.MAX_VALUE} where it is empty. */
  public long minVersion() {
    return minVersion.getAcquire();
  }

  /** 0 where it is empty. */
  public long maxVersion() {
    return maxVersion.getAcquire();
  }

  public boolean outOfOrder() {
    return outOfOrder;
  }

  @Override public void close() {
    chunks.close();
  }
}
