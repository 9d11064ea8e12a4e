package nokv.protocol.resp;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import nokv.api.Direction;
import nokv.api.KeyRange;
import nokv.protocol.resp.Metadata.Type;
import org.jspecify.annotations.Nullable;

/**
 * Commands on lists: one record per item, by its position. Positions run without gaps from the list's head; both ends grow freely, so pushing, popping and indexing
 * cost the same at any length. Inserting or removing inside moves the items behind it.
 */
final class ListCommands {
  private static final byte ITEM = Collection.LIST_ITEM;

  private ListCommands() {}

  private static @Nullable Collection list(Call call, int i) {
    return Collection.find(call.keys, call.arg(i), Type.LIST);
  }

  /** A position such that positions sort as bytes. */
  private static byte[] position(long position) {
    return ByteBuffer.allocate(Long.BYTES).putLong(position ^ Long.MIN_VALUE).array();
  }

  private static byte[] item(Collection list, long index) {
    return java.util.Objects.requireNonNull(list.get(ITEM, position(list.head + index)), "a list's item is missing");
  }

  private static void push(Collection list, boolean left, byte[] item) {
    if (left) list.head--;
    list.put(ITEM, position(left ? list.head : list.head + list.size), item);
    list.size++;
  }

  static byte[] pop(Collection list, boolean left) {
    byte[] item = item(list, left ? 0 : list.size - 1);
    list.delete(ITEM, position(left ? list.head : list.head + list.size - 1));
    if (left) list.head++;
    list.size--;
    return item;
  }

  static void push(Call call) {
    boolean left = call.name().charAt(0) == 'l';
    boolean onlyIfThere = call.name().endsWith("x");
    var list = onlyIfThere ? list(call, 1) : Collection.findOrMake(call.keys, call.arg(1), Type.LIST);
    if (list == null) {
      call.reply().integer(0);
      return;
    }
    for (int i = 2; i < call.count(); i++) push(list, left, call.arg(i));
    list.save();
    call.reply().integer(list.size);
  }

  static void pop(Call call) {
    boolean left = call.name().charAt(0) == 'l';
    if (call.count() > 3) throw RedisError.arity(call.name());
    long count = call.count() == 3 ? Numbers.integer(call.arg(2), new RedisError("ERR value is out of range, must be positive")) : 1;
    if (count < 0) throw new RedisError("ERR value is out of range, must be positive");
    var list = list(call, 1);
    if (list == null) {
      if (call.count() == 3) call.reply().nilArray();
      else call.reply().nil();
      return;
    }
    if (call.count() == 3) call.reply().array((int) Math.min(count, list.size));
    for (long i = Math.min(count, list.size); i > 0; i--) call.reply().bulk(pop(list, left));
    if (count > 0) list.save();
  }

  static void lmpop(Call call) {
    if (!popFirst(call, 1)) call.reply().nilArray();
  }

  /** LMPOP from its number of keys, argument {@code at}, on; false = all lists are empty, and there is no reply yet. */
  static boolean popFirst(Call call, int at) {
    int side = behindKeys(call, at);
    boolean left = left(call, side);
    long count = popCount(call, side + 1);
    for (int i = at + 1; i < side; i++) {
      var list = list(call, i);
      if (list == null) continue;
      int n = (int) Math.min(count, list.size);
      call.reply().array(2);
      call.reply().bulk(call.arg(i));
      call.reply().array(n);
      for (int popped = 0; popped < n; popped++) call.reply().bulk(pop(list, left));
      list.save();
      return true;
    }
    return false;
  }

  /** Of LMPOP and ZMPOP: the argument behind the keys, whose number is argument {@code at}. */
  static int behindKeys(Call call, int at) {
    var numkeys = new RedisError("ERR numkeys should be greater than 0");
    long number = Numbers.integer(call.arg(at), numkeys);
    if (number < 1) throw numkeys;
    if (number > call.count() - at - 2) throw RedisError.SYNTAX;
    return at + 1 + (int) number;
  }

  /** What follows the side in LMPOP and ZMPOP: nothing, or COUNT and a number. */
  static long popCount(Call call, int i) {
    if (i == call.count()) return 1;
    if (i + 2 != call.count() || !call.is(i, "COUNT")) throw RedisError.SYNTAX;
    var notPositive = new RedisError("ERR count should be greater than 0");
    long count = Numbers.integer(call.arg(i + 1), notPositive);
    if (count < 1) throw notPositive;
    return count;
  }

  /** Puts these items, null as an empty one, in place of whatever is at the key; without items, nothing is there. */
  static void replace(Call call, byte[] key, List<byte @Nullable []> items) {
    var list = Collection.make(call.keys, key, Type.LIST);
    for (byte[] item : items) push(list, false, item == null ? new byte[0] : item);
    if (!items.isEmpty()) list.save();
  }

  static void llen(Call call) {
    var list = list(call, 1);
    call.reply().integer(list == null ? 0 : list.size);
  }

  static void lindex(Call call) {
    long index = call.integer(2);
    var list = list(call, 1);
    if (list != null && index < 0) index += list.size;
    byte[] item = list == null || index < 0 || index >= list.size ? null : list.get(ITEM, position(list.head + index));
    if (item == null) call.reply().nil();
    else call.reply().bulk(item);
  }

  static void lset(Call call) {
    var list = list(call, 1);
    if (list == null) throw RedisError.NO_SUCH_KEY;
    long index = call.integer(2);
    if (index < 0) index += list.size;
    if (index < 0 || index >= list.size) throw new RedisError("ERR index out of range");
    list.put(ITEM, position(list.head + index), call.arg(3));
    list.save();
    call.reply().ok();
  }

  static void lrange(Call call) {
    long start = call.integer(2);
    long end = call.integer(3);
    call.keys.pin();
    List<byte[]> items = items(list(call, 1), start, end);
    call.reply().array(items.size());
    for (byte[] item : items) call.reply().bulk(item);
  }

  /** Items from one index to another, both included; negative ones count from the end. */
  private static List<byte[]> items(@Nullable Collection list, long start, long end) {
    var items = new ArrayList<byte[]>();
    if (list == null) return items;
    long from = start < 0 ? Math.max(0, start + list.size) : start;
    long to = Math.min(end < 0 ? end + list.size : end, list.size - 1);
    if (from > to) return items;
    try (var walk = list.walk(ITEM, new KeyRange(position(list.head + from), position(list.head + to + 1)), Direction.FORWARD)) {
      while (walk.next()) items.add(walk.value());
    }
    return items;
  }

  static void ltrim(Call call) {
    long start = call.integer(2);
    long end = call.integer(3);
    var list = list(call, 1);
    if (list != null) {
      long from = Math.min(start < 0 ? Math.max(0, start + list.size) : start, list.size);
      long to = Math.min(end < 0 ? end + list.size : end, list.size - 1);
      long keep = Math.max(0, to - from + 1);
      for (long i = 0; i < list.size; i++) if (i < from || i >= from + keep) list.delete(ITEM, position(list.head + i));
      list.head += from;
      list.size = keep;
      list.save();
    }
    call.reply().ok();
  }

  static void linsert(Call call) {
    boolean after = call.is(2, "AFTER");
    if (!after && !call.is(2, "BEFORE")) throw RedisError.SYNTAX;
    var list = list(call, 1);
    if (list == null) {
      call.reply().integer(0);
      return;
    }
    List<byte[]> items = items(list, 0, -1);
    int at = 0;
    while (at < items.size() && !Arrays.equals(items.get(at), call.arg(3))) at++;
    if (at == items.size()) {
      call.reply().integer(-1);
      return;
    }
    if (after) at++;
    items.add(at, call.arg(4));
    if (at <= items.size() / 2) {
      list.head--;
      for (int i = 0; i <= at; i++) list.put(ITEM, position(list.head + i), items.get(i));
    } else {
      for (int i = at; i < items.size(); i++) list.put(ITEM, position(list.head + i), items.get(i));
    }
    list.size++;
    list.save();
    call.reply().integer(list.size);
  }

  static void lrem(Call call) {
    long count = call.integer(2);
    var list = list(call, 1);
    List<byte[]> items = items(list, 0, -1);
    var kept = new ArrayList<>(items);
    if (count < 0) java.util.Collections.reverse(kept);
    long limit = count == 0 ? Long.MAX_VALUE : Math.abs(count);
    long removed = 0;
    for (var each = kept.iterator(); removed < limit && each.hasNext(); ) {
      if (!Arrays.equals(each.next(), call.arg(3))) continue;
      each.remove();
      removed++;
    }
    if (count < 0) java.util.Collections.reverse(kept);
    if (list != null && removed > 0) {
      for (int i = 0; i < kept.size(); i++) if (kept.get(i) != items.get(i)) list.put(ITEM, position(list.head + i), kept.get(i));
      for (int i = kept.size(); i < items.size(); i++) list.delete(ITEM, position(list.head + i));
      list.size = kept.size();
      list.save();
    }
    call.reply().integer(removed);
  }

  static void rpoplpush(Call call) {
    if (!move(call, false, true)) call.reply().nil();
  }

  static void lmove(Call call) {
    if (!move(call, left(call, 3), left(call, 4))) call.reply().nil();
  }

  static boolean left(Call call, int i) {
    boolean left = call.is(i, "LEFT");
    if (!left && !call.is(i, "RIGHT")) throw RedisError.SYNTAX;
    return left;
  }

  /** Moves an item between the lists in arguments 1 and 2; false = there is none, and no reply yet. */
  static boolean move(Call call, boolean fromLeft, boolean toLeft) {
    var source = list(call, 1);
    if (source == null) return false;
    boolean same = Arrays.equals(call.arg(1), call.arg(2));
    var target = same ? source : Collection.findOrMake(call.keys, call.arg(2), Type.LIST);
    byte[] item = pop(source, fromLeft);
    push(target, toLeft, item);
    if (!same) source.save();
    target.save();
    call.reply().bulk(item);
    return true;
  }

  static void lpos(Call call) {
    long rank = 1;
    long count = -1;
    long longest = 0;
    for (int i = 3; i < call.count(); i += 2) {
      if (i + 1 == call.count()) throw RedisError.SYNTAX;
      if (call.is(i, "RANK")) {
        rank = call.integer(i + 1);
        if (rank == 0) throw new RedisError("ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list");
        if (rank == Long.MIN_VALUE) throw new RedisError("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807");
      } else if (call.is(i, "COUNT")) {
        count = Numbers.integer(call.arg(i + 1), new RedisError("ERR COUNT can't be negative"));
        if (count < 0) throw new RedisError("ERR COUNT can't be negative");
      } else if (call.is(i, "MAXLEN")) {
        longest = Numbers.integer(call.arg(i + 1), new RedisError("ERR MAXLEN can't be negative"));
        if (longest < 0) throw new RedisError("ERR MAXLEN can't be negative");
      } else {
        throw RedisError.SYNTAX;
      }
    }
    call.keys.pin();
    List<byte[]> items = items(list(call, 1), 0, -1);
    var found = new ArrayList<Long>();
    long skip = Math.abs(rank) - 1;
    long wanted = count < 0 ? 1 : count == 0 ? Long.MAX_VALUE : count;
    for (int seen = 0; seen < items.size() && (longest == 0 || seen < longest) && found.size() < wanted; seen++) {
      int at = rank > 0 ? seen : items.size() - 1 - seen;
      if (Arrays.equals(items.get(at), call.arg(2)) && skip-- <= 0) found.add((long) at);
    }
    if (count >= 0) {
      call.reply().array(found.size());
      for (long at : found) call.reply().integer(at);
    } else if (found.isEmpty()) {
      call.reply().nil();
    } else {
      call.reply().integer(found.getFirst());
    }
  }
}
