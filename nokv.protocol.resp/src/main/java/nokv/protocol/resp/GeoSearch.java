package nokv.protocol.resp;

import java.util.Comparator;
import java.util.List;
import nokv.protocol.resp.GeoCommands.Found;
import nokv.protocol.resp.GeoHash.Place;
import nokv.protocol.resp.SortedSet.Scored;
import org.jspecify.annotations.Nullable;

/** GEOSEARCH and its older kin, which differ in how they are told where to search and whether they may store. One object is one call. */
final class GeoSearch {
  private final Call call;
  private final boolean search;
  private final boolean storing;
  private final boolean readOnly;
  private final byte[] source;
  private final @Nullable SortedSet set;
  private byte @Nullable [] store;
  private boolean storeDistances;
  private boolean withDistance;
  private boolean withHash;
  private boolean withPlace;
  private boolean any;
  private long count;
  private int order;
  private @Nullable Place center;
  /** A member was named where there is no key. */
  private boolean nowhere;
  private @Nullable Boolean circle;
  private double width;
  private double height;
  private double unit = 1;

  private GeoSearch(Call call) {
    this.call = call;
    String name = call.name();
    search = name.startsWith("geosearch");
    storing = name.equals("geosearchstore");
    readOnly = name.endsWith("_ro");
    source = call.arg(storing ? 2 : 1);
    if (storing) store = call.arg(1);
    call.keys.pin();
    set = SortedSet.find(call.keys, source);
  }

  /** By the arguments: only what may store writes. */
  static Access access(byte[][] args) {
    for (int i = 4; i < args.length; i++) if (Call.equalsIgnoreCase(args[i], "STORE") || Call.equalsIgnoreCase(args[i], "STOREDIST")) return Access.SERIAL;
    return Access.READ;
  }

  static void run(Call call) {
    var search = new GeoSearch(call);
    search.options(search.where());
    search.check();
    search.answer();
  }

  /** What the older commands say by position. @return where the options begin */
  private int where() {
    if (search) return storing ? 3 : 2;
    circle = true;
    if (!call.name().startsWith("georadiusbymember")) {
      center = GeoCommands.place(call, 2);
      radius(4);
      return 6;
    }
    member(2);
    if (set != null) radius(3);
    return 5;
  }

  private void member(int i) {
    Double score = set == null ? null : set.scoreOf(call.arg(i));
    if (set == null) nowhere = true;
    else if (score == null) throw new RedisError("ERR could not decode requested zset member");
    else center = GeoHash.place(score);
  }

  private void radius(int i) {
    double radius = Numbers.real(call.arg(i), new RedisError("ERR need numeric radius"));
    if (radius < 0) throw new RedisError("ERR radius cannot be negative");
    unit = GeoCommands.unit(call, i + 1);
    circle = true;
    width = radius * unit;
  }

  private void box(int i) {
    double wide = Numbers.real(call.arg(i), new RedisError("ERR need numeric width"));
    double high = Numbers.real(call.arg(i + 1), new RedisError("ERR need numeric height"));
    if (wide < 0 || high < 0) throw new RedisError("ERR height or width cannot be negative");
    unit = GeoCommands.unit(call, i + 2);
    circle = false;
    width = wide * unit;
    height = high * unit;
  }

  private void options(int from) {
    boolean named = false;
    for (int i = from; i < call.count(); i++) {
      int rest = call.count() - i - 1;
      if (call.is(i, "WITHDIST")) {
        withDistance = true;
      } else if (call.is(i, "WITHHASH")) {
        withHash = true;
      } else if (call.is(i, "WITHCOORD")) {
        withPlace = true;
      } else if (call.is(i, "ANY")) {
        any = true;
      } else if (call.is(i, "ASC")) {
        order = 1;
      } else if (call.is(i, "DESC")) {
        order = -1;
      } else if (call.is(i, "COUNT") && rest >= 1) {
        count = call.integer(++i);
        if (count <= 0) throw new RedisError("ERR COUNT must be > 0");
      } else if (!search && !readOnly && rest >= 1 && (call.is(i, "STORE") || call.is(i, "STOREDIST"))) {
        storeDistances = call.is(i, "STOREDIST");
        store = call.arg(++i);
      } else if (storing && call.is(i, "STOREDIST")) {
        storeDistances = true;
      } else if (search && rest >= 1 && call.is(i, "FROMMEMBER") && (center == null || named)) {
        member(++i);
        named = true;
      } else if (search && rest >= 2 && call.is(i, "FROMLONLAT") && !named) {
        center = GeoCommands.place(call, i + 1);
        i += 2;
      } else if (search && rest >= 2 && call.is(i, "BYRADIUS") && !Boolean.FALSE.equals(circle)) {
        radius(i + 1);
        i += 2;
      } else if (search && rest >= 3 && call.is(i, "BYBOX") && !Boolean.TRUE.equals(circle)) {
        box(i + 1);
        i += 3;
      } else {
        throw RedisError.SYNTAX;
      }
    }
  }

  private void check() {
    if (store != null && (withDistance || withHash || withPlace)) {
      throw new RedisError("ERR " + (storing ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS") + " is not compatible with WITHDIST, WITHHASH and WITHCOORD options");
    }
    if (search && center == null && !nowhere) throw new RedisError("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for " + call.text(0));
    if (search && circle == null) throw new RedisError("ERR exactly one of BYRADIUS and BYBOX can be specified for " + call.text(0));
    if (any && count == 0) throw new RedisError("ERR the ANY argument requires COUNT argument");
  }

  private void answer() {
    List<Found> found = List.of();
    Place from = center;
    if (set != null && from != null) {
      GeoShape shape = Boolean.TRUE.equals(circle) ? GeoShape.circle(from, width) : GeoShape.box(from, width, height);
      found = GeoCommands.search(set, shape, unit, any ? count : 0);
      if (count != 0 && order == 0 && !any) order = 1;
      Comparator<Found> byDistance = Comparator.comparingDouble(Found::distance);
      if (order != 0) found.sort(order > 0 ? byDistance : byDistance.reversed());
      if (count != 0 && found.size() > count) found = found.subList(0, (int) count);
    }
    byte[] target = store;
    if (target == null) reply(found);
    else SortedSetRanges.store(call, target, found.stream().map(each -> new Scored(each.member(), storeDistances ? each.distance() : each.score())).toList());
  }

  private void reply(List<Found> found) {
    ReplyWriter reply = call.reply();
    int extras = (withDistance ? 1 : 0) + (withHash ? 1 : 0) + (withPlace ? 1 : 0);
    reply.array(found.size());
    for (Found each : found) {
      if (extras > 0) reply.array(extras + 1);
      reply.bulk(each.member());
      if (withDistance) reply.bulk(GeoCommands.distance(each.distance()));
      if (withHash) reply.integer((long) each.score());
      if (withPlace) GeoCommands.reply(reply, GeoHash.place(each.score()));
    }
  }
}
