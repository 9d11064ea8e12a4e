package nokv.engine.lsm.table;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a table says of itself. Stored as fields, each a tag byte, a length (varint) and so many bytes; a number is a varint, and a tag that a reader does not know is skipped.
 *
 * @param entries range deletes not counted
 * @param deletes of the entries, those of kind DELETE
 * @param rangeDeletes beside the entries
 * @param smallest family byte and user key of the first entry; null where there is none
 * @param largest family byte and user key of the last entry; null where there is none
 * @param minVersion of entries and range deletes, as are the next three
 * @param outOfOrder whether a reader who found a version here must look in older sources too
 * @param oldestExpiry the smallest expiry of an entry in milliseconds; 0 = none expires
 * @param keyBytes of all internal keys as they are, not as they are stored
 * @param valueBytes of all values with their headers
 * @param references what the entries point to in the value store
 */
public record TableProperties(long entries, long deletes, long rangeDeletes, byte @Nullable [] smallest, byte @Nullable [] largest, long minVersion, long maxVersion,
    long minSequence, long maxSequence, boolean outOfOrder, long oldestExpiry, long keyBytes, long valueBytes, List<Reference> references) {

  /**
   * What entries point to in one segment of the value store.
   *
   * @param bytes of the records they point to, together
   * @param lastOffset where the last of them in the segment starts
   * @param lastLength how long that one is
   */
  public record Reference(int bucket, int segment, long bytes, long lastOffset, int lastLength) {}

  private static final int ENTRIES = 1;
  private static final int DELETES = 2;
  private static final int RANGE_DELETES = 3;
  private static final int SMALLEST = 4;
  private static final int LARGEST = 5;
  private static final int MIN_VERSION = 6;
  private static final int MAX_VERSION = 7;
  private static final int MIN_SEQUENCE = 8;
  private static final int MAX_SEQUENCE = 9;
  private static final int OUT_OF_ORDER = 10;
  private static final int OLDEST_EXPIRY = 11;
  private static final int KEY_BYTES = 12;
  private static final int VALUE_BYTES = 13;
  /** Bucket, segment, bytes, last offset, last length: five varints. Once for each segment. */
  private static final int REFERENCE = 14;

  byte[] encode() {
    var out = new ByteArrayOutputStream();
    put(out, ENTRIES, entries);
    put(out, DELETES, deletes);
    put(out, RANGE_DELETES, rangeDeletes);
    if (smallest != null) put(out, SMALLEST, smallest);
    if (largest != null) put(out, LARGEST, largest);
    put(out, MIN_VERSION, minVersion);
    put(out, MAX_VERSION, maxVersion);
    put(out, MIN_SEQUENCE, minSequence);
    put(out, MAX_SEQUENCE, maxSequence);
    put(out, OUT_OF_ORDER, outOfOrder ? 1 : 0);
    put(out, OLDEST_EXPIRY, oldestExpiry);
    put(out, KEY_BYTES, keyBytes);
    put(out, VALUE_BYTES, valueBytes);
    for (Reference r : references) put(out, REFERENCE, varints(r.bucket, r.segment, r.bytes, r.lastOffset, r.lastLength));
    return out.toByteArray();
  }

  private static void put(ByteArrayOutputStream out, int tag, long number) {
    put(out, tag, varints(number));
  }

  private static void put(ByteArrayOutputStream out, int tag, byte[] bytes) {
    out.write(tag);
    out.writeBytes(varints(bytes.length));
    out.writeBytes(bytes);
  }

  private static byte[] varints(long... numbers) {
    int bytes = 0;
    for (long number : numbers) bytes += Varint.bytes(number);
    byte[] encoded = new byte[bytes];
    int at = 0;
    for (long number : numbers) at = Varint.put(encoded, at, number);
    return encoded;
  }

  /** @throws IndexOutOfBoundsException or IllegalArgumentException if these are no properties */
  static TableProperties decode(byte[] bytes) {
    long[] numbers = new long[VALUE_BYTES + 1];
    byte[] smallest = null;
    byte[] largest = null;
    var references = new ArrayList<Reference>();
    for (int at = 0; at < bytes.length; ) {
      int tag = bytes[at++];
      int length = (int) Varint.get(bytes, at);
      at += Varint.bytes(length);
      byte[] field = MemorySegment.ofArray(bytes).asSlice(at, length).toArray(ValueLayout.JAVA_BYTE);
      if (tag == SMALLEST) smallest = field;
      else if (tag == LARGEST) largest = field;
      else if (tag == REFERENCE) references.add(reference(field));
      else if (tag > 0 && tag < numbers.length) numbers[tag] = Varint.get(field, 0);
      at += length;
    }
    return new TableProperties(numbers[ENTRIES], numbers[DELETES], numbers[RANGE_DELETES], smallest, largest, numbers[MIN_VERSION], numbers[MAX_VERSION],
        numbers[MIN_SEQUENCE], numbers[MAX_SEQUENCE], numbers[OUT_OF_ORDER] != 0, numbers[OLDEST_EXPIRY], numbers[KEY_BYTES], numbers[VALUE_BYTES], List.copyOf(references));
  }

  private static Reference reference(byte[] field) {
    long[] numbers = new long[5];
    int at = 0;
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = Varint.get(field, at);
      at += Varint.bytes(numbers[i]);
    }
    return new Reference((int) numbers[0], (int) numbers[1], numbers[2], numbers[3], (int) numbers[4]);
  }
}
