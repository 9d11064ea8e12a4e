package nokv.engine.lsm.table;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import nokv.spi.Kind;
import nokv.spi.ValuePointer;

/**
 * What stands with an internal key in memtables and tables: the kind of the version and its value, or where that lies.
 * <pre>
 *  0     1
 *  +-----+----------------+-----------------+--------------------------------------------+
 *  | tag | [age (varint)] | [expiry (varint)] | value, or pointer                          |
 *  +-----+----------------+-----------------+--------------------------------------------+
 *  pointer: bucket, segment, offset, length (four varints)
 * </pre>
 * {@code tag}: bits 0–2 the {@link Kind}, 8 = has a start timestamp (otherwise 0), 16 = has an expiry (otherwise 0), 32 = a pointer instead of the value. {@code age} is the version
 * less the start timestamp, which is small where the timestamp is large. {@code expiry} is in milliseconds. The value reaches to the end.
 *
 * <p>An instance is a view of one that was read: {@link #read} moves it, and no accessor allocates but {@link #value} and {@link #pointer}. Not thread-safe.
 */
public final class ValueHeader {
  static final int KIND_MASK = 7;
  static final int HAS_START = 8;
  static final int HAS_EXPIRY = 16;
  static final int IS_POINTER = 32;
  /** No header without the value is longer. */
  public static final int MAX_BYTES = 1 + 2 * Varint.MAX_BYTES + 3 * Varint.MAX_INT_BYTES + Varint.MAX_BYTES;

  private static final MemorySegment NOTHING = MemorySegment.ofArray(new byte[0]);

  private MemorySegment segment = NOTHING;
  private int tag = Kind.DELETE.code();
  private long start;
  private long expiry;
  private long valueAt;
  private int valueLength;

  /** Writes all but an inline value to {@code target} and returns the position behind, where the value goes. */
  public static long write(MemorySegment target, long at, long version, Kind kind, long start, long expiryMillis) {
    return write(target, at, kind.code(), version, start, expiryMillis);
  }

  /** Writes the header of a value that lies elsewhere and returns the position behind. */
  public static long writePointer(MemorySegment target, long at, long version, Kind kind, long start, long expiryMillis, ValuePointer pointer) {
    at = write(target, at, kind.code() | IS_POINTER, version, start, expiryMillis);
    at = Varint.put(target, at, pointer.bucket());
    at = Varint.put(target, at, pointer.segment());
    at = Varint.put(target, at, pointer.offset());
    return Varint.put(target, at, pointer.length());
  }

  private static long write(MemorySegment target, long at, int kind, long version, long start, long expiryMillis) {
    target.set(ValueLayout.JAVA_BYTE, at++, (byte) (kind | (start != 0 ? HAS_START : 0) | (expiryMillis != 0 ? HAS_EXPIRY : 0)));
    if (start != 0) at = Varint.put(target, at, version - start);
    if (expiryMillis != 0) at = Varint.put(target, at, expiryMillis);
    return at;
  }

  /** Bytes that {@link #write} takes. */
  public static int bytes(long version, long start, long expiryMillis) {
    return 1 + (start != 0 ? Varint.bytes(version - start) : 0) + (expiryMillis != 0 ? Varint.bytes(expiryMillis) : 0);
  }

  /** Bytes that {@link #writePointer} takes. */
  public static int bytes(long version, long start, long expiryMillis, ValuePointer pointer) {
    return bytes(version, start, expiryMillis) + Varint.bytes(pointer.bucket()) + Varint.bytes(pointer.segment()) + Varint.bytes(pointer.offset())
        + Varint.bytes(pointer.length());
  }

  /** Looks at the header at {@code at}, which with its value takes {@code length} bytes; {@code version} is that of the key. Valid while the memory is. */
  public ValueHeader read(MemorySegment source, long at, int length, long version) {
    segment = source;
    long end = at + length;
    tag = source.get(ValueLayout.JAVA_BYTE, at++);
    start = 0;
    expiry = 0;
    if ((tag & HAS_START) != 0) {
      long age = Varint.get(source, at);
      at += Varint.bytes(age);
      start = version - age;
    }
    if ((tag & HAS_EXPIRY) != 0) {
      expiry = Varint.get(source, at);
      at += Varint.bytes(expiry);
    }
    valueAt = at;
    valueLength = (int) (end - at);
    return this;
  }

  /** The kind of the version whose header stands at {@code at}, at a glance. */
  static int kindCode(MemorySegment source, long at) {
    return source.get(ValueLayout.JAVA_BYTE, at) & KIND_MASK;
  }

  /** Whether readers pass over a version of this kind to the next older one. */
  static boolean isPassedOver(int kindCode) {
    return kindCode == Kind.LOCK_ONLY.code() || kindCode == Kind.ROLLBACK.code();
  }

  public Kind kind() {
    return Kind.of(tag & KIND_MASK);
  }

  /** 0 = unknown. */
  public long startTimestamp() {
    return start;
  }

  /** 0 = never. */
  public long expiryMillis() {
    return expiry;
  }

  public boolean isPointer() {
    return (tag & IS_POINTER) != 0;
  }

  /** Where the value lies, if {@link #isPointer}. */
  public ValuePointer pointer() {
    long at = valueAt;
    long bucket = Varint.get(segment, at);
    at += Varint.bytes(bucket);
    long number = Varint.get(segment, at);
    at += Varint.bytes(number);
    long offset = Varint.get(segment, at);
    at += Varint.bytes(offset);
    return new ValuePointer((int) bucket, (int) number, offset, (int) Varint.get(segment, at));
  }

  /** A copy of the inline value. */
  public byte[] value() {
    byte[] copy = new byte[valueLength];
    MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, valueAt, copy, 0, valueLength);
    return copy;
  }

  /** The memory that {@link #valueOffset} and {@link #valueLength} speak of. */
  public MemorySegment segment() {
    return segment;
  }

  public long valueOffset() {
    return valueAt;
  }

  public int valueLength() {
    return valueLength;
  }
}
