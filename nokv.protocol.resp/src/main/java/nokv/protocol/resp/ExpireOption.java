package nokv.protocol.resp;

/** Times of expiry as commands take them: a unit and whether it counts from now. */
enum ExpireOption {
  EX(1000, true), PX(1, true), EXAT(1000, false), PXAT(1, false);

  private final long unitMillis;
  private final boolean relative;

  ExpireOption(long unitMillis, boolean relative) {
    this.unitMillis = unitMillis;
    this.relative = relative;
  }

  /**
   * The moment meant, in milliseconds since 1970. It may lie in the past.
   *
   * @throws RedisError not an integer, or beyond what can be stored
   */
  long moment(Call call, byte[] argument) {
    return moment(call, Numbers.integer(argument));
  }

  long moment(Call call, long amount) {
    long base = relative ? call.keys.now() : 0;
    if (amount > Long.MAX_VALUE / unitMillis || amount < Long.MIN_VALUE / unitMillis || amount * unitMillis > Long.MAX_VALUE - base) throw invalid(call);
    return amount * unitMillis + base;
  }

  /** As {@link #moment}, where zero and less are refused. */
  long positive(Call call, byte[] argument) {
    long amount = Numbers.integer(argument);
    if (amount <= 0) throw invalid(call);
    return moment(call, amount);
  }

  private static RedisError invalid(Call call) {
    return new RedisError("ERR invalid expire time in '" + call.name() + "' command");
  }
}
