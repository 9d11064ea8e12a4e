package nokv.protocol.resp;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import nokv.api.Entry;
import nokv.protocol.resp.Metadata.Type;
import org.jspecify.annotations.Nullable;

/** SORT: the items of a list, a set or a sorted set in order of a number or a text, theirs or that of a key made from them. */
final class SortCommand {
  private SortCommand() {}

  /** @param by null = by the item itself @param gets what to show of each item, none = the item */
  private record Options(boolean descending, boolean alphabetic, long offset, long limit, byte @Nullable [] by, List<byte[]> gets, byte @Nullable [] store) {
    static Options parse(Call call) {
      boolean descending = false;
      boolean alphabetic = false;
      long offset = 0;
      long limit = -1;
      byte[] by = null;
      byte[] store = null;
      var gets = new ArrayList<byte[]>();
      for (int i = 2; i < call.count(); i++) {
        int rest = call.count() - i - 1;
        if (call.is(i, "ASC")) {
          descending = false;
        } else if (call.is(i, "DESC")) {
          descending = true;
        } else if (call.is(i, "ALPHA")) {
          alphabetic = true;
        } else if (call.is(i, "LIMIT") && rest >= 2) {
          offset = call.integer(++i);
          limit = call.integer(++i);
        } else if (call.name().equals("sort") && call.is(i, "STORE") && rest >= 1) {
          store = call.arg(++i);
        } else if (call.is(i, "BY") && rest >= 1) {
          by = call.arg(++i);
          if (indexOf(by, '*', 0) >= 0) checkReads(call, "BY");
        } else if (call.is(i, "GET") && rest >= 1) {
          gets.add(call.arg(++i));
          checkReads(call, "GET");
        } else {
          throw RedisError.SYNTAX;
        }
      }
      return new Options(descending, alphabetic, offset, limit, by, gets, store);
    }
  }

  /** @throws RedisError the user may not read keys that the command does not name */
  private static void checkReads(Call call, String option) {
    Session client = call.client();
    if (client == null || client.user.rights().allowsReadingAnyKey(java.util.Objects.requireNonNull(call.request().command()), call.args())) return;
    throw new RedisError("ERR " + option + " option of SORT denied due to insufficient ACL permissions.");
  }

  /** An item with what it is sorted by; of texts, null comes first. */
  private record Item(byte[] value, double score, byte @Nullable [] text) {}

  static Access access(byte[][] args) {
    for (int i = 2; i < args.length; i++) if (Call.equalsIgnoreCase(args[i], "STORE")) return Access.SERIAL;
    return Access.READ;
  }

  static void sort(Call call) {
    Options options = Options.parse(call);
    call.keys.pin();
    Entry entry = call.entry(1);
    Type type = entry == null ? Type.LIST : Metadata.type(entry.value());
    List<byte[]> values = values(call, entry, type);
    boolean unsorted = options.by != null && indexOf(options.by, '*', 0) < 0;
    if (unsorted && options.descending && type != Type.SET) java.util.Collections.reverse(values);
    if (!unsorted) values = sorted(call, values, options);
    int from = (int) Math.min(Math.max(options.offset, 0), values.size());
    int to = options.limit < 0 ? values.size() : (int) Math.min(from + Math.min(options.limit, values.size()), values.size());
    reply(call, values.subList(from, to), options);
  }

  private static List<byte[]> values(Call call, @Nullable Entry entry, Type type) {
    var values = new ArrayList<byte[]>();
    if (entry == null) return values;
    if (type == Type.ZSET) {
      var set = SortedSet.find(call.keys, call.arg(1));
      if (set != null) for (var member : set.within(ScoreRange.ALL, false, 0, -1)) values.add(member.member());
      return values;
    }
    if (type != Type.LIST && type != Type.SET) throw RedisError.WRONG_TYPE;
    try (var walk = Collection.of(call.keys, call.arg(1), entry).walk(type == Type.LIST ? Collection.LIST_ITEM : Collection.SET_MEMBER)) {
      while (walk.next()) values.add(type == Type.LIST ? walk.value() : walk.element());
    }
    return values;
  }

  private static List<byte[]> sorted(Call call, List<byte[]> values, Options options) {
    var items = new ArrayList<Item>(values.size());
    for (byte[] value : values) {
      byte[] key = options.by == null ? value : lookup(call, options.by, value);
      items.add(new Item(value, options.alphabetic || key == null ? 0 : score(key), key));
    }
    Comparator<Item> order = options.alphabetic ? Comparator.comparing(Item::text, Comparator.nullsFirst(Arrays::compareUnsigned))
        : Comparator.comparingDouble(Item::score).thenComparing(Item::value, Arrays::compareUnsigned);
    items.sort(options.descending ? order.reversed() : order);
    var sorted = new ArrayList<byte[]>(items.size());
    for (Item item : items) sorted.add(item.value);
    return sorted;
  }

  private static double score(byte[] text) {
    var notNumbers = new RedisError("ERR One or more scores can't be converted into double");
    String number = new String(text, StandardCharsets.ISO_8859_1).stripLeading();
    if (number.isEmpty() && text.length == 0) return 0;
    return Numbers.real(number.getBytes(StandardCharsets.ISO_8859_1), notNumbers) + 0.0;
  }

  private static int indexOf(byte[] bytes, int b, int from) {
    for (int i = from; i < bytes.length; i++) if (bytes[i] == b) return i;
    return -1;
  }

  /** The value of the key that the pattern names with the item in the place of its star: a string, or a field of a hash behind an arrow. */
  private static byte @Nullable [] lookup(Call call, byte[] pattern, byte[] item) {
    if (pattern.length == 1 && pattern[0] == '#') return item;
    int star = indexOf(pattern, '*', 0);
    if (star < 0) return null;
    int arrow = star + 1;
    while (arrow + 1 < pattern.length && !(pattern[arrow] == '-' && pattern[arrow + 1] == '>')) arrow++;
    boolean field = arrow + 2 < pattern.length;
    int end = field ? arrow : pattern.length;
    byte[] key = java.nio.ByteBuffer.allocate(end - 1 + item.length).put(pattern, 0, star).put(item).put(pattern, star + 1, end - star - 1).array();
    Entry entry = call.keys.entry(key);
    if (entry == null) return null;
    Type type = Metadata.type(entry.value());
    if (field) return type == Type.HASH ? Collection.of(call.keys, key, entry).get(Collection.HASH_FIELD, Arrays.copyOfRange(pattern, arrow + 2, pattern.length)) : null;
    return type == Type.STRING ? BitCommands.value(entry.value()) : null;
  }

  private static void reply(Call call, List<byte[]> values, Options options) {
    var shown = new ArrayList<byte @Nullable []>();
    for (byte[] value : values) {
      if (options.gets.isEmpty()) shown.add(value);
      for (byte[] get : options.gets) shown.add(lookup(call, get, value));
    }
    if (options.store != null) {
      ListCommands.replace(call, options.store, shown);
      call.reply().integer(shown.size());
      return;
    }
    call.reply().array(shown.size());
    for (byte[] value : shown) {
      if (value == null) call.reply().nil();
      else call.reply().bulk(value);
    }
  }
}
