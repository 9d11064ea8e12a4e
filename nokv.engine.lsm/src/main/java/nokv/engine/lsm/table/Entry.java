package nokv.engine.lsm.table;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * What an {@link InternalIterator} stands on. The key is a copy, put together where keys are stored in parts, so that all who look at it read an array; the value is a view of where it is stored. The
 * iterator changes it with each move. Not thread-safe.
 */
public final class Entry {
  private static final MemorySegment NOTHING = MemorySegment.ofArray(new byte[0]);

  private byte[] key = new byte[64];
  private int keyLength;
  private MemorySegment value = NOTHING;
  private long valueOffset;
  private int valueLength;

  /** The internal key, at the start of an array. */
  public byte[] key() {
    return key;
  }

  public int keyLength() {
    return keyLength;
  }

  /** Where the value lies, from {@link #valueOffset} on. */
  public MemorySegment value() {
    return value;
  }

  public long valueOffset() {
    return valueOffset;
  }

  /** Of the value with its {@link ValueHeader}. */
  public int valueLength() {
    return valueLength;
  }

  public int family() {
    return key[InternalKey.FAMILY_OFFSET] & 0xff;
  }

  /** A new array. */
  public byte[] userKey() {
    return Arrays.copyOfRange(key, InternalKey.USER_KEY_OFFSET, keyLength - InternalKey.TRAILER_BYTES);
  }

  /** Whether it is a version of the same user key as an internal key at the start of an array. */
  public boolean isOfUserKey(byte[] internalKey, int length) {
    return InternalKey.sameUserKey(key, keyLength, internalKey, length);
  }

  /** Negative, 0 or positive as its key is before, at or behind an internal key at the start of an array. */
  public int compareTo(byte[] internalKey, int length) {
    return InternalKey.compare(key, keyLength, internalKey, 0, length);
  }

  public long version() {
    return InternalKey.version(key, keyLength);
  }

  public long sequence() {
    return InternalKey.sequence(key, keyLength);
  }

  /** Moves {@code header} to the header of this entry. */
  public ValueHeader header(ValueHeader header) {
    return header.read(value, valueOffset, valueLength, version());
  }

  /** Takes an entry as a memtable stores it, the value behind the key. */
  public void set(MemorySegment source, long at, int newKeyLength, int newValueLength) {
    if (key.length < newKeyLength) key = new byte[2 * newKeyLength];
    MemorySegment.copy(source, ValueLayout.JAVA_BYTE, at, key, 0, newKeyLength);
    keyLength = newKeyLength;
    setValue(source, at + newKeyLength, newValueLength);
  }

  /** Keeps {@code shared} bytes of the key and takes the others from an array. */
  void setKey(int shared, byte[] source, int at, int length) {
    if (key.length < shared + length) {
      // A length that was never written must not become an array of that size.
      if (shared > keyLength || length > source.length - at) throw new IndexOutOfBoundsException("a key of " + shared + " and " + length + " bytes at " + at + " of " + source.length);
      key = Arrays.copyOf(key, Math.max(2 * key.length, shared + length));
    }
    System.arraycopy(source, at, key, shared, length);
    keyLength = shared + length;
  }

  void setValue(MemorySegment source, long at, int length) {
    value = source;
    valueOffset = at;
    valueLength = length;
  }

  /** Takes another's key, with another sequence, and its value. */
  public void set(Entry other, long sequence) {
    setKey(0, other.key, 0, other.keyLength);
    InternalKey.setSequence(key, keyLength, sequence);
    setValue(other.value, other.valueOffset, other.valueLength);
  }
}
