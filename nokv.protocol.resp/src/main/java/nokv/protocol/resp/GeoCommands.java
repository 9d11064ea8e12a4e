package nokv.protocol.resp;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import nokv.protocol.resp.GeoHash.Place;
import org.jspecify.annotations.Nullable;

/** Places in a sorted set, each by the number of its {@link GeoHash} as score. */
final class GeoCommands {
  private GeoCommands() {}

  static Place place(Call call, int i) {
    double longitude = Numbers.real(call.arg(i), RedisError.NOT_FLOAT);
    double latitude = Numbers.real(call.arg(i + 1), RedisError.NOT_FLOAT);
    if (Math.abs(longitude) > GeoHash.MAX_LONGITUDE || Math.abs(latitude) > GeoHash.MAX_LATITUDE) {
      throw new RedisError(String.format(Locale.ROOT, "ERR invalid longitude,latitude pair %f,%f", longitude, latitude));
    }
    return new Place(longitude, latitude);
  }

  /** Meters in the unit that argument {@code i} names. */
  static double unit(Call call, int i) {
    return switch (call.upper(i)) {
      case "M" -> 1;
      case "KM" -> 1000;
      case "FT" -> 0.3048;
      case "MI" -> 1609.34;
      default -> throw new RedisError("ERR unsupported unit provided. please use M, KM, FT, MI");
    };
  }

  static void geoadd(Call call) {
    boolean nx = false;
    boolean xx = false;
    int first = 2;
    for (; first < call.count(); first++) {
      if (call.is(first, "NX")) nx = true;
      else if (call.is(first, "XX")) xx = true;
      else if (!call.is(first, "CH")) break;
    }
    if ((call.count() - first) % 3 != 0 || nx && xx) throw RedisError.SYNTAX;
    var scored = new ArrayList<>(Arrays.asList(call.args()).subList(0, first));
    for (int i = first; i < call.count(); i += 3) {
      scored.add(Numbers.bytes((long) GeoHash.of(place(call, i), GeoHash.FULL_STEP).score()));
      scored.add(call.arg(i + 2));
    }
    Request request = call.request();
    var zadd = Objects.requireNonNull(CommandTable.named("zadd"));
    SortedSetCommands.zadd(call.of(new Request(zadd, scored.toArray(byte[][]::new), request.access(), request.db(), request.resp3(), null, null), call.reply(), null));
    call.of(request, call.reply(), null);
  }

  static void geopos(Call call) {
    call.keys.pin();
    var set = SortedSet.find(call.keys, call.arg(1));
    call.reply().array(call.count() - 2);
    for (int i = 2; i < call.count(); i++) {
      Double score = set == null ? null : set.scoreOf(call.arg(i));
      if (score == null) call.reply().nilArray();
      else reply(call.reply(), GeoHash.place(score));
    }
  }

  static void reply(ReplyWriter reply, Place place) {
    reply.array(2);
    reply.decimal(new BigDecimal(place.longitude()));
    reply.decimal(new BigDecimal(place.latitude()));
  }

  static void geohash(Call call) {
    call.keys.pin();
    var set = SortedSet.find(call.keys, call.arg(1));
    call.reply().array(call.count() - 2);
    for (int i = 2; i < call.count(); i++) {
      Double score = set == null ? null : set.scoreOf(call.arg(i));
      if (score == null) call.reply().nil();
      else call.reply().bulk(GeoHash.letters(GeoHash.place(score)));
    }
  }

  static void geodist(Call call) {
    if (call.count() > 5) throw RedisError.SYNTAX;
    double unit = call.count() == 5 ? unit(call, 4) : 1;
    call.keys.pin();
    var set = SortedSet.find(call.keys, call.arg(1));
    Double from = set == null ? null : set.scoreOf(call.arg(2));
    Double to = set == null ? null : set.scoreOf(call.arg(3));
    if (from == null || to == null) call.reply().nil();
    else call.reply().bulk(distance(GeoHash.meters(GeoHash.place(from), GeoHash.place(to)) / unit));
  }

  static String distance(double value) {
    return new BigDecimal(value).setScale(4, RoundingMode.HALF_EVEN).toPlainString();
  }

  /** A member that a search found. @param distance in the unit asked for */
  record Found(byte[] member, double score, double distance) {}

  /** What lies in a shape, in order of the cells; with a limit, as soon as so many are found. */
  static List<Found> search(@Nullable SortedSet set, GeoShape shape, double unit, long limit) {
    var found = new ArrayList<Found>();
    if (set == null) return found;
    for (GeoHash cell : shape.cells()) {
      for (var member : set.within(ScoreRange.between(cell.score(), cell.scoreEnd()), false, 0, -1)) {
        double meters = shape.distance(GeoHash.place(member.score()));
        if (!Double.isNaN(meters)) found.add(new Found(member.member(), member.score(), meters / unit));
        if (limit > 0 && found.size() >= limit) return found;
      }
    }
    return found;
  }
}
