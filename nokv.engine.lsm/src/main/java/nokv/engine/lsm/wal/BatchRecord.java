package nokv.engine.lsm.wal;

import static nokv.engine.lsm.wal.WalRecord.INT;
import static nokv.engine.lsm.wal.WalRecord.LONG;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import nokv.api.CorruptException;
import nokv.spi.EngineBatch;
import nokv.spi.Kind;
import nokv.spi.ValuePointer;
import org.jspecify.annotations.Nullable;

/**
 * The payload of a {@link #TYPE} record: one batch.
 * <pre>
 *  0          8         16      17      21
 *  +----------+---------+-------+-------+---------+-----+---------+
 *  | sequence | version | flags | count | entry 1 | ... | entry n |
 *  +----------+---------+-------+-------+---------+-----+---------+
 *
 *  +--------+-----+------------+--------------+-----------+---------+----------+-----+----------------+
 *  | family | tag | key length | value length | [version] | [start] | [expiry] | key | value          |
 *  |   u8   |  u8 | varint     | varint       |    i64    |   i64   |   i64    |     | or pointer     |
 *  +--------+-----+------------+--------------+-----------+---------+----------+-----+----------------+
 *
 *  0        4         8        16       20
 *  +--------+---------+--------+--------+
 *  | bucket | segment | offset | length |   a value pointer
 *  +--------+---------+--------+--------+
 * </pre>
 * Little-endian. {@code flags}: 1 = out of order. {@code tag}: bits 0–2 the kind, 8 = has a version (otherwise the batch's), 16 = has a start timestamp (otherwise 0),
 * 32 = has an expiry (otherwise 0), 64 = the value is a pointer. Walks a batch, or with {@link #of} and {@link #next} one that was read. Not thread-safe.
 */
public final class BatchRecord {
  /** The type of the record in the log. */
  public static final int TYPE = WalRecord.BATCH;

  static final int SEQUENCE_OFFSET = 0;
  static final int VERSION_OFFSET = 8;
  static final int FLAGS_OFFSET = 16;
  static final int COUNT_OFFSET = 17;
  static final int HEADER_BYTES = 21;

  static final int POINTER_BYTES = 20;

  private static final String MALFORMED = "a batch in the log is malformed, though its checksum is right: it was written so, or by another release";
  private static final int OUT_OF_ORDER = 1;
  private static final int KIND_MASK = 7;
  private static final int HAS_VERSION = 8;
  private static final int HAS_START = 16;
  private static final int HAS_EXPIRY = 32;
  private static final int IS_POINTER = 64;

  private final MemorySegment payload;
  private final int count;
  private int read;
  private long at = HEADER_BYTES;
  private int family;
  private Kind kind = Kind.PUT;
  private long version;
  private long start;
  private long expiry;
  private long keyAt;
  private int keyLength;
  private int valueLength;
  private boolean pointer;

  private BatchRecord(MemorySegment payload) {
    this.payload = payload;
    if (payload.byteSize() < HEADER_BYTES) throw malformed();
    this.count = payload.get(INT, COUNT_OFFSET);
  }

  /** Bytes that {@link #encode} takes. @param pointers by entry, null = the value is inline; null = all are */
  static long encodedBytes(EngineBatch batch, ValuePointer @Nullable [] pointers) {
    long bytes = HEADER_BYTES;
    var entries = batch.entries();
    for (int i = 0; i < entries.size(); i++) {
      EngineBatch.Entry entry = entries.get(i);
      int value = pointers != null && pointers[i] != null ? POINTER_BYTES : entry.value().length;
      bytes += 2 + varintBytes(entry.key().length) + varintBytes(value) + entry.key().length + value;
      if (batch.versionOf(entry) != batch.version()) bytes += Long.BYTES;
      if (entry.startTimestamp() != 0) bytes += Long.BYTES;
      if (entry.expiryMillis() != 0) bytes += Long.BYTES;
    }
    return bytes;
  }

  static void encode(EngineBatch batch, ValuePointer @Nullable [] pointers, long sequence, MemorySegment target) {
    target.set(LONG, SEQUENCE_OFFSET, sequence);
    target.set(LONG, VERSION_OFFSET, batch.version());
    target.set(ValueLayout.JAVA_BYTE, FLAGS_OFFSET, (byte) (batch.outOfOrder() ? OUT_OF_ORDER : 0));
    var entries = batch.entries();
    target.set(INT, COUNT_OFFSET, entries.size());
    long at = HEADER_BYTES;
    for (int i = 0; i < entries.size(); i++) at = encode(batch, entries.get(i), pointers == null ? null : pointers[i], target, at);
  }

  private static long encode(EngineBatch batch, EngineBatch.Entry entry, @Nullable ValuePointer pointer, MemorySegment target, long at) {
    long version = batch.versionOf(entry);
    int tag = entry.kind().code() | (version != batch.version() ? HAS_VERSION : 0) | (entry.startTimestamp() != 0 ? HAS_START : 0)
        | (entry.expiryMillis() != 0 ? HAS_EXPIRY : 0) | (pointer != null ? IS_POINTER : 0);
    target.set(ValueLayout.JAVA_BYTE, at, (byte) entry.family());
    target.set(ValueLayout.JAVA_BYTE, at + 1, (byte) tag);
    at = putVarint(target, at + 2, entry.key().length);
    at = putVarint(target, at, pointer != null ? POINTER_BYTES : entry.value().length);
    if ((tag & HAS_VERSION) != 0) at = putLong(target, at, version);
    if ((tag & HAS_START) != 0) at = putLong(target, at, entry.startTimestamp());
    if ((tag & HAS_EXPIRY) != 0) at = putLong(target, at, entry.expiryMillis());
    at = putBytes(target, at, entry.key());
    if (pointer == null) return putBytes(target, at, entry.value());
    target.set(INT, at, pointer.bucket());
    target.set(INT, at + 4, pointer.segment());
    target.set(LONG, at + 8, pointer.offset());
    target.set(INT, at + 16, pointer.length());
    return at + POINTER_BYTES;
  }

  /** To walk the batch in a record's payload; before the first entry. The accessors are valid while the payload is. */
  public static BatchRecord of(MemorySegment payload) {
    return new BatchRecord(payload);
  }

  public long sequence() {
    return payload.get(LONG, SEQUENCE_OFFSET);
  }

  public boolean outOfOrder() {
    return (payload.get(ValueLayout.JAVA_BYTE, FLAGS_OFFSET) & OUT_OF_ORDER) != 0;
  }

  /** Number of entries. */
  public int count() {
    return count;
  }

  /** To the next entry. @throws CorruptException the payload is not a batch, though its checksum was right */
  public boolean next() {
    if (read == count) {
      if (at != payload.byteSize()) throw malformed();
      return false;
    }
    try {
      family = payload.get(ValueLayout.JAVA_BYTE, at) & 0xff;
      int tag = payload.get(ValueLayout.JAVA_BYTE, at + 1);
      at += 2;
      kind = Kind.of(tag & KIND_MASK);
      keyLength = takeVarint();
      valueLength = takeVarint();
      version = (tag & HAS_VERSION) != 0 ? takeLong() : payload.get(LONG, VERSION_OFFSET);
      start = (tag & HAS_START) != 0 ? takeLong() : 0;
      expiry = (tag & HAS_EXPIRY) != 0 ? takeLong() : 0;
      pointer = (tag & IS_POINTER) != 0;
      keyAt = at;
      at += (long) keyLength + valueLength;
      if (keyLength < 0 || valueLength < 0 || at > payload.byteSize() || (pointer && valueLength != POINTER_BYTES)) throw malformed();
    } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
      throw new CorruptException(MALFORMED, e);
    }
    read++;
    return true;
  }

  public int family() {
    return family;
  }

  public Kind kind() {
    return kind;
  }

  public long version() {
    return version;
  }

  public long startTimestamp() {
    return start;
  }

  public long expiryMillis() {
    return expiry;
  }

  public MemorySegment key() {
    return payload.asSlice(keyAt, keyLength);
  }

  /** The value as it lies in the record; where {@link #pointer} gives one, the pointer's bytes. */
  public MemorySegment value() {
    return payload.asSlice(keyAt + keyLength, valueLength);
  }

  /** Where the value lies, or null if it is {@link #value}. */
  public @Nullable ValuePointer pointer() {
    if (!pointer) return null;
    long p = keyAt + keyLength;
    return new ValuePointer(payload.get(INT, p), payload.get(INT, p + 4), payload.get(LONG, p + 8), payload.get(INT, p + 16));
  }

  private static CorruptException malformed() {
    return new CorruptException(MALFORMED);
  }

  private long takeLong() {
    long value = payload.get(LONG, at);
    at += Long.BYTES;
    return value;
  }

  private int takeVarint() {
    int value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      byte b = payload.get(ValueLayout.JAVA_BYTE, at++);
      value |= (b & 0x7f) << shift;
      if (b >= 0) return value;
    }
    throw malformed();
  }

  private static int varintBytes(int value) {
    return (38 - Integer.numberOfLeadingZeros(value | 1)) / 7;
  }

  private static long putVarint(MemorySegment target, long at, int value) {
    while ((value & ~0x7f) != 0) {
      target.set(ValueLayout.JAVA_BYTE, at++, (byte) (value | 0x80));
      value >>>= 7;
    }
    target.set(ValueLayout.JAVA_BYTE, at, (byte) value);
    return at + 1;
  }

  private static long putLong(MemorySegment target, long at, long value) {
    target.set(LONG, at, value);
    return at + Long.BYTES;
  }

  private static long putBytes(MemorySegment target, long at, byte[] bytes) {
    MemorySegment.copy(bytes, 0, target, ValueLayout.JAVA_BYTE, at, bytes.length);
    return at + bytes.length;
  }
}
