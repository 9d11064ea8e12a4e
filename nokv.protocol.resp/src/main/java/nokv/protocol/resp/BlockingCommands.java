package nokv.protocol.resp;

import java.util.stream.IntStream;
import nokv.protocol.resp.Metadata.Type;

/** Commands that wait for a key, see {@link Blocked}. */
final class BlockingCommands {
  private BlockingCommands() {}

  /** BLPOP and BRPOP. */
  static void pop(Call call) {
    int last = call.count() - 1;
    long timeout = timeoutMillis(call, last);
    for (int i = 1; i < last; i++) {
      var list = Collection.find(call.keys, call.arg(i), Type.LIST);
      if (list == null) continue;
      byte[] item = ListCommands.pop(list, call.name().equals("blpop"));
      list.save();
      call.reply().array(2);
      call.reply().bulk(call.arg(i));
      call.reply().bulk(item);
      return;
    }
    if (!call.waitFor(IntStream.range(1, last).toArray(), timeout)) call.reply().nilArray();
  }

  /** A time-out in seconds as milliseconds, rounded up; 0 = for ever. */
  static long timeoutMillis(Call call, int i) {
    var wrong = new RedisError("ERR timeout is not a float or out of range");
    double seconds = Numbers.decimal(call.arg(i), 0, call.arg(i).length, wrong).doubleValue();
    if (seconds < 0) throw new RedisError("ERR timeout is negative");
    if (seconds > Long.MAX_VALUE / 1000) throw new RedisError("ERR timeout is out of range");
    return (long) Math.ceil(seconds * 1000);
  }
}
