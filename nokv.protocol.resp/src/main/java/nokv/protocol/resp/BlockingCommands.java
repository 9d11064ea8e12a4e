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

  static void blmove(Call call) {
    move(call, ListCommands.left(call, 3), ListCommands.left(call, 4), 5);
  }

  static void brpoplpush(Call call) {
    move(call, false, true, 3);
  }

  private static void move(Call call, boolean fromLeft, boolean toLeft, int time) {
    long timeout = timeoutMillis(call, time);
    try {
      if (ListCommands.move(call, fromLeft, toLeft)) return;
    } catch (RedisError e) {
      byte[] source = call.record(1);
      // who waits goes on waiting where the source is no list, but is told if the target is none
      throw source != null && Metadata.type(source) == Type.LIST ? new RedisError(e.text()) : e;
    }
    if (!call.waitFor(new int[] {1}, timeout)) call.reply().nil();
  }

  static void blmpop(Call call) {
    long timeout = timeoutMillis(call, 1);
    if (!ListCommands.popFirst(call, 2)) waitForCounted(call, timeout);
  }

  static void bzmpop(Call call) {
    long timeout = timeoutMillis(call, 1);
    if (!SortedSetCommands.popFirst(call, 2)) waitForCounted(call, timeout);
  }

  private static void waitForCounted(Call call, long timeout) {
    if (!call.waitFor(IntStream.range(3, ListCommands.behindKeys(call, 2)).toArray(), timeout)) call.reply().nilArray();
  }

  /** BZPOPMIN and BZPOPMAX. */
  static void zpop(Call call) {
    int last = call.count() - 1;
    long timeout = timeoutMillis(call, last);
    for (int i = 1; i < last; i++) if (SortedSetCommands.popOne(call, i, "bzpopmax".equals(call.name()))) return;
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
