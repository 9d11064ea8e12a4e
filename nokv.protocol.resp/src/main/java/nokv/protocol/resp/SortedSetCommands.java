package nokv.protocol.resp;

import java.util.ArrayList;
import java.util.List;
import nokv.protocol.resp.Metadata.Type;
import nokv.protocol.resp.SortedSet.Scored;
import org.jspecify.annotations.Nullable;

/** Commands on single members of sorted sets, and those that count and remove ranges. What lists ranges is in {@link SortedSetRanges}. */
final class SortedSetCommands {
  private static final RedisError NAN = new RedisError("ERR resulting score is not a number (NaN)");

  private SortedSetCommands() {}

  /** The options of ZADD. @param first position of the first score */
  private record AddOptions(boolean nx, boolean xx, boolean gt, boolean lt, boolean ch, boolean incr, int first) {
    static AddOptions of(Call call) {
      boolean nx = false;
      boolean xx = false;
      boolean gt = false;
      boolean lt = false;
      boolean ch = false;
      boolean incr = false;
      int i = 2;
      options:
      for (; i < call.count(); i++) {
        switch (call.upper(i)) {
          case "NX" -> nx = true;
          case "XX" -> xx = true;
          case "GT" -> gt = true;
          case "LT" -> lt = true;
          case "CH" -> ch = true;
          case "INCR" -> incr = true;
          default -> {
            break options;
          }
        }
      }
      int rest = call.count() - i;
      if (rest == 0 || rest % 2 != 0) throw RedisError.SYNTAX;
      if (nx && xx) throw new RedisError("ERR XX and NX options at the same time are not compatible");
      if (gt && nx || lt && nx || gt && lt) throw new RedisError("ERR GT, LT, and/or NX options at the same time are not compatible");
      if (incr && rest > 2) throw new RedisError("ERR INCR option supports a single increment-element pair");
      return new AddOptions(nx, xx, gt, lt, ch, incr, i);
    }

    /** The score a member is to have, null = the member stays as it is. */
    @Nullable Double apply(@Nullable Double old, double given) {
      if (old == null) return xx ? null : Double.valueOf(given);
      if (nx) return null;
      double score = incr ? old + given : given;
      if (Double.isNaN(score)) throw NAN;
      return lt && score >= old || gt && score <= old ? null : Double.valueOf(score);
    }
  }

  static void zadd(Call call) {
    add(call, AddOptions.of(call));
  }

  static void zincrby(Call call) {
    add(call, new AddOptions(false, false, false, false, false, true, 2));
  }

  private static void add(Call call, AddOptions options) {
    var scores = new double[(call.count() - options.first) / 2];
    for (int i = 0; i < scores.length; i++) scores[i] = Numbers.real(call.arg(options.first + 2 * i), RedisError.NOT_FLOAT);
    var set = SortedSet.findOrMake(call.keys, call.arg(1));
    long added = 0;
    long changed = 0;
    Double last = null;
    for (int i = 0; i < scores.length; i++) {
      byte[] member = call.arg(options.first + 2 * i + 1);
      Double old = set.scoreOf(member);
      last = options.apply(old, scores[i]);
      if (last == null) continue;
      if (old == null) added++;
      else if (old.doubleValue() != last.doubleValue()) changed++;
      else continue;
      set.put(member, last, old);
    }
    if (added + changed > 0) set.save();
    if (!options.incr) call.reply().integer(options.ch ? added + changed : added);
    else if (last == null) call.reply().nil();
    else call.reply().real(last);
  }

  private static @Nullable SortedSet set(Call call) {
    return SortedSet.find(call.keys, call.arg(1));
  }

  static void zscore(Call call) {
    scoreOf(call, set(call), call.arg(2));
  }

  static void zmscore(Call call) {
    call.keys.pin();
    var set = set(call);
    call.reply().array(call.count() - 2);
    for (int i = 2; i < call.count(); i++) scoreOf(call, set, call.arg(i));
  }

  private static void scoreOf(Call call, @Nullable SortedSet set, byte[] member) {
    Double score = set == null ? null : set.scoreOf(member);
    if (score == null) call.reply().nil();
    else call.reply().real(score);
  }

  static void zcard(Call call) {
    var set = set(call);
    call.reply().integer(set == null ? 0 : set.size());
  }

  static void zcount(Call call) {
    count(call, ScoreRange.ofScores(call.arg(2), call.arg(3)));
  }

  static void zlexcount(Call call) {
    count(call, ScoreRange.ofMembers(call.arg(2), call.arg(3)));
  }

  private static void count(Call call, ScoreRange range) {
    call.keys.pin();
    var set = set(call);
    call.reply().integer(set == null ? 0 : set.count(range));
  }

  static void zrank(Call call) {
    call.keys.pin();
    var set = set(call);
    long rank = set == null ? -1 : set.rank(call.arg(2), "zrevrank".equals(call.name()));
    if (rank < 0) call.reply().nil();
    else call.reply().integer(rank);
  }

  static void zrem(Call call) {
    var set = set(call);
    long removed = 0;
    for (int i = 2; set != null && i < call.count(); i++) if (set.remove(call.arg(i))) removed++;
    if (set != null && removed > 0) set.save();
    call.reply().integer(removed);
  }

  static void zremrangebyrank(Call call) {
    long start = call.integer(2);
    long stop = call.integer(3);
    var set = set(call);
    call.reply().integer(set == null ? 0 : remove(set, set.ranks(start, stop, false)));
  }

  static void zremrangebyscore(Call call) {
    remove(call, ScoreRange.ofScores(call.arg(2), call.arg(3)));
  }

  static void zremrangebylex(Call call) {
    remove(call, ScoreRange.ofMembers(call.arg(2), call.arg(3)));
  }

  private static void remove(Call call, ScoreRange range) {
    var set = set(call);
    call.reply().integer(set == null ? 0 : remove(set, set.within(range, false, 0, -1)));
  }

  private static int remove(SortedSet set, List<Scored> members) {
    for (Scored member : members) set.remove(member);
    if (!members.isEmpty()) set.save();
    return members.size();
  }

  static void zpop(Call call) {
    if (call.count() > 3) throw RedisError.SYNTAX;
    var outOfRange = new RedisError("ERR value is out of range, must be positive");
    long count = call.count() == 3 ? Numbers.integer(call.arg(2), outOfRange) : 1;
    if (count < 0) throw outOfRange;
    var set = set(call);
    List<Scored> popped = set == null ? List.of() : set.within(ScoreRange.ALL, "zpopmax".equals(call.name()), 0, count);
    if (set != null) remove(set, popped);
    SortedSetRanges.reply(call, popped, true, call.count() == 3 && call.reply().resp3());
  }

  /** BZPOPMIN and BZPOPMAX on the set in argument {@code i}; false = it is empty, and there is no reply yet. */
  static boolean popOne(Call call, int i, boolean max) {
    var set = SortedSet.find(call.keys, call.arg(i));
    if (set == null) return false;
    List<Scored> popped = set.within(ScoreRange.ALL, max, 0, 1);
    remove(set, popped);
    call.reply().array(3);
    call.reply().bulk(call.arg(i));
    call.reply().bulk(popped.getFirst().member());
    call.reply().real(popped.getFirst().score());
    return true;
  }

  static void zmpop(Call call) {
    if (!popFirst(call, 1)) call.reply().nilArray();
  }

  /** ZMPOP from its number of keys, argument {@code at}, on; false = all sets are empty, and there is no reply yet. */
  static boolean popFirst(Call call, int at) {
    int side = ListCommands.behindKeys(call, at);
    boolean max = call.is(side, "MAX");
    if (!max && !call.is(side, "MIN")) throw RedisError.SYNTAX;
    long count = ListCommands.popCount(call, side + 1);
    for (int i = at + 1; i < side; i++) {
      var set = SortedSet.find(call.keys, call.arg(i));
      if (set == null) continue;
      List<Scored> popped = set.within(ScoreRange.ALL, max, 0, count);
      remove(set, popped);
      call.reply().array(2);
      call.reply().bulk(call.arg(i));
      SortedSetRanges.reply(call, popped, true, true);
      return true;
    }
    return false;
  }

  static void zrandmember(Call call) {
    long count = call.count() > 2 ? call.integer(2) : 1;
    boolean scores = call.count() == 4;
    if (call.count() > 4 || scores && !call.is(3, "WITHSCORES")) throw RedisError.SYNTAX;
    if (count < -Long.MAX_VALUE / 2 || scores && Math.abs(count) > Long.MAX_VALUE / 2) throw new RedisError("ERR value is out of range");
    call.keys.pin();
    var set = set(call);
    List<Scored> all = set == null ? List.of() : set.within(ScoreRange.ALL, false, 0, -1);
    int[] drawn = Draw.of(all.size(), count, call.server);
    if (call.count() == 2) {
      if (drawn.length == 0) call.reply().nil();
      else call.reply().bulk(all.get(drawn[0]).member());
      return;
    }
    var chosen = new ArrayList<Scored>(drawn.length);
    for (int i : drawn) chosen.add(all.get(i));
    SortedSetRanges.reply(call, chosen, scores, call.reply().resp3());
  }

  static void zscan(Call call) {
    ElementScan.run(call, Type.ZSET, Collection.ZSET_MEMBER, (walk, found) -> {
      found.add(walk.element());
      found.add(Numbers.text(SortedSet.score(walk.value())).getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
    });
  }
}
