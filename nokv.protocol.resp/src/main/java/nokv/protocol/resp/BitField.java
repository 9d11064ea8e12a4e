package nokv.protocol.resp;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import nokv.api.Entry;

/** BITFIELD: integers of 1 to 64 bits at any bit of a string. */
final class BitField {
  private static final RedisError BAD_TYPE = new RedisError("ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.");

  private enum Overflow { WRAP, SAT, FAIL }

  private enum Action { GET, SET, INCRBY }

  /** One operation. @param amount what SET and INCRBY are given */
  private record Step(Action action, boolean signed, int bits, long offset, long amount, Overflow overflow) {
    long last() {
      return offset + bits - 1;
    }
  }

  private BitField() {}

  static void bitfield(Call call) {
    List<Step> steps = steps(call);
    long last = -1;
    for (Step step : steps) if (step.action != Action.GET) last = Math.max(last, step.last());
    if (last >= 0 && "bitfield_ro".equals(call.name())) throw new RedisError("ERR BITFIELD_RO only supports the GET subcommand");
    Entry old = last >= 0 ? StringCommands.string(call) : null;
    byte[] record = last >= 0 ? BitCommands.recordWith(old, last) : Metadata.string(BitCommands.value(call.record(1)));
    boolean changed = old == null || record.length != old.value().length;
    int written = 0;
    call.reply().array(steps.size());
    for (Step step : steps) {
      long before = get(record, step);
      if (step.action == Action.GET) {
        call.reply().integer(before);
        continue;
      }
      BigInteger wanted = BigInteger.valueOf(step.amount);
      if (step.action == Action.INCRBY) wanted = wanted.add(BigInteger.valueOf(before));
      else if (!step.signed && step.amount < 0) wanted = wanted.add(BigInteger.ONE.shiftLeft(64));
      BigInteger fitting = fit(wanted, step);
      if (fitting == null) {
        call.reply().nil();
        continue;
      }
      put(record, step, fitting.longValue());
      if (changed || fitting.longValue() != before) written++;
      call.reply().integer(step.action == Action.SET ? before : fitting.longValue());
    }
    if (written > 0) call.keys.put(call.arg(1), record, old == null ? 0 : old.expiryMillis());
  }

  private static List<Step> steps(Call call) {
    var steps = new ArrayList<Step>();
    Overflow overflow = Overflow.WRAP;
    for (int i = 2; i < call.count(); ) {
      int rest = call.count() - i - 1;
      if (call.is(i, "OVERFLOW") && rest >= 1) {
        overflow = switch (call.upper(i + 1)) {
          case "WRAP" -> Overflow.WRAP;
          case "SAT" -> Overflow.SAT;
          case "FAIL" -> Overflow.FAIL;
          default -> throw new RedisError("ERR Invalid OVERFLOW type specified");
        };
        i += 2;
        continue;
      }
      Action action = call.is(i, "GET") && rest >= 2 ? Action.GET : call.is(i, "SET") && rest >= 3 ? Action.SET : call.is(i, "INCRBY") && rest >= 3 ? Action.INCRBY : null;
      if (action == null) throw RedisError.SYNTAX;
      byte[] type = call.arg(i + 1);
      boolean signed = type.length > 0 && type[0] == 'i';
      if (type.length == 0 || !signed && type[0] != 'u') throw BAD_TYPE;
      long bits = Numbers.integer(type, 1, type.length, BAD_TYPE);
      if (bits < 1 || bits > (signed ? 64 : 63)) throw BAD_TYPE;
      byte[] offset = call.arg(i + 2);
      boolean counted = offset.length > 0 && offset[0] == '#';
      long at = BitCommands.offset(call, offset, counted ? 1 : 0, counted ? bits : 1);
      long amount = action == Action.GET ? 0 : call.integer(i + 3);
      steps.add(new Step(action, signed, (int) bits, at, amount, overflow));
      i += action == Action.GET ? 3 : 4;
    }
    return steps;
  }

  private static long get(byte[] record, Step step) {
    long value = 0;
    for (long at = step.offset; at <= step.last(); at++) {
      long index = Metadata.STRING_OFFSET + (at >>> 3);
      boolean bit = index < record.length && (record[(int) index] & 0x80 >>> (at & 7)) != 0;
      value = value << 1 | (bit ? 1 : 0);
    }
    int unused = 64 - step.bits;
    return step.signed ? value << unused >> unused : value;
  }

  private static void put(byte[] record, Step step, long value) {
    for (int i = 0; i < step.bits; i++) {
      long at = step.offset + i;
      int index = Metadata.STRING_OFFSET + (int) (at >>> 3);
      int mask = 0x80 >>> (at & 7);
      boolean bit = (value >>> step.bits - 1 - i & 1) != 0;
      record[index] = (byte) (bit ? record[index] | mask : record[index] & ~mask);
    }
  }

  /** The number as its type can hold it, or null where it cannot and the overflow is to fail. */
  private static @org.jspecify.annotations.Nullable BigInteger fit(BigInteger wanted, Step step) {
    BigInteger span = BigInteger.ONE.shiftLeft(step.bits);
    BigInteger min = step.signed ? span.shiftRight(1).negate() : BigInteger.ZERO;
    BigInteger max = min.add(span).subtract(BigInteger.ONE);
    boolean below = wanted.compareTo(min) < 0;
    if (!below && wanted.compareTo(max) <= 0) return wanted;
    return switch (step.overflow) {
      case FAIL -> null;
      case SAT -> below ? min : max;
      case WRAP -> wanted.subtract(min).mod(span).add(min);
    };
  }
}
