package nokv.protocol.resp;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import nokv.api.Direction;
import nokv.protocol.resp.Metadata.Type;
import org.jspecify.annotations.Nullable;

/**
 * A sorted set: each member has two records, one by member that holds its score, one whose key is score and member and which holds nothing. Both are written together, so each
 * order is a range of the store. A score is stored as eight bytes that sort as the numbers do:
 * <pre>
 *  0               8
 *  +---------------+--------+
 *  | ordered score | member |   element of a ZSET_SCORE record; the first part alone is the value of a ZSET_MEMBER record
 *  +---------------+--------+
 * </pre>
 * the bits of the IEEE 754 double, all flipped of a negative number, only the sign of another; minus zero is stored as zero. There is no index of ranks: a rank is found by
 * counting from the nearer end where the size tells it. Lives for one call.
 */
final class SortedSet {
  static final int SCORE_BYTES = Long.BYTES;
  private static final byte[] NOTHING = {};

  /** A member with its score. */
  record Scored(byte[] member, double score) {}

  private final Collection elements;

  private SortedSet(Collection elements) {
    this.elements = elements;
  }

  /** What is at the key, or null. @throws RedisError it is of another type */
  static @Nullable SortedSet find(Keyspace keys, byte[] key) {
    var found = Collection.find(keys, key, Type.ZSET);
    return found == null ? null : new SortedSet(found);
  }

  static SortedSet findOrMake(Keyspace keys, byte[] key) {
    return new SortedSet(Collection.findOrMake(keys, key, Type.ZSET));
  }

  /** An empty one in place of whatever is at the key. */
  static SortedSet make(Keyspace keys, byte[] key) {
    return new SortedSet(Collection.make(keys, key, Type.ZSET));
  }

  static long ordered(double score) {
    long bits = Double.doubleToLongBits(score + 0.0);
    return bits < 0 ? ~bits : bits ^ Long.MIN_VALUE;
  }

  /** The score whose ordered form begins these bytes. */
  static double score(byte[] ordered) {
    long bits = ByteBuffer.wrap(ordered).getLong();
    return Double.longBitsToDouble(bits < 0 ? bits ^ Long.MIN_VALUE : ~bits);
  }

  static byte[] bytes(long ordered) {
    return ByteBuffer.allocate(SCORE_BYTES).putLong(ordered).array();
  }

  long size() {
    return elements.size;
  }

  void save() {
    elements.save();
  }

  @Nullable Double scoreOf(byte[] member) {
    byte[] value = elements.get(Collection.ZSET_MEMBER, member);
    return value == null ? null : score(value);
  }

  /** @param old the member's score, null where it is new */
  void put(byte[] member, double score, @Nullable Double old) {
    if (old == null) elements.size++;
    else elements.delete(Collection.ZSET_SCORE, place(old, member));
    elements.put(Collection.ZSET_MEMBER, member, bytes(ordered(score)));
    elements.put(Collection.ZSET_SCORE, place(score, member), NOTHING);
  }

  boolean remove(byte[] member) {
    Double score = scoreOf(member);
    if (score == null) return false;
    remove(new Scored(member, score));
    return true;
  }

  void remove(Scored member) {
    elements.delete(Collection.ZSET_MEMBER, member.member);
    elements.delete(Collection.ZSET_SCORE, place(member.score, member.member));
    elements.size--;
  }

  private static byte[] place(double score, byte[] member) {
    return ByteBuffer.allocate(SCORE_BYTES + member.length).putLong(ordered(score)).put(member).array();
  }

  /** The members at {@code start} to {@code stop} in order of score; negative ones count from the end. */
  List<Scored> ranks(long start, long stop, boolean reverse) {
    long from = Math.max(0, start < 0 ? start + size() : start);
    long to = Math.min(size() - 1, stop < 0 ? stop + size() : stop);
    if (from > to) return List.of();
    long behind = size() - 1 - to;
    if (from <= behind) return within(ScoreRange.ALL, reverse, from, to - from + 1);
    List<Scored> backwards = within(ScoreRange.ALL, !reverse, behind, to - from + 1);
    Collections.reverse(backwards);
    return backwards;
  }

  /** Up to {@code limit} members of a range, without the first {@code offset}; a negative limit is none. */
  List<Scored> within(ScoreRange range, boolean reverse, long offset, long limit) {
    var found = new ArrayList<Scored>();
    if (range.isEmpty() || offset < 0 || limit == 0) return found;
    try (var walk = elements.walk(range.kind(), range.elements(), reverse ? Direction.REVERSE : Direction.FORWARD)) {
      for (long seen = 0; (limit < 0 || found.size() < limit) && walk.next(); seen++) {
        if (seen >= offset) found.add(range.kind() == Collection.ZSET_SCORE ? placed(walk.element()) : new Scored(walk.element(), score(walk.value())));
      }
    }
    return found;
  }

  private static Scored placed(byte[] element) {
    return new Scored(Arrays.copyOfRange(element, SCORE_BYTES, element.length), score(element));
  }

  long count(ScoreRange range) {
    if (range.isEmpty()) return 0;
    long count = 0;
    try (var walk = elements.walk(range.kind(), range.elements(), Direction.FORWARD)) {
      while (walk.next()) count++;
    }
    return count;
  }

  /** How many come before the member, or -1 where it is not there. */
  long rank(byte[] member, boolean reverse) {
    Double score = scoreOf(member);
    if (score == null) return -1;
    long before = count(ScoreRange.before(place(score, member)));
    return reverse ? size() - 1 - before : before;
  }
}
