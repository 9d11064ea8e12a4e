package nokv.protocol.resp;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.DoubleBinaryOperator;
import nokv.protocol.resp.Metadata.Type;
import nokv.protocol.resp.SortedSet.Scored;
import org.jspecify.annotations.Nullable;

/** Union, intersection and difference of sorted sets; a set takes part as if each member had the score 1. */
final class SortedSetAlgebra {
  private static final DoubleBinaryOperator SUM = (a, b) -> Double.isNaN(a + b) ? 0 : a + b;

  private SortedSetAlgebra() {}

  /** One of the sets. At most one of {@code sorted} and {@code plain} is there; none = the key is missing. */
  private static final class Source {
    final @Nullable SortedSet sorted;
    final @Nullable Collection plain;
    double weight = 1;

    Source(@Nullable SortedSet sorted, @Nullable Collection plain) {
      this.sorted = sorted;
      this.plain = plain;
    }

    static Source at(Keyspace keys, byte[] key) {
      byte[] record = keys.record(key);
      if (record != null && Metadata.type(record) == Type.SET) return new Source(null, Collection.find(keys, key, Type.SET));
      return new Source(SortedSet.find(keys, key), null);
    }

    long size() {
      return sorted != null ? sorted.size() : plain != null ? plain.size : 0;
    }

    private double weighted(double score) {
      double product = weight * score;
      return Double.isNaN(product) ? 0 : product;
    }

    @Nullable Double scoreOf(byte[] member) {
      if (sorted != null) return sorted.scoreOf(member) instanceof Double score ? Double.valueOf(weighted(score)) : null;
      return plain != null && plain.get(Collection.SET_MEMBER, member) != null ? Double.valueOf(weighted(1)) : null;
    }

    List<Scored> members() {
      var members = new ArrayList<Scored>();
      if (sorted != null) {
        for (Scored member : sorted.within(ScoreRange.ALL, false, 0, -1)) members.add(new Scored(member.member(), weighted(member.score())));
      } else if (plain != null) {
        try (var walk = plain.walk(Collection.SET_MEMBER)) {
          while (walk.next()) members.add(new Scored(walk.element(), weighted(1)));
        }
      }
      return members;
    }
  }

  static void zunion(Call call) {
    run(call, Operation.UNION, 1);
  }

  static void zinter(Call call) {
    run(call, Operation.INTERSECTION, 1);
  }

  static void zdiff(Call call) {
    run(call, Operation.DIFFERENCE, 1);
  }

  static void zunionstore(Call call) {
    run(call, Operation.UNION, 2);
  }

  static void zinterstore(Call call) {
    run(call, Operation.INTERSECTION, 2);
  }

  static void zdiffstore(Call call) {
    run(call, Operation.DIFFERENCE, 2);
  }

  static void zintercard(Call call) {
    run(call, Operation.CARDINALITY, 1);
  }

  private enum Operation { UNION, INTERSECTION, DIFFERENCE, CARDINALITY }

  /** @param count position of the number of keys; behind a first key, the result is stored in that */
  private static void run(Call call, Operation operation, int count) {
    boolean stores = count == 2;
    long number = call.integer(count);
    if (number < 1) throw new RedisError("ERR at least 1 input key is needed for '" + call.name() + "' command");
    if (number > call.count() - count - 1) throw RedisError.SYNTAX;
    call.keys.pin();
    var sources = new ArrayList<Source>();
    for (int i = 1; i <= number; i++) sources.add(Source.at(call.keys, call.arg(count + i)));
    boolean weighs = operation == Operation.UNION || operation == Operation.INTERSECTION;
    DoubleBinaryOperator aggregate = SUM;
    boolean scores = false;
    long limit = 0;
    for (int i = count + 1 + (int) number; i < call.count(); i++) {
      int rest = call.count() - i;
      if (weighs && rest > number && call.is(i, "WEIGHTS")) {
        for (Source source : sources) source.weight = Numbers.real(call.arg(++i), new RedisError("ERR weight value is not a float"));
      } else if (weighs && rest >= 2 && call.is(i, "AGGREGATE")) {
        aggregate = switch (call.upper(++i)) {
          case "SUM" -> SUM;
          case "MIN" -> Math::min;
          case "MAX" -> Math::max;
          default -> throw RedisError.SYNTAX;
        };
      } else if (!stores && operation != Operation.CARDINALITY && call.is(i, "WITHSCORES")) {
        scores = true;
      } else if (operation == Operation.CARDINALITY && rest >= 2 && call.is(i, "LIMIT")) {
        limit = Numbers.integer(call.arg(++i), new RedisError("ERR LIMIT can't be negative"));
        if (limit < 0) throw new RedisError("ERR LIMIT can't be negative");
      } else {
        throw RedisError.SYNTAX;
      }
    }
    List<Scored> found = switch (operation) {
      case UNION -> union(sources, aggregate);
      case INTERSECTION -> intersection(sources, aggregate, Long.MAX_VALUE);
      case DIFFERENCE -> difference(sources);
      case CARDINALITY -> intersection(sources, aggregate, limit == 0 ? Long.MAX_VALUE : limit);
    };
    if (operation == Operation.CARDINALITY) {
      call.reply().integer(found.size());
    } else if (stores) {
      SortedSetRanges.store(call, found);
    } else {
      found.sort(Comparator.comparingDouble(Scored::score).thenComparing(Scored::member, Arrays::compareUnsigned));
      SortedSetRanges.reply(call, found, scores, call.reply().resp3());
    }
  }

  private static List<Scored> union(List<Source> sources, DoubleBinaryOperator aggregate) {
    var all = new TreeMap<byte[], Double>(Arrays::compareUnsigned);
    sources.sort(Comparator.comparingLong(Source::size));
    for (Source source : sources) for (Scored member : source.members()) all.merge(member.member(), member.score(), aggregate::applyAsDouble);
    var found = new ArrayList<Scored>(all.size());
    for (Map.Entry<byte[], Double> each : all.entrySet()) found.add(new Scored(each.getKey(), each.getValue()));
    return found;
  }

  private static List<Scored> intersection(List<Source> sources, DoubleBinaryOperator aggregate, long limit) {
    sources.sort(Comparator.comparingLong(Source::size));
    var found = new ArrayList<Scored>();
    for (Scored member : sources.getFirst().members()) {
      Double score = member.score();
      for (int i = 1; i < sources.size() && score != null; i++) {
        Double other = sources.get(i).scoreOf(member.member());
        score = other == null ? null : Double.valueOf(aggregate.applyAsDouble(score, other));
      }
      if (score != null) found.add(new Scored(member.member(), score));
      if (found.size() == limit) break;
    }
    return found;
  }

  private static List<Scored> difference(List<Source> sources) {
    var rest = new ArrayList<Scored>(sources.getFirst().members());
    for (Source other : sources.subList(1, sources.size())) rest.removeIf(member -> other.scoreOf(member.member()) != null);
    return rest;
  }
}
