package nokv.engine.lsm.memtable;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import nokv.engine.lsm.table.InternalIterator;
import nokv.engine.lsm.table.InternalKey;
import nokv.engine.lsm.table.Lookup;
import nokv.engine.lsm.table.RangeTombstone;
import nokv.engine.lsm.table.ValueHeader;
import nokv.spi.Kind;
import nokv.spi.ValuePointer;

/**
 * The versions written last, in memory off the heap. One thread writes; any number read beside it without locks. An entry is seen by every read that begins after its {@code add} has
 * returned, and perhaps by reads under way: readers bound what they see by sequence. The memory is freed by {@link #close}, which its user calls when nobody reads any more.
 */
public final class Memtable implements AutoCloseable {
  private final Chunks chunks = new Chunks();
  private final SkipList list;
  private byte[] key = new byte[128];

  private volatile RangeTombstone[] ranges = new RangeTombstone[4];
  private volatile int rangeCount;

  private volatile long entries;
  private volatile long bytes;
  private volatile long minVersion = Long.MAX_VALUE;
  private volatile long maxVersion;
  private volatile boolean outOfOrder;

  /** @param seed for the heights of nodes */
  public Memtable(long seed) {
    list = new SkipList(chunks, seed);
  }

  /** Adds a version with its value inline. Kinds other than DELETE_RANGE. */
  public void add(int family, byte[] userKey, long version, long sequence, Kind kind, long startTimestamp, long expiryMillis, byte[] value) {
    int keyLength = encodeKey(family, userKey, version, sequence);
    int valueLength = Math.addExact(ValueHeader.bytes(version, startTimestamp, expiryMillis), value.length);
    int node = list.allocate(key, keyLength, valueLength);
    MemorySegment segment = list.segment(node);
    long at = ValueHeader.write(segment, SkipList.keyOffset(node) + keyLength, version, kind, startTimestamp, expiryMillis);
    MemorySegment.copy(value, 0, segment, ValueLayout.JAVA_BYTE, at, value.length);
    list.link(node, key, keyLength);
    added(version, (long) keyLength + valueLength);
  }

  /** Adds a version whose value lies in the value store. */
  public void addPointer(int family, byte[] userKey, long version, long sequence, Kind kind, long startTimestamp, long expiryMillis, ValuePointer pointer) {
    int keyLength = encodeKey(family, userKey, version, sequence);
    int valueLength = ValueHeader.bytes(version, startTimestamp, expiryMillis, pointer);
    int node = list.allocate(key, keyLength, valueLength);
    ValueHeader.writePointer(list.segment(node), SkipList.keyOffset(node) + keyLength, version, kind, startTimestamp, expiryMillis, pointer);
    list.link(node, key, keyLength);
    added(version, (long) keyLength + valueLength);
  }

  private int encodeKey(int family, byte[] userKey, long version, long sequence) {
    int length = Math.addExact(userKey.length, InternalKey.OVERHEAD_BYTES);
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
    added(version, (long) start.length + end.length + 2 * InternalKey.OVERHEAD_BYTES);
    entries--;
  }

  private void added(long version, long addedBytes) {
    entries++;
    bytes += addedBytes;
    if (version < minVersion) minVersion = version;
    if (version > maxVersion) maxVersion = version;
  }

  /** Says that an entry to come may be older than a version of its key that is here or in an older source. */
  public void setOutOfOrder() {
    outOfOrder = true;
  }

  /** Whether it has what {@code lookup} asks, which then holds it. Range deletes are not regarded. */
  public boolean get(Lookup lookup) {
    byte[] target = lookup.target();
    int length = lookup.length();
    for (int node = list.atOrBehind(target, length); node != Chunks.NULL; node = list.next(node)) {
      MemorySegment segment = list.segment(node);
      long keyAt = SkipList.keyOffset(node);
      int keyLength = list.keyLength(node);
      if (!InternalKey.sameUserKey(target, length, segment, keyAt, keyLength)) return false;
      long version = InternalKey.version(segment, keyAt, keyLength);
      long sequence = InternalKey.sequence(segment, keyAt, keyLength);
      if (lookup.accept(version, sequence, segment, keyAt + keyLength, list.valueLength(node))) return true;
    }
    return false;
  }

  public InternalIterator iterator() {
    return new MemtableIterator(list);
  }

  /** How many range deletes were added; costs nothing where there are none. */
  public int rangeDeleteCount() {
    return rangeCount;
  }

  /** The range deletes added so far, in that order. */
  public List<RangeTombstone> rangeDeletes() {
    int count = rangeCount;
    return count == 0 ? List.of() : List.of(Arrays.copyOf(ranges, count));
  }

  /** Entries, range deletes not counted. */
  public long entries() {
    return entries;
  }

  public boolean isEmpty() {
    return entries == 0 && rangeCount == 0;
  }

  /** Bytes of keys and values with their headers: about what a table of it will have. */
  public long bytes() {
    return bytes;
  }

  /** Bytes of memory taken from the system. */
  public long reservedBytes() {
    return chunks.reservedBytes();
  }

  /** {@code Long.MAX_VALUE} where it is empty. */
  public long minVersion() {
    return minVersion;
  }

  /** 0 where it is empty. */
  public long maxVersion() {
    return maxVersion;
  }

  public boolean outOfOrder() {
    return outOfOrder;
  }

  @Override public void close() {
    chunks.close();
  }
}
