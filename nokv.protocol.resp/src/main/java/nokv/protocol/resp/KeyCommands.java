package nokv.protocol.resp;

import java.util.ArrayList;
import java.util.List;
import nokv.api.Direction;
import nokv.api.Entry;
import nokv.api.KeyRange;
import org.jspecify.annotations.Nullable;

/** Commands on keys of any type. */
final class KeyCommands {
  static final int DATABASES = 16;

  private KeyCommands() {}

  static void del(Call call) {
    long deleted = 0;
    for (int i = 1; i < call.count(); i++) {
      if (call.keys.remove(call.arg(i))) deleted++;
    }
    call.reply().integer(deleted);
  }

  static void touch(Call call) {
    long now = call.server.clock().millis();
    for (int i = 1; i < call.count(); i++) call.server.accesses().note(call.keys.database(), call.arg(i), new Accesses.Access(now, now, 0));
    exists(call);
  }

  static void exists(Call call) {
    long found = 0;
    if (call.count() == 2) found = call.record(1) == null ? 0 : 1;
    else for (byte[] record : call.keys.records(call.args(), 1, 1)) if (record != null) found++;
    call.reply().integer(found);
  }

  static void type(Call call) {
    byte[] record = call.record(1);
    call.reply().simple(record == null ? "none" : Metadata.type(record).word());
  }

  static void expire(Call call) {
    expire(call, ExpireOption.EX);
  }

  static void pexpire(Call call) {
    expire(call, ExpireOption.PX);
  }

  static void expireat(Call call) {
    expire(call, ExpireOption.EXAT);
  }

  static void pexpireat(Call call) {
    expire(call, ExpireOption.PXAT);
  }

  private static void expire(Call call, ExpireOption unit) {
    boolean nx = false;
    boolean xx = false;
    boolean gt = false;
    boolean lt = false;
    for (int i = 3; i < call.count(); i++) {
      switch (call.upper(i)) {
        case "NX" -> nx = true;
        case "XX" -> xx = true;
        case "GT" -> gt = true;
        case "LT" -> lt = true;
        default -> throw new RedisError("ERR Unsupported option " + call.text(i));
      }
    }
    if (nx && (xx || gt || lt)) throw new RedisError("ERR NX and XX, GT or LT options at the same time are not compatible");
    if (gt && lt) throw new RedisError("ERR GT and LT options at the same time are not compatible");
    long moment = unit.moment(call, call.arg(2));
    Entry entry = call.entry(1);
    long current = entry == null ? 0 : entry.expiryMillis();
    boolean apply = entry != null && !(nx && current != 0) && !(xx && current == 0) && !(gt && (current == 0 || moment <= current)) && !(lt && current != 0 && moment >= current);
    if (entry != null && apply) {
      if (moment <= call.keys.now()) call.keys.remove(call.arg(1));
      else call.keys.put(call.arg(1), entry.value(), moment);
    }
    call.reply().integer(apply ? 1 : 0);
  }

  static void ttl(Call call) {
    Entry entry = call.entry(1);
    call.reply().integer(entry == null ? -2 : entry.expiryMillis() == 0 ? -1 : (remaining(call, entry) + 500) / 1000);
  }

  static void pttl(Call call) {
    Entry entry = call.entry(1);
    call.reply().integer(entry == null ? -2 : entry.expiryMillis() == 0 ? -1 : remaining(call, entry));
  }

  private static long remaining(Call call, Entry entry) {
    return Math.max(0, entry.expiryMillis() - call.keys.now());
  }

  static void expiretime(Call call) {
    Entry entry = call.entry(1);
    call.reply().integer(entry == null ? -2 : entry.expiryMillis() == 0 ? -1 : (entry.expiryMillis() + 500) / 1000);
  }

  static void pexpiretime(Call call) {
    Entry entry = call.entry(1);
    call.reply().integer(entry == null ? -2 : entry.expiryMillis() == 0 ? -1 : entry.expiryMillis());
  }

  static void persist(Call call) {
    Entry entry = call.entry(1);
    boolean had = entry != null && entry.expiryMillis() != 0;
    if (entry != null && had) call.keys.put(call.arg(1), entry.value(), 0);
    call.reply().integer(had ? 1 : 0);
  }

  static void rename(Call call) {
    rename(call, true);
    call.reply().ok();
  }

  static void renamenx(Call call) {
    call.reply().integer(rename(call, false) ? 1 : 0);
  }

  private static boolean rename(Call call, boolean replace) {
    Entry source = call.entry(1);
    if (source == null) throw RedisError.NO_SUCH_KEY;
    boolean same = java.util.Arrays.equals(call.arg(1), call.arg(2));
    if (same || !replace && call.keys.exists(call.arg(2))) return false;
    transfer(call, source, call.keys.database(), call.arg(2));
    call.keys.remove(call.arg(1));
    return true;
  }

  static void copy(Call call) {
    int from = call.keys.database();
    int to = from;
    boolean replace = false;
    for (int i = 3; i < call.count(); i++) {
      if (call.is(i, "REPLACE")) {
        replace = true;
      } else if (call.is(i, "DB") && i + 1 < call.count()) {
        to = ConnectionCommands.database(call.integer(++i));
      } else {
        throw RedisError.SYNTAX;
      }
    }
    if (to == from && java.util.Arrays.equals(call.arg(1), call.arg(2))) throw new RedisError("ERR source and destination objects are the same");
    Entry source = call.entry(1);
    boolean copied = source != null && transferUnlessThere(call, source, to, call.arg(2), replace);
    call.reply().integer(copied ? 1 : 0);
  }

  static void move(Call call) {
    int from = call.keys.database();
    int to = ConnectionCommands.database(call.integer(2));
    if (to == from) throw new RedisError("ERR source and destination objects are the same");
    Entry source = call.entry(1);
    boolean moved = source != null && transferUnlessThere(call, source, to, call.arg(1), false);
    if (moved) call.keys.remove(call.arg(1));
    call.reply().integer(moved ? 1 : 0);
  }

  private static boolean transferUnlessThere(Call call, Entry source, int to, byte[] target, boolean replace) {
    int from = call.keys.database();
    call.keys.database(to);
    boolean free = replace || !call.keys.exists(target);
    call.keys.database(from);
    if (free) transfer(call, source, to, target);
    return free;
  }

  /** Puts what is at argument 1 under another key, its expiry with it. */
  private static void transfer(Call call, Entry source, int to, byte[] target) {
    int from = call.keys.database();
    call.keys.database(to);
    call.keys.remove(target);
    if (Metadata.type(source.value()) == Metadata.Type.STRING) call.keys.put(target, source.value(), source.expiryMillis());
    call.keys.database(from);
    if (Metadata.type(source.value()) != Metadata.Type.STRING) Collection.of(call.keys, call.arg(1), source).copyTo(to, target);
  }

  static void swapdb(Call call) {
    int first = database(call, 1, "first");
    int second = database(call, 2, "second");
    if (first != second) call.keys.swap(first, second);
    call.reply().ok();
  }

  private static int database(Call call, int i, String which) {
    long index = Numbers.integer(call.arg(i), new RedisError("ERR invalid " + which + " DB index"));
    if (index < 0 || index >= DATABASES) throw RedisError.DB_INDEX;
    return (int) index;
  }

  static void randomkey(Call call) {
    byte[] key = RandomKey.pick(call.keys, call.server.random());
    if (key == null) call.reply().nil();
    else call.reply().bulk(key);
  }

  static void dbsize(Call call) {
    long size = 0;
    try (KeyWalk walk = call.keys.walk(KeyRange.ALL)) {
      while (walk.next()) size++;
    }
    call.reply().integer(size);
  }

  static void keys(Call call) {
    var pattern = new Glob(call.arg(1));
    var found = new ArrayList<byte[]>();
    try (KeyWalk walk = call.keys.walk(KeyRange.prefix(RedisKey.prefix(pattern.literalPrefix())))) {
      while (walk.next()) {
        byte[] key = walk.key();
        if (pattern.matches(key)) found.add(key);
      }
    }
    call.reply().array(found.size());
    for (byte[] key : found) call.reply().bulk(key);
  }

  static void flushall(Call call) {
    flush(call, -1);
  }

  static void flushdb(Call call) {
    flush(call, call.keys.database());
  }

  private static void flush(Call call, int db) {
    if (call.count() > 2 || call.count() == 2 && !call.is(1, "ASYNC") && !call.is(1, "SYNC")) throw RedisError.SYNTAX;
    call.keys.flush(db);
    if (call.server.tracking().isActive()) call.keys.afterwards(call.server.tracking()::flushed);
    call.reply().ok();
  }

  static void scan(Call call) {
    long cursor = cursor(call.arg(1));
    var options = ScanOptions.parse(call, 2, true);
    Glob pattern = options.pattern();
    var range = KeyRange.prefix(RedisKey.prefix(pattern == null ? new byte[0] : pattern.literalPrefix()));
    byte[] start = cursor == 0 ? range.start() : call.server.scans().position(cursor);
    if (start == null) throw RedisError.INVALID_CURSOR;
    if (java.util.Arrays.compareUnsigned(start, range.start()) < 0) start = range.start();
    byte[] end = range.end();
    boolean exhausted = end != null && java.util.Arrays.compareUnsigned(start, end) >= 0;
    var found = new ArrayList<byte[]>();
    byte[] rest = exhausted ? null : scan(call, end == null ? KeyRange.from(start) : new KeyRange(start, end), options, found);
    ScanOptions.reply(call, rest, found);
  }

  /** Looks at as many keys as asked, collects those that fit, and returns where to go on, or null at the end. */
  private static byte @Nullable [] scan(Call call, KeyRange range, ScanOptions options, List<byte[]> found) {
    try (KeyWalk walk = call.keys.walk(range)) {
      for (long seen = 0; walk.next(); seen++) {
        if (seen == options.count()) return walk.encoded();
        byte[] key = walk.key();
        if (options.matches(key) && (options.type() == null || Metadata.type(walk.record()).word().equals(options.type()))) found.add(key);
      }
      return null;
    }
  }

  /** A cursor as C's strtoul reads it. */
  static long cursor(byte[] text) {
    if (!Numbers.isLong(text) || text[0] == '-') {
      if (text.length == 20 && new String(text, java.nio.charset.StandardCharsets.ISO_8859_1).matches("1[0-8]\\d{18}")) return -1;
      throw RedisError.INVALID_CURSOR;
    }
    return Numbers.toLong(text, 0, text.length);
  }

  /** One key of a database, drawn by where a random position falls. */
  static final class RandomKey {
    private RandomKey() {}

    static byte @Nullable [] pick(Keyspace keys, long random) {
      byte[] first = end(keys, KeyRange.ALL, Direction.FORWARD);
      byte[] last = first == null ? null : end(keys, KeyRange.ALL, Direction.REVERSE);
      if (first == null || last == null) return null;
      byte[] start = RedisKey.prefix(between(first, last, random));
      Direction direction = (random & 1) == 0 ? Direction.FORWARD : Direction.REVERSE;
      byte[] drawn = end(keys, direction == Direction.FORWARD ? KeyRange.from(start) : new KeyRange(new byte[0], start), direction);
      return drawn != null ? drawn : direction == Direction.FORWARD ? last : first;
    }

    /** Random bytes behind what the first and the last key have in common; near them in order. */
    private static byte[] between(byte[] first, byte[] last, long random) {
      int common = java.util.Arrays.mismatch(first, last);
      if (common < 0) return first;
      byte[] position = java.util.Arrays.copyOf(last, common + 7);
      int low = common < first.length ? first[common] & 0xff : 0;
      int high = common < last.length ? last[common] & 0xff : 0xff;
      position[common] = (byte) (low + (int) ((random >>> 1 & 0xffff) % (high - low + 1)));
      for (int i = 1; i < 7; i++) position[common + i] = (byte) ((random >>> 8 + 8 * i) % 96 + 32);
      return position;
    }

    /** The first key of a range in a direction. */
    private static byte @Nullable [] end(Keyspace keys, KeyRange range, Direction direction) {
      try (var walk = new KeyWalk(keys.scan(range, direction), keys.database())) {
        return walk.nextEitherWay() ? walk.key() : null;
      }
    }
  }
}
