package nokv.protocol.resp;

import java.util.List;
import nokv.protocol.resp.SortedSet.Scored;
import org.jspecify.annotations.Nullable;

/** ZRANGE and its older kin, which differ in what is fixed by their names and what by options. */
final class SortedSetRanges {
  private enum By { RANK, SCORE, MEMBER }

  private SortedSetRanges() {}

  static void zrange(Call call) {
    range(call, 1, null, null);
  }

  static void zrevrange(Call call) {
    range(call, 1, By.RANK, true);
  }

  static void zrangebyscore(Call call) {
    range(call, 1, By.SCORE, false);
  }

  static void zrevrangebyscore(Call call) {
    range(call, 1, By.SCORE, true);
  }

  static void zrangebylex(Call call) {
    range(call, 1, By.MEMBER, false);
  }

  static void zrevrangebylex(Call call) {
    range(call, 1, By.MEMBER, true);
  }

  static void zrangestore(Call call) {
    range(call, 2, null, null);
  }

  /**
   * @param key position of the key read; behind another, the result is stored in that
   * @param order what the command's name fixes, null = an option may say it; so too {@code direction}, true = backwards
   */
  private static void range(Call call, int key, @Nullable By order, @Nullable Boolean direction) {
    boolean stores = key == 2;
    boolean scores = false;
    boolean limited = false;
    long offset = 0;
    long limit = -1;
    By by = order;
    Boolean backwards = direction;
    for (int i = key + 3; i < call.count(); i++) {
      if (!stores && call.is(i, "WITHSCORES")) {
        scores = true;
      } else if (call.is(i, "LIMIT") && i + 2 < call.count()) {
        offset = call.integer(i + 1);
        limit = call.integer(i + 2);
        limited = limit != -1;
        i += 2;
      } else if (backwards == null && call.is(i, "REV")) {
        backwards = true;
      } else if (by == null && call.is(i, "BYLEX")) {
        by = By.MEMBER;
      } else if (by == null && call.is(i, "BYSCORE")) {
        by = By.SCORE;
      } else {
        throw RedisError.SYNTAX;
      }
    }
    boolean reverse = backwards != null && backwards;
    if (by == null) by = By.RANK;
    if (limited && by == By.RANK) throw new RedisError("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
    if (scores && by == By.MEMBER) throw new RedisError("ERR syntax error, WITHSCORES not supported in combination with BYLEX");
    List<Scored> found = read(call, key, by, reverse, offset, limit);
    if (stores) store(call, found);
    else reply(call, found, scores, call.reply().resp3());
  }

  private static List<Scored> read(Call call, int key, By by, boolean reverse, long offset, long limit) {
    byte[] min = call.arg(reverse && by != By.RANK ? key + 2 : key + 1);
    byte[] max = call.arg(reverse && by != By.RANK ? key + 1 : key + 2);
    if (by == By.RANK) {
      long start = Numbers.integer(min);
      long stop = Numbers.integer(max);
      call.keys.pin();
      var set = SortedSet.find(call.keys, call.arg(key));
      return set == null ? List.of() : set.ranks(start, stop, reverse);
    }
    var range = by == By.SCORE ? ScoreRange.ofScores(min, max) : ScoreRange.ofMembers(min, max);
    call.keys.pin();
    var set = SortedSet.find(call.keys, call.arg(key));
    return set == null ? List.of() : set.within(range, reverse, offset, limit);
  }

  /** Puts these members, each there once, in place of whatever is at the first key. */
  static void store(Call call, java.util.Collection<Scored> members) {
    store(call, call.arg(1), members);
  }

  static void store(Call call, byte[] key, java.util.Collection<Scored> members) {
    var target = SortedSet.make(call.keys, key);
    for (Scored member : members) target.put(member.member(), member.score(), null);
    if (!members.isEmpty()) target.save();
    call.reply().integer(members.size());
  }

  /** @param nested each member with its score as an array of two, otherwise one behind the other */
  static void reply(Call call, List<Scored> members, boolean scores, boolean nested) {
    boolean pairs = scores && nested;
    call.reply().array(scores && !pairs ? 2 * members.size() : members.size());
    for (Scored member : members) {
      if (pairs) call.reply().array(2);
      call.reply().bulk(member.member());
      if (scores) call.reply().real(member.score());
    }
  }
}
