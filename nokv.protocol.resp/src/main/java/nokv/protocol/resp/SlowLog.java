package nokv.protocol.resp;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The last commands that took long, newest first. Arguments are cut, and there are at most {@code slowlog-max-len}. Thread-safe. */
final class SlowLog {
  private static final int MAX_ARGUMENTS = 32;
  private static final int MAX_ARGUMENT_BYTES = 128;

  /** One command; {@code seconds} since 1970. */
  record Entry(long id, long seconds, long micros, List<byte[]> args, String address, String name) {}

  private final Deque<Entry> entries = new ArrayDeque<>();
  private long nextId;

  synchronized void add(long seconds, long micros, byte[][] args, @Nullable Session client, long maxEntries) {
    entries.addFirst(new Entry(nextId++, seconds, micros, cut(Secrets.hidden(args)), client == null ? "" : client.address, client == null ? "" : client.name));
    while (entries.size() > maxEntries) entries.removeLast();
  }

  private static List<byte[]> cut(byte[][] args) {
    int shown = Math.min(args.length, MAX_ARGUMENTS);
    var cut = new ArrayList<byte[]>(shown);
    for (int i = 0; i < shown; i++) {
      if (args.length > MAX_ARGUMENTS && i == MAX_ARGUMENTS - 1) cut.add(("... (" + (args.length - MAX_ARGUMENTS + 1) + " more arguments)").getBytes(StandardCharsets.UTF_8));
      else cut.add(cut(args[i]));
    }
    return cut;
  }

  private static byte[] cut(byte[] arg) {
    if (arg.length <= MAX_ARGUMENT_BYTES) return arg;
    byte[] more = ("... (" + (arg.length - MAX_ARGUMENT_BYTES) + " more bytes)").getBytes(StandardCharsets.UTF_8);
    byte[] cut = java.util.Arrays.copyOf(arg, MAX_ARGUMENT_BYTES + more.length);
    System.arraycopy(more, 0, cut, MAX_ARGUMENT_BYTES, more.length);
    return cut;
  }

  synchronized List<Entry> newest(long count) {
    var newest = new ArrayList<Entry>();
    for (Iterator<Entry> each = entries.iterator(); each.hasNext() && newest.size() < count; ) newest.add(each.next());
    return newest;
  }

  synchronized int size() {
    return entries.size();
  }

  synchronized void clear() {
    entries.clear();
  }

  static void get(Call call) {
    if (call.count() > 3) throw RedisError.arity(call.name());
    var wrong = new RedisError("ERR count should be greater than or equal to -1");
    long count = call.count() == 3 ? Numbers.integer(call.arg(2), wrong) : 10;
    if (count < -1) throw wrong;
    List<Entry> newest = call.server.slowLog().newest(count == -1 ? Long.MAX_VALUE : count);
    ReplyWriter reply = call.reply();
    reply.array(newest.size());
    for (Entry entry : newest) {
      reply.array(6);
      reply.integer(entry.id);
      reply.integer(entry.seconds);
      reply.integer(entry.micros);
      reply.array(entry.args.size());
      for (byte[] arg : entry.args) reply.bulk(arg);
      reply.bulk(entry.address);
      reply.bulk(entry.name);
    }
  }

  static void len(Call call) {
    call.reply().integer(call.server.slowLog().size());
  }

  static void reset(Call call) {
    call.server.slowLog().clear();
    call.reply().ok();
  }

  static void help(Call call) {
    Help.reply(call, "GET [<count>]", "    Return top <count> entries from the slowlog (default: 10, -1 mean all).", "    Entries are made of:", "    id, timestamp, time in microseconds, arguments array, client IP and port,",
        "    client name", "LEN", "    Return the length of the slowlog.", "RESET", "    Reset the slowlog.");
  }
}
