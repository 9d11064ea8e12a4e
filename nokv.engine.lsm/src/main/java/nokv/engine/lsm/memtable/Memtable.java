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
  /** Longer keys cannot be added. */
  public static final int MAX_USER_KEY_BYTES = SkipList.MAX_KEY_BYTES - InternalKey.OVERHEAD_BYTES;

  private final EntryIndex index;
  private byte[] key = new byte[128];

  private volatile RangeTombstone[] ranges = new RangeTombstone[4];
  private volatile int rangeCount;
  private volatile long rangeBytes;

  private final AtomicLong entries = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong minVersion = new AtomicLong(Long.MAX_VALUE);
  private final AtomicLong maxVersion = new AtomicLong();
  private volatile boolean outOfOrder;

  /** What keeps the entries in order. */
  public enum Structure {
    /** A radix tree: the fewest cache misses to insert and to find. */
    ART,
    /** A skiplist: the least memory where keys are long and have little in common. */
    SKIPLIST
  }

  /** @param seed for the heights of a skiplist's nodes */
  public Memtable(Structure structure, long seed) {
    index = switch (structure) {
      case ART -> new AdaptiveRadixTree();
      case SKIPLIST -> new PrefixedSkipList(seed);
    };
  }

  /** Adds a version with its value inline. Kinds other than DELETE_RANGE. */
  public void add(int family, byte[] userKey, long version, long sequence, Kind kind, long startTimestamp, long expiryMillis, byte[] value) {
    int keyLength = encodeKey(family, userKey, version, sequence);
    int valueLength = Math.addExact(ValueHeader.bytes(version, startTimestamp, expiryMillis), value.length);
    int entry = index.allocate(key, keyLength, valueLength);
    MemorySegment segment = index.segment(entry);
    long at = ValueHeader.write(segment, index.keyOffset(entry) + keyLength, version, kind, startTimestamp, expiryMillis);
    MemorySegment.copy(value, 0, segment, ValueLayout.JAVA_BYTE, at, value.length);
    index.link(entry, key, keyLength);
    added(version, (long) keyLength + valueLength);
  }

  /** Adds a version whose value lies in the value store. */
  public void addPointer(int family, byte[] userKey, long version, long sequence, Kind kind, long startTimestamp, long expiryMillis, ValuePointer pointer) {
    int keyLength = encodeKey(family, userKey, version, sequence);
    int valueLength = ValueHeader.bytes(version, startTimestamp, expiryMillis, pointer);
    int entry = index.allocate(key, keyLength, valueLength);
    ValueHeader.writePointer(index.segment(entry), index.keyOffset(entry) + keyLength, version, kind, startTimestamp, expiryMillis, pointer);
    index.link(entry, key, keyLength);
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
    long taken = (long) start.length + end.length + 2 * InternalKey.OVERHEAD_BYTES;
    rangeBytes = rangeBytes + taken;
    seen(version, taken);
  }

  private void added(long version, long addedBytes) {
    entries.setRelease(entries.getPlain() + 1);
    seen(version, addedBytes);
  }

  private void seen(long version, long addedBytes) {
    bytes.setRelease(bytes.getPlain() + addedBytes);
    if (version < minVersion.getPlain()) minVersion.setRelease(version);
    if (version > maxVersion.getPlain()) maxVersion.setRelease(version);
  }

  /** Says that an entry to come may be older than a version of its key that is here or in an older source. */
  public void setOutOfOrder() {
    outOfOrder = true;
  }

  /** Whether it has what {@code lookup} asks, which then holds it. Range deletes are not regarded. */
  public boolean get(Lookup lookup) {
    return index.get(lookup);
  }

  public InternalIterator iterator() {
    return index.iterator();
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

  /** Bytes of memory that entries, range deletes and index take. */
  public long usedBytes() {
    return index.usedBytes() + rangeBytes;
  }

  /** Bytes of memory taken from the system. */
  public long reservedBytes() {
    return index.reservedBytes();
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
    index.close();
  }
}
