package nokv.protocol.resp;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import nokv.api.KeyRange;
import org.jspecify.annotations.Nullable;

/**
 * A part of a sorted set, by score or by member, as the range of its element records.
 *
 * @param kind of the records walked, {@link Collection#ZSET_SCORE} or {@link Collection#ZSET_MEMBER}
 * @param start inclusive, null = nothing is in the range
 * @param end exclusive, null = no bound
 */
record ScoreRange(byte kind, byte @Nullable [] start, byte @Nullable [] end) {
  static final ScoreRange ALL = new ScoreRange(Collection.ZSET_SCORE, new byte[0], null);
  private static final RedisError NOT_FLOATS = new RedisError("ERR min or max is not a float");
  private static final RedisError NOT_ITEMS = new RedisError("ERR min or max not valid string range item");

  /** What lies before an element of the order by score. */
  static ScoreRange before(byte[] place) {
    return new ScoreRange(Collection.ZSET_SCORE, new byte[0], place);
  }

  /** @throws RedisError not two numbers, each perhaps behind an opening parenthesis */
  static ScoreRange ofScores(byte[] min, byte[] max) {
    long start = SortedSet.ordered(score(min)) + (isOpen(min) ? 1 : 0);
    long end = SortedSet.ordered(score(max)) + (isOpen(max) ? 0 : 1);
    return new ScoreRange(Collection.ZSET_SCORE, SortedSet.bytes(start), SortedSet.bytes(end));
  }

  /** From one score, included, to another, excluded. */
  static ScoreRange between(double start, double end) {
    return new ScoreRange(Collection.ZSET_SCORE, SortedSet.bytes(SortedSet.ordered(start)), SortedSet.bytes(SortedSet.ordered(end)));
  }

  private static boolean isOpen(byte[] bound) {
    return bound.length > 0 && bound[0] == '(';
  }

  private static double score(byte[] bound) {
    return Numbers.real(isOpen(bound) ? Arrays.copyOfRange(bound, 1, bound.length) : bound, NOT_FLOATS);
  }

  /** @throws RedisError not two of {@code -}, {@code +}, {@code [member} and {@code (member} */
  static ScoreRange ofMembers(byte[] min, byte[] max) {
    checkItem(min);
    checkItem(max);
    byte[] start = min[0] == '+' ? null : min[0] == '-' ? new byte[0] : position(min, min[0] == '(');
    if (max[0] == '-') start = null;
    byte[] end = max[0] == '+' || max[0] == '-' ? null : position(max, max[0] == '[');
    return new ScoreRange(Collection.ZSET_MEMBER, start, end);
  }

  private static void checkItem(byte[] item) {
    String text = new String(item, StandardCharsets.ISO_8859_1);
    if (!text.equals("-") && !text.equals("+") && !text.startsWith("[") && !text.startsWith("(")) throw NOT_ITEMS;
  }

  /** The member of an item, or what comes directly behind it. */
  private static byte[] position(byte[] item, boolean behind) {
    return Arrays.copyOfRange(item, 1, item.length + (behind ? 1 : 0));
  }

  boolean isEmpty() {
    return start == null || end != null && Arrays.compareUnsigned(start, end) >= 0;
  }

  /** The range of elements; only where it is not empty. */
  KeyRange elements() {
    byte[] from = java.util.Objects.requireNonNull(start);
    return end == null ? KeyRange.from(from) : new KeyRange(from, end);
  }
}
