package nokv.protocol.resp;

import org.jspecify.annotations.Nullable;

/** What may follow {@code SET key value}. */
record SetOptions(boolean onlyIfAbsent, boolean onlyIfPresent, boolean get, boolean keepTtl, @Nullable ExpireOption unit, byte @Nullable [] amount) {
  /** Options for which the old value must be read. */
  static final String[] READING = {"NX", "XX", "GET", "KEEPTTL"};

  static SetOptions parse(Call call) {
    boolean nx = false;
    boolean xx = false;
    boolean get = false;
    boolean keep = false;
    ExpireOption unit = null;
    byte[] amount = null;
    for (int i = 3; i < call.count(); i++) {
      if (call.is(i, "NX") && !xx) {
        nx = true;
      } else if (call.is(i, "XX") && !nx) {
        xx = true;
      } else if (call.is(i, "GET")) {
        get = true;
      } else if (call.is(i, "KEEPTTL") && unit == null) {
        keep = true;
      } else {
        ExpireOption option = expireOption(call, i);
        if (option == null || keep || unit != null || i + 1 == call.count()) throw RedisError.SYNTAX;
        unit = option;
        amount = call.arg(++i);
      }
    }
    return new SetOptions(nx, xx, get, keep, unit, amount);
  }

  static @Nullable ExpireOption expireOption(Call call, int i) {
    for (ExpireOption option : ExpireOption.values()) if (call.is(i, option.name())) return option;
    return null;
  }

  /** The expiry asked for; 0 = none. */
  long expiry(Call call) {
    return unit == null || amount == null ? 0 : unit.positive(call, amount);
  }

  boolean reads() {
    return onlyIfAbsent || onlyIfPresent || get || keepTtl;
  }
}
