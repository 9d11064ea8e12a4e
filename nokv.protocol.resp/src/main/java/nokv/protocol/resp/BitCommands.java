package nokv.protocol.resp;

import java.util.Arrays;
import nokv.api.Entry;
import nokv.protocol.resp.Metadata.Type;
import org.jspecify.annotations.Nullable;

/** Commands that see a string as an array of bits, the first being the highest of the first byte. Behind its end a string is zeros. Integers in it are {@link BitField}'s. */
final class BitCommands {
  private static final RedisError BAD_OFFSET = new RedisError("ERR bit offset is not an integer or out of range");
  private static final RedisError BAD_BIT = new RedisError("ERR bit is not an integer or out of range");
  private static final byte[] EMPTY = {};

  private BitCommands() {}

  /**
   * The bit that an argument means.
   *
   * @param from where the number begins in it
   * @param unit bits per step
   */
  static long offset(Call call, byte[] argument, int from, long unit) {
    long offset = Numbers.integer(argument, from, argument.length, BAD_OFFSET);
    if (offset < 0 || offset > Long.MAX_VALUE / unit || offset * unit >>> 3 >= StringCommands.maxLength(call)) throw BAD_OFFSET;
    return offset * unit;
  }

  /** The string at a key without its record's header, empty where there is none. @throws RedisError it is of another type */
  static byte[] value(byte @Nullable [] record) {
    if (record == null) return EMPTY;
    Metadata.check(record, Type.STRING);
    return Arrays.copyOfRange(record, Metadata.STRING_OFFSET, record.length);
  }

  /** A string's record made long enough to hold a bit. */
  static byte[] recordWith(@Nullable Entry old, long lastBit) {
    int length = Math.max(old == null ? 0 : Metadata.stringLength(old.value()), (int) (lastBit >>> 3) + 1);
    if (old == null) return Metadata.string(length);
    return Arrays.copyOf(old.value(), Metadata.STRING_OFFSET + length);
  }

  static void setbit(Call call) {
    long offset = offset(call, call.arg(2), 0, 1);
    long bit = Numbers.integer(call.arg(3), BAD_BIT);
    if (bit != 0 && bit != 1) throw BAD_BIT;
    Entry old = StringCommands.string(call);
    byte[] record = recordWith(old, offset);
    int at = Metadata.STRING_OFFSET + (int) (offset >>> 3);
    int mask = 0x80 >>> (offset & 7);
    boolean before = (record[at] & mask) != 0;
    if (old == null || record.length != old.value().length || before != (bit == 1)) {
      record[at] = (byte) (bit == 1 ? record[at] | mask : record[at] & ~mask);
      call.keys.put(call.arg(1), record, old == null ? 0 : old.expiryMillis());
    }
    call.reply().integer(before ? 1 : 0);
  }

  static void getbit(Call call) {
    long offset = offset(call, call.arg(2), 0, 1);
    byte[] value = value(call.record(1));
    call.reply().integer(offset >>> 3 < value.length && bit(value, offset) ? 1 : 0);
  }

  private static boolean bit(byte[] value, long offset) {
    return (value[(int) (offset >>> 3)] & 0x80 >>> (offset & 7)) != 0;
  }

  /** A stretch of bits, both ends included; empty where the first lies behind the last. */
  private record Stretch(long first, long last) {
    private static final Stretch NONE = new Stretch(1, 0);

    /** From arguments that count in {@code unit} bits, negative ones from the end. */
    static Stretch of(long start, long end, long length, int unit) {
      long from = Math.max(0, start < 0 ? start + length : start);
      long to = Math.min(length - 1, Math.max(0, end < 0 ? end + length : end));
      return from > to ? NONE : new Stretch(from * unit, to * unit + unit - 1);
    }

    boolean isEmpty() {
      return first > last;
    }
  }

  /** 1 or 8: what argument {@code i} says indexes count in. */
  private static int unit(Call call, int i) {
    if (call.count() <= i || call.is(i, "BYTE")) return 8;
    if (!call.is(i, "BIT")) throw RedisError.SYNTAX;
    return 1;
  }

  static void bitcount(Call call) {
    byte[] record = call.record(1);
    if (record == null) {
      call.reply().integer(0);
      return;
    }
    byte[] value = value(record);
    if (call.count() == 3 || call.count() > 5) throw RedisError.SYNTAX;
    var stretch = new Stretch(0, 8L * value.length - 1);
    if (call.count() > 3) {
      long start = call.integer(2);
      long end = call.integer(3);
      if (start < 0 && end < 0 && start > end) {
        call.reply().integer(0);
        return;
      }
      int unit = unit(call, 4);
      stretch = Stretch.of(start, end, 8L / unit * value.length, unit);
    }
    long count = 0;
    for (long at = stretch.first; at <= stretch.last; ) {
      if ((at & 7) == 0 && at + 7 <= stretch.last) {
        count += Integer.bitCount(value[(int) (at >>> 3)] & 0xff);
        at += 8;
      } else {
        if (bit(value, at)) count++;
        at++;
      }
    }
    call.reply().integer(count);
  }

  static void bitpos(Call call) {
    long bit = call.integer(2);
    if (bit != 0 && bit != 1) throw new RedisError("ERR The bit argument must be 1 or 0.");
    byte[] record = call.record(1);
    if (record == null) {
      call.reply().integer(bit == 1 ? -1 : 0);
      return;
    }
    byte[] value = value(record);
    if (call.count() > 6) throw RedisError.SYNTAX;
    var stretch = new Stretch(0, 8L * value.length - 1);
    if (call.count() > 3) {
      long start = call.integer(3);
      int unit = unit(call, 5);
      stretch = Stretch.of(start, call.count() > 4 ? call.integer(4) : -1, 8L / unit * value.length, unit);
    }
    call.reply().integer(stretch.isEmpty() ? -1 : position(value, bit == 1, stretch, call.count() < 5));
  }

  /** @param padded a clear bit follows the stretch */
  private static long position(byte[] value, boolean bit, Stretch stretch, boolean padded) {
    byte skipped = (byte) (bit ? 0 : 0xff);
    for (long at = stretch.first; at <= stretch.last; ) {
      if ((at & 7) == 0 && at + 7 <= stretch.last && value[(int) (at >>> 3)] == skipped) {
        at += 8;
      } else {
        if (bit(value, at) == bit) return at;
        at++;
      }
    }
    return bit || !padded ? -1 : stretch.last + 1;
  }

  static void bitop(Call call) {
    String operation = call.upper(1);
    if (!java.util.Set.of("AND", "OR", "XOR", "NOT").contains(operation)) throw RedisError.SYNTAX;
    if (operation.equals("NOT") && call.count() != 4) throw new RedisError("ERR BITOP NOT must be called with a single source key.");
    var sources = new byte[call.count() - 3][];
    int length = 0;
    for (int i = 0; i < sources.length; i++) {
      sources[i] = value(call.record(i + 3));
      length = Math.max(length, sources[i].length);
    }
    if (length == 0) {
      call.keys.remove(call.arg(2));
    } else {
      byte[] result = Arrays.copyOf(sources[0], length);
      if (operation.equals("NOT")) for (int i = 0; i < length; i++) result[i] = (byte) ~result[i];
      for (int s = 1; s < sources.length; s++) combine(operation, result, sources[s]);
      call.keys.replace(call.arg(2), Metadata.string(result), 0);
    }
    call.reply().integer(length);
  }

  private static void combine(String operation, byte[] result, byte[] source) {
    for (int i = 0; i < result.length; i++) {
      byte other = i < source.length ? source[i] : 0;
      result[i] = (byte) switch (operation) {
        case "AND" -> result[i] & other;
        case "OR" -> result[i] | other;
        default -> result[i] ^ other;
      };
    }
  }
}
