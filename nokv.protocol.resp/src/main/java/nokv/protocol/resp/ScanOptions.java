package nokv.protocol.resp;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What follows the cursor in SCAN, HSCAN, SSCAN and ZSCAN, and how their reply is written.
 *
 * @param pattern of MATCH; null = everything
 * @param type of TYPE, in lower case; null = every type
 * @param count of COUNT: how many to look at
 */
record ScanOptions(@Nullable Glob pattern, @Nullable String type, long count) {
  private static final long DEFAULT_COUNT = 10;

  /** @param from the first argument behind the cursor; @param types whether TYPE is allowed */
  static ScanOptions parse(Call call, int from, boolean types) {
    Glob pattern = null;
    String type = null;
    long count = DEFAULT_COUNT;
    for (int i = from; i < call.count(); i += 2) {
      if (i + 1 == call.count()) throw RedisError.SYNTAX;
      if (call.is(i, "COUNT")) {
        count = call.integer(i + 1);
        if (count < 1) throw RedisError.SYNTAX;
      } else if (call.is(i, "MATCH")) {
        pattern = new Glob(call.arg(i + 1));
      } else if (types && call.is(i, "TYPE")) {
        type = call.text(i + 1).toLowerCase(Locale.ROOT);
      } else {
        throw RedisError.SYNTAX;
      }
    }
    return new ScanOptions(pattern, type, count);
  }

  boolean matches(byte[] name) {
    return pattern == null || pattern.matches(name);
  }

  /** @param rest where to go on; null = at the end */
  static void reply(Call call, byte @Nullable [] rest, List<byte[]> found) {
    call.reply().array(2);
    call.reply().bulk(rest == null ? "0" : Long.toString(call.server.scans().number(rest)));
    call.reply().array(found.size());
    for (byte[] bytes : found) call.reply().bulk(bytes);
  }
}
