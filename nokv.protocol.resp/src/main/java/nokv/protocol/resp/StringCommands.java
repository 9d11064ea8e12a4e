package nokv.protocol.resp;

import java.math.BigDecimal;
import java.util.Arrays;
import nokv.api.Entry;
import nokv.protocol.resp.Metadata.Type;
import org.jspecify.annotations.Nullable;

/** Commands on strings. A string's value lies in its metadata record, behind {@link Metadata#STRING_OFFSET}. */
final class StringCommands {
  private static final byte[] EMPTY = {};

  private StringCommands() {}

  static void get(Call call) {
    value(call, call.record(1));
  }

  /** Replies a string's value, nil where there is none. */
  private static void value(Call call, byte @Nullable [] record) {
    if (record == null) {
      call.server.figures().misses.inc();
      call.reply().nil();
      return;
    }
    Metadata.check(record, Type.STRING);
    call.server.figures().hits.inc();
    call.reply().bulk(record, Metadata.STRING_OFFSET, Metadata.stringLength(record));
  }

  static void set(Call call) {
    if (call.count() == 3) {
      call.keys.put(call.arg(1), Metadata.string(call.arg(2)), 0);
      call.reply().ok();
      return;
    }
    SetOptions options = SetOptions.parse(call);
    long expiry = options.expiry(call);
    Entry old = options.reads() ? call.entry(1) : null;
    if (options.get()) value(call, old == null ? null : old.value());
    boolean refused = options.onlyIfAbsent() && old != null || options.onlyIfPresent() && old == null;
    if (!refused) call.keys.put(call.arg(1), Metadata.string(call.arg(2)), options.keepTtl() && old != null ? old.expiryMillis() : expiry);
    if (options.get()) return;
    if (refused) call.reply().nil();
    else call.reply().ok();
  }

  /** Whether a SET reads: only an option that asks about the old value makes it. */
  static Access setAccess(byte[][] args) {
    for (int i = 3; i < args.length; i++) {
      for (String word : SetOptions.READING) if (Call.equalsIgnoreCase(args[i], word)) return Access.UPDATE;
    }
    return Access.BLIND;
  }

  static void setnx(Call call) {
    boolean absent = !call.keys.exists(call.arg(1));
    if (absent) call.keys.put(call.arg(1), Metadata.string(call.arg(2)), 0);
    call.reply().integer(absent ? 1 : 0);
  }

  static void setex(Call call) {
    long expiry = ("setex".equals(call.name()) ? ExpireOption.EX : ExpireOption.PX).positive(call, call.arg(2));
    call.keys.put(call.arg(1), Metadata.string(call.arg(3)), expiry);
    call.reply().ok();
  }

  static void getset(Call call) {
    value(call, call.record(1));
    call.keys.put(call.arg(1), Metadata.string(call.arg(2)), 0);
  }

  static void getdel(Call call) {
    byte[] record = call.record(1);
    value(call, record);
    if (record != null) call.keys.delete(call.arg(1));
  }

  static void getex(Call call) {
    long expiry = 0;
    boolean persist = false;
    if (call.count() > 2) {
      persist = call.is(2, "PERSIST");
      ExpireOption option = persist ? null : SetOptions.expireOption(call, 2);
      if (call.count() != (persist ? 3 : 4) || !persist && option == null) throw RedisError.SYNTAX;
      if (option != null) expiry = option.positive(call, call.arg(3));
    }
    Entry old = call.entry(1);
    value(call, old == null ? null : old.value());
    if (old != null && (expiry != 0 || persist && old.expiryMillis() != 0)) call.keys.put(call.arg(1), old.value(), expiry);
  }

  static Access getexAccess(byte[][] args) {
    return args.length == 2 ? Access.READ : Access.UPDATE;
  }

  static void append(Call call) {
    Entry old = string(call);
    byte[] suffix = call.arg(2);
    if (old == null) {
      call.keys.put(call.arg(1), Metadata.string(suffix), 0);
      call.reply().integer(suffix.length);
      return;
    }
    checkLength(call, (long) Metadata.stringLength(old.value()) + suffix.length);
    byte[] record = Arrays.copyOf(old.value(), old.value().length + suffix.length);
    System.arraycopy(suffix, 0, record, old.value().length, suffix.length);
    call.keys.put(call.arg(1), record, old.expiryMillis());
    call.reply().integer(Metadata.stringLength(record));
  }

  static void strlen(Call call) {
    byte[] record = call.record(1);
    if (record != null) Metadata.check(record, Type.STRING);
    call.reply().integer(record == null ? 0 : Metadata.stringLength(record));
  }

  static void getrange(Call call) {
    long start = call.integer(2);
    long end = call.integer(3);
    byte[] record = call.record(1);
    if (record != null) Metadata.check(record, Type.STRING);
    long length = record == null ? 0 : Metadata.stringLength(record);
    if (start < 0 && end < 0 && start > end) length = 0;
    if (start < 0) start = Math.max(0, start + length);
    if (end < 0) end = Math.max(0, end + length);
    end = Math.min(end, length - 1);
    if (record == null || start > end || length == 0) call.reply().bulk(EMPTY);
    else call.reply().bulk(record, (int) (Metadata.STRING_OFFSET + start), (int) (end - start + 1));
  }

  static void setrange(Call call) {
    long offset = call.integer(2);
    byte[] piece = call.arg(3);
    if (offset < 0) throw RedisError.OFFSET;
    Entry old = string(call);
    int length = old == null ? 0 : Metadata.stringLength(old.value());
    if (piece.length == 0) {
      call.reply().integer(length);
      return;
    }
    checkLength(call, offset > Keyspace.MAX_STRING_BYTES ? offset : offset + piece.length);
    byte[] record = Metadata.string((int) Math.max(length, offset + piece.length));
    if (old != null) System.arraycopy(old.value(), 0, record, 0, old.value().length);
    System.arraycopy(piece, 0, record, (int) (Metadata.STRING_OFFSET + offset), piece.length);
    call.keys.put(call.arg(1), record, old == null ? 0 : old.expiryMillis());
    call.reply().integer(Metadata.stringLength(record));
  }

  static void mget(Call call) {
    var records = call.keys.records(call.args(), 1, 1);
    call.reply().array(records.size());
    for (byte[] record : records) {
      if (record == null || Metadata.type(record) != Type.STRING) call.reply().nil();
      else call.reply().bulk(record, Metadata.STRING_OFFSET, Metadata.stringLength(record));
    }
  }

  static void mset(Call call) {
    checkPairs(call);
    for (int i = 1; i < call.count(); i += 2) call.keys.put(call.arg(i), Metadata.string(call.arg(i + 1)), 0);
    call.reply().ok();
  }

  static void msetnx(Call call) {
    checkPairs(call);
    for (byte[] record : call.keys.records(call.args(), 1, 2)) {
      if (record != null) {
        call.reply().integer(0);
        return;
      }
    }
    for (int i = 1; i < call.count(); i += 2) call.keys.put(call.arg(i), Metadata.string(call.arg(i + 1)), 0);
    call.reply().integer(1);
  }

  private static void checkPairs(Call call) {
    if (call.count() % 2 == 0) throw RedisError.arity(call.name());
    for (int i = 1; i < call.count(); i += 2) call.keys.metadataKey(call.arg(i));
  }

  static void incr(Call call) {
    add(call, 1);
  }

  static void decr(Call call) {
    add(call, -1);
  }

  static void incrby(Call call) {
    add(call, call.integer(2));
  }

  static void decrby(Call call) {
    long by = call.integer(2);
    if (by == Long.MIN_VALUE) throw new RedisError("ERR decrement would overflow");
    add(call, -by);
  }

  private static void add(Call call, long by) {
    Entry old = string(call);
    long value = old == null ? 0 : Numbers.integer(old.value(), Metadata.STRING_OFFSET, old.value().length, RedisError.NOT_INTEGER);
    long sum = value + by;
    if (((value ^ sum) & (by ^ sum)) < 0) throw RedisError.OVERFLOW;
    call.keys.put(call.arg(1), Metadata.string(Numbers.bytes(sum)), old == null ? 0 : old.expiryMillis());
    call.reply().integer(sum);
  }

  static void incrbyfloat(Call call) {
    Entry old = string(call);
    BigDecimal value = old == null ? BigDecimal.ZERO : Numbers.decimal(old.value(), Metadata.STRING_OFFSET, old.value().length, RedisError.NOT_FLOAT);
    byte[] sum = Numbers.bytes(value.add(Numbers.decimal(call.arg(2), 0, call.arg(2).length, RedisError.NOT_FLOAT)));
    call.keys.put(call.arg(1), Metadata.string(sum), old == null ? 0 : old.expiryMillis());
    call.reply().bulk(sum);
  }

  /** The string in argument 1, or null. @throws RedisError it is of another type */
  static @Nullable Entry string(Call call) {
    Entry entry = call.entry(1);
    if (entry != null) Metadata.check(entry.value(), Type.STRING);
    return entry;
  }

  private static void checkLength(Call call, long length) {
    if (length > maxLength(call)) throw RedisError.TOO_LONG;
  }

  /** Bytes a string may have. */
  static long maxLength(Call call) {
    return Math.min(call.server.options().maxBulkBytes(), Keyspace.MAX_STRING_BYTES);
  }
}
