package nokv.protocol.resp;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import nokv.protocol.resp.Metadata.Type;
import org.jspecify.annotations.Nullable;

/** Commands on sets: one record per member. */
final class SetCommands {
  private static final byte MEMBER = Collection.SET_MEMBER;
  private static final byte[] EMPTY = {};

  private SetCommands() {}

  private static @Nullable Collection set(Call call, int i) {
    return Collection.find(call.keys, call.arg(i), Type.SET);
  }

  private static boolean contains(@Nullable Collection set, byte[] member) {
    return set != null && set.get(MEMBER, member) != null;
  }

  private static boolean add(Collection set, byte[] member) {
    if (contains(set, member)) return false;
    set.put(MEMBER, member, EMPTY);
    set.size++;
    return true;
  }

  private static boolean remove(@Nullable Collection set, byte[] member) {
    if (set == null || !contains(set, member)) return false;
    set.delete(MEMBER, member);
    set.size--;
    return true;
  }

  static void sadd(Call call) {
    var set = Collection.findOrMake(call.keys, call.arg(1), Type.SET);
    long added = 0;
    for (int i = 2; i < call.count(); i++) if (add(set, call.arg(i))) added++;
    if (added > 0) set.save();
    call.reply().integer(added);
  }

  static void srem(Call call) {
    var set = set(call, 1);
    long removed = 0;
    for (int i = 2; i < call.count(); i++) if (remove(set, call.arg(i))) removed++;
    if (set != null && removed > 0) set.save();
    call.reply().integer(removed);
  }

  static void sismember(Call call) {
    call.reply().integer(contains(set(call, 1), call.arg(2)) ? 1 : 0);
  }

  static void smismember(Call call) {
    call.keys.pin();
    var set = set(call, 1);
    call.reply().array(call.count() - 2);
    for (int i = 2; i < call.count(); i++) call.reply().integer(contains(set, call.arg(i)) ? 1 : 0);
  }

  static void scard(Call call) {
    var set = set(call, 1);
    call.reply().integer(set == null ? 0 : set.size);
  }

  static void smembers(Call call) {
    call.keys.pin();
    reply(call, members(set(call, 1)));
  }

  private static void reply(Call call, java.util.Collection<byte[]> members) {
    call.reply().set(members.size());
    for (byte[] member : members) call.reply().bulk(member);
  }

  private static TreeSet<byte[]> members(@Nullable Collection set) {
    var members = new TreeSet<byte[]>(Arrays::compareUnsigned);
    if (set == null) return members;
    try (var walk = set.walk(MEMBER)) {
      while (walk.next()) members.add(walk.element());
    }
    return members;
  }

  static void smove(Call call) {
    var source = set(call, 1);
    var target = set(call, 2);
    byte[] member = call.arg(3);
    boolean same = Arrays.equals(call.arg(1), call.arg(2));
    if (same || source == null || !contains(source, member)) {
      call.reply().integer(contains(source, member) ? 1 : 0);
      return;
    }
    remove(source, member);
    source.save();
    if (target == null) target = Collection.findOrMake(call.keys, call.arg(2), Type.SET);
    if (add(target, member)) target.save();
    call.reply().integer(1);
  }

  static void spop(Call call) {
    if (call.count() > 3) throw RedisError.SYNTAX;
    long count = call.count() == 3 ? Numbers.integer(call.arg(2), new RedisError("ERR value is out of range, must be positive")) : 1;
    if (count < 0) throw new RedisError("ERR value is out of range, must be positive");
    var set = set(call, 1);
    var members = new ArrayList<>(members(set));
    int[] drawn = Draw.of(members.size(), count, call.server);
    for (int i : drawn) remove(set, members.get(i));
    if (set != null && drawn.length > 0) set.save();
    if (call.count() == 2) {
      if (drawn.length == 0) call.reply().nil();
      else call.reply().bulk(members.get(drawn[0]));
      return;
    }
    call.reply().set(drawn.length);
    for (int i : drawn) call.reply().bulk(members.get(i));
  }

  static void srandmember(Call call) {
    if (call.count() > 3) throw RedisError.SYNTAX;
    long count = call.count() == 3 ? call.integer(2) : 1;
    if (count < -Long.MAX_VALUE / 2 || count > Long.MAX_VALUE / 2) throw new RedisError("ERR value is out of range");
    call.keys.pin();
    var members = new ArrayList<>(members(set(call, 1)));
    int[] drawn = Draw.of(members.size(), count, call.server);
    if (call.count() == 2) {
      if (drawn.length == 0) call.reply().nil();
      else call.reply().bulk(members.get(drawn[0]));
      return;
    }
    call.reply().array(drawn.length);
    for (int i : drawn) call.reply().bulk(members.get(i));
  }

  static void sinter(Call call) {
    call.keys.pin();
    reply(call, intersection(call, 1, call.count(), Long.MAX_VALUE));
  }

  static void sunion(Call call) {
    call.keys.pin();
    reply(call, union(call, 1));
  }

  static void sdiff(Call call) {
    call.keys.pin();
    reply(call, difference(call, 1));
  }

  static void sinterstore(Call call) {
    store(call, intersection(call, 2, call.count(), Long.MAX_VALUE));
  }

  static void sunionstore(Call call) {
    store(call, union(call, 2));
  }

  static void sdiffstore(Call call) {
    store(call, difference(call, 2));
  }

  private static void store(Call call, java.util.Collection<byte[]> members) {
    var set = Collection.make(call.keys, call.arg(1), Type.SET);
    for (byte[] member : members) set.put(MEMBER, member, EMPTY);
    set.size = members.size();
    if (set.size > 0) set.save();
    call.reply().integer(set.size);
  }

  static void sintercard(Call call) {
    long keys = Numbers.integer(call.arg(1), new RedisError("ERR numkeys should be greater than 0"));
    if (keys <= 0) throw new RedisError("ERR numkeys should be greater than 0");
    if (keys > call.count() - 2) throw new RedisError("ERR Number of keys can't be greater than number of args");
    int end = (int) (2 + keys);
    long limit = 0;
    for (int i = end; i < call.count(); i += 2) {
      if (!call.is(i, "LIMIT") || i + 1 == call.count()) throw RedisError.SYNTAX;
      limit = Numbers.integer(call.arg(i + 1), new RedisError("ERR LIMIT can't be negative"));
      if (limit < 0) throw new RedisError("ERR LIMIT can't be negative");
    }
    call.keys.pin();
    call.reply().integer(intersection(call, 2, end, limit == 0 ? Long.MAX_VALUE : limit).size());
  }

  private static List<byte[]> intersection(Call call, int from, int to, long limit) {
    var sets = new ArrayList<@Nullable Collection>();
    for (int i = from; i < to; i++) sets.add(set(call, i));
    var found = new ArrayList<byte[]>();
    Collection smallest = null;
    for (Collection set : sets) {
      if (set == null) return found;
      if (smallest == null || set.size < smallest.size) smallest = set;
    }
    if (smallest == null) return found;
    try (var walk = smallest.walk(MEMBER)) {
      while (found.size() < limit && walk.next()) {
        byte[] member = walk.element();
        boolean everywhere = true;
        for (Collection set : sets) everywhere &= set == smallest || contains(set, member);
        if (everywhere) found.add(member);
      }
    }
    return found;
  }

  private static TreeSet<byte[]> union(Call call, int from) {
    var all = new TreeSet<byte[]>(Arrays::compareUnsigned);
    for (int i = from; i < call.count(); i++) all.addAll(members(set(call, i)));
    return all;
  }

  private static TreeSet<byte[]> difference(Call call, int from) {
    var others = new ArrayList<@Nullable Collection>();
    for (int i = from + 1; i < call.count(); i++) others.add(set(call, i));
    var rest = members(set(call, from));
    for (Collection other : others) rest.removeIf(member -> contains(other, member));
    return rest;
  }

  static void sscan(Call call) {
    ElementScan.run(call, Type.SET, MEMBER, (walk, found) -> found.add(walk.element()));
  }
}
