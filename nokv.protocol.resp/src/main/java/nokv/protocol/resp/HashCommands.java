package nokv.protocol.resp;

import java.util.ArrayList;
import java.util.List;
import nokv.protocol.resp.Metadata.Type;
import org.jspecify.annotations.Nullable;

/** Commands on hashes: one record per field. */
final class HashCommands {
  private static final byte FIELD = Collection.HASH_FIELD;

  private HashCommands() {}

  static void hset(Call call) {
    if (call.count() % 2 != 0) throw RedisError.arity(call.name());
    var hash = Collection.findOrMake(call.keys, call.arg(1), Type.HASH);
    long before = hash.size;
    for (int i = 2; i < call.count(); i += 2) put(hash, call.arg(i), call.arg(i + 1));
    hash.save();
    if ("hmset".equals(call.name())) call.reply().ok();
    else call.reply().integer(hash.size - before);
  }

  private static void put(Collection hash, byte[] field, byte[] value) {
    if (hash.get(FIELD, field) == null) hash.size++;
    hash.put(FIELD, field, value);
  }

  static void hsetnx(Call call) {
    var hash = Collection.findOrMake(call.keys, call.arg(1), Type.HASH);
    boolean absent = hash.get(FIELD, call.arg(2)) == null;
    if (absent) {
      put(hash, call.arg(2), call.arg(3));
      hash.save();
    }
    call.reply().integer(absent ? 1 : 0);
  }

  private static @Nullable Collection hash(Call call) {
    return Collection.find(call.keys, call.arg(1), Type.HASH);
  }

  static void hget(Call call) {
    var hash = hash(call);
    byte[] value = hash == null ? null : hash.get(FIELD, call.arg(2));
    if (value == null) call.reply().nil();
    else call.reply().bulk(value);
  }

  static void hmget(Call call) {
    call.keys.pin();
    var hash = hash(call);
    call.reply().array(call.count() - 2);
    for (int i = 2; i < call.count(); i++) {
      byte[] value = hash == null ? null : hash.get(FIELD, call.arg(i));
      if (value == null) call.reply().nil();
      else call.reply().bulk(value);
    }
  }

  static void hdel(Call call) {
    var hash = hash(call);
    long deleted = 0;
    for (int i = 2; hash != null && i < call.count(); i++) {
      if (hash.get(FIELD, call.arg(i)) == null) continue;
      hash.delete(FIELD, call.arg(i));
      hash.size--;
      deleted++;
    }
    if (hash != null && deleted > 0) hash.save();
    call.reply().integer(deleted);
  }

  static void hlen(Call call) {
    var hash = hash(call);
    call.reply().integer(hash == null ? 0 : hash.size);
  }

  static void hstrlen(Call call) {
    var hash = hash(call);
    byte[] value = hash == null ? null : hash.get(FIELD, call.arg(2));
    call.reply().integer(value == null ? 0 : value.length);
  }

  static void hexists(Call call) {
    var hash = hash(call);
    call.reply().integer(hash != null && hash.get(FIELD, call.arg(2)) != null ? 1 : 0);
  }

  static void hgetall(Call call) {
    List<byte[]> all = pairs(call, true, true);
    call.reply().map(all.size() / 2);
    for (byte[] bytes : all) call.reply().bulk(bytes);
  }

  static void hkeys(Call call) {
    array(call, pairs(call, true, false));
  }

  static void hvals(Call call) {
    array(call, pairs(call, false, true));
  }

  private static void array(Call call, List<byte[]> all) {
    call.reply().array(all.size());
    for (byte[] bytes : all) call.reply().bulk(bytes);
  }

  private static List<byte[]> pairs(Call call, boolean fields, boolean values) {
    call.keys.pin();
    var hash = hash(call);
    var all = new ArrayList<byte[]>();
    if (hash == null) return all;
    try (var walk = hash.walk(FIELD)) {
      while (walk.next()) {
        if (fields) all.add(walk.element());
        if (values) all.add(walk.value());
      }
    }
    return all;
  }

  static void hincrby(Call call) {
    long by = call.integer(3);
    var hash = Collection.findOrMake(call.keys, call.arg(1), Type.HASH);
    byte[] old = hash.get(FIELD, call.arg(2));
    long value = old == null ? 0 : Numbers.integer(old, new RedisError("ERR hash value is not an integer"));
    long sum = value + by;
    if (((value ^ sum) & (by ^ sum)) < 0) throw RedisError.OVERFLOW;
    put(hash, call.arg(2), Numbers.bytes(sum));
    hash.save();
    call.reply().integer(sum);
  }

  static void hincrbyfloat(Call call) {
    byte[] given = call.arg(3);
    if (Numbers.isInfinite(given)) throw new RedisError("ERR value is NaN or Infinity");
    var by = Numbers.decimal(given, 0, given.length, RedisError.NOT_FLOAT);
    var hash = Collection.findOrMake(call.keys, call.arg(1), Type.HASH);
    byte[] old = hash.get(FIELD, call.arg(2));
    var value = old == null ? java.math.BigDecimal.ZERO : Numbers.decimal(old, 0, old.length, new RedisError("ERR hash value is not a float"));
    byte[] sum = Numbers.bytes(value.add(by));
    put(hash, call.arg(2), sum);
    hash.save();
    call.reply().bulk(sum);
  }

  static void hrandfield(Call call) {
    long count = call.count() > 2 ? call.integer(2) : 1;
    boolean values = call.count() == 4;
    if (call.count() > 4 || values && !call.is(3, "WITHVALUES")) throw RedisError.SYNTAX;
    if (count < -Long.MAX_VALUE / 2 || values && Math.abs(count) > Long.MAX_VALUE / 2) throw new RedisError("ERR value is out of range");
    List<byte[]> all = pairs(call, true, true);
    int size = all.size() / 2;
    if (call.count() == 2) {
      if (size == 0) call.reply().nil();
      else call.reply().bulk(all.get(2 * (int) Long.remainderUnsigned(call.server.random(), size)));
      return;
    }
    int[] drawn = Draw.of(size, count, call.server);
    boolean nested = values && call.reply().resp3();
    call.reply().array(values && !nested ? drawn.length * 2 : drawn.length);
    for (int i : drawn) {
      if (nested) call.reply().array(2);
      call.reply().bulk(all.get(2 * i));
      if (values) call.reply().bulk(all.get(2 * i + 1));
    }
  }

  static void hscan(Call call) {
    ElementScan.run(call, Type.HASH, FIELD, (walk, found) -> {
      found.add(walk.element());
      found.add(walk.value());
    });
  }
}
