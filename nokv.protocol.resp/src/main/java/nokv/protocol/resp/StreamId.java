package nokv.protocol.resp;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The ID of a stream's entry: milliseconds and a number within them, both unsigned. */
record StreamId(long millis, long number) implements Comparable<StreamId> {
  static final int BYTES = 2 * Long.BYTES;
  static final StreamId MIN = new StreamId(0, 0);
  static final StreamId MAX = new StreamId(-1, -1);
  static final RedisError INVALID = new RedisError("ERR Invalid stream ID specified as stream command argument");

  static StreamId of(ByteBuffer record) {
    return new StreamId(record.getLong(), record.getLong());
  }

  static StreamId of(byte[] record, int at) {
    return of(ByteBuffer.wrap(record, at, BYTES));
  }

  byte[] bytes() {
    return ByteBuffer.allocate(BYTES).putLong(millis).putLong(number).array();
  }

  @Override public int compareTo(StreamId other) {
    int order = Long.compareUnsigned(millis, other.millis);
    return order != 0 ? order : Long.compareUnsigned(number, other.number);
  }

  boolean isAfter(StreamId other) {
    return compareTo(other) > 0;
  }

  /** Null behind the last. */
  @Nullable StreamId next() {
    if (number != -1) return new StreamId(millis, number + 1);
    return millis == -1 ? null : new StreamId(millis + 1, 0);
  }

  /** Null before the first. */
  @Nullable StreamId previous() {
    if (number != 0) return new StreamId(millis, number - 1);
    return millis == 0 ? null : new StreamId(millis - 1, -1);
  }

  @Override public String toString() {
    return Long.toUnsignedString(millis) + "-" + Long.toUnsignedString(number);
  }

  /** {@code 5-1}, or {@code 5} with the number that is missing. @throws RedisError it is not that */
  static StreamId parse(byte[] text, long missingNumber) {
    StreamId id = parseOrNull(text, missingNumber);
    if (id == null) throw INVALID;
    return id;
  }

  static @Nullable StreamId parseOrNull(byte[] text, long missingNumber) {
    int dash = 0;
    while (dash < text.length && text[dash] != '-') dash++;
    Long millis = part(text, 0, dash);
    Long number = dash == text.length ? Long.valueOf(missingNumber) : part(text, dash + 1, text.length);
    return millis == null || number == null ? null : new StreamId(millis, number);
  }

  private static @Nullable Long part(byte[] text, int from, int to) {
    if (from == to || to - from > 20) return null;
    for (int i = from; i < to; i++) if (text[i] < '0' || text[i] > '9') return null;
    try {
      return Long.parseUnsignedLong(new String(text, from, to - from, StandardCharsets.ISO_8859_1));
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** As {@link #parse}, or {@code -} and {@code +} for the least and the greatest. */
  static StreamId parseAny(byte[] text, long missingNumber) {
    if (text.length == 1 && text[0] == '-') return MIN;
    if (text.length == 1 && text[0] == '+') return MAX;
    return parse(text, missingNumber);
  }

  /** The beginning of an interval; behind an opening parenthesis, the ID after it. */
  static StreamId start(byte[] text) {
    if (text.length == 0 || text[0] != '(') return parseAny(text, 0);
    StreamId next = parse(java.util.Arrays.copyOfRange(text, 1, text.length), 0).next();
    if (next == null) throw new RedisError("ERR invalid start ID for the interval");
    return next;
  }

  static StreamId end(byte[] text) {
    if (text.length == 0 || text[0] != '(') return parseAny(text, -1);
    StreamId previous = parse(java.util.Arrays.copyOfRange(text, 1, text.length), -1).previous();
    if (previous == null) throw new RedisError("ERR invalid end ID for the interval");
    return previous;
  }
}
