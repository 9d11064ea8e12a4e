package nokv.protocol.resp;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** XGROUP, and the commands on what is pending in a group. */
final class StreamGroups {
  private StreamGroups() {}

  static String text(byte[] name) {
    return new String(name, StandardCharsets.UTF_8);
  }

  /** The group that two arguments name. @throws RedisError there is none */
  private static StreamGroup group(Call call, int key) {
    Stream stream = Stream.find(call.keys, call.arg(key));
    StreamGroup group = stream == null ? null : StreamGroup.find(stream, call.arg(key + 1));
    if (group == null) throw new RedisError("NOGROUP No such key '" + call.text(key) + "' or consumer group '" + call.text(key + 1) + "'");
    return group;
  }

  // ---- XGROUP

  static void create(Call call) {
    boolean make = false;
    long read = StreamGroup.UNKNOWN;
    for (int i = 5; i < call.count(); i++) {
      if (call.is(i, "MKSTREAM")) make = true;
      else if (call.is(i, "ENTRIESREAD") && i + 1 < call.count()) read = entriesRead(call, ++i);
      else throw subcommandSyntax(call);
    }
    Stream stream = Stream.find(call.keys, call.arg(2));
    if (stream == null && !make) throw keyRequired();
    StreamId last = last(call, stream);
    if (stream == null) stream = Stream.findOrMake(call.keys, call.arg(2));
    if (StreamGroup.find(stream, call.arg(3)) != null) throw new RedisError("BUSYGROUP Consumer Group name already exists");
    StreamGroup.make(stream, call.arg(3), last, read).save();
    stream.save();
    call.reply().ok();
  }

  private static long entriesRead(Call call, int i) {
    long read = call.integer(i);
    if (read < 0 && read != StreamGroup.UNKNOWN) throw new RedisError("ERR value for ENTRIESREAD must be positive or -1");
    return read;
  }

  private static RedisError subcommandSyntax(Call call) {
    return new RedisError("ERR unknown subcommand or wrong number of arguments for '" + call.text(1) + "'. Try XGROUP HELP.");
  }

  private static RedisError keyRequired() {
    return new RedisError("ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.");
  }

  private static StreamId last(Call call, @Nullable Stream stream) {
    if (call.arg(4).length == 1 && call.arg(4)[0] == '$') return stream == null ? StreamId.MIN : stream.last;
    return call.name().endsWith("setid") ? StreamId.parseAny(call.arg(4), 0) : StreamId.parse(call.arg(4), 0);
  }

  /** The group of a subcommand that needs one. */
  private static StreamGroup existing(Call call) {
    Stream stream = Stream.find(call.keys, call.arg(2));
    if (stream == null) throw keyRequired();
    StreamGroup group = StreamGroup.find(stream, call.arg(3));
    if (group == null) throw new RedisError("NOGROUP No such consumer group '" + call.text(3) + "' for key name '" + call.text(2) + "'");
    return group;
  }

  static void setid(Call call) {
    long read = StreamGroup.UNKNOWN;
    if (call.count() != 5 && call.count() != 7) throw subcommandSyntax(call);
    if (call.count() == 7) {
      if (!call.is(5, "ENTRIESREAD")) throw subcommandSyntax(call);
      read = entriesRead(call, 6);
    }
    StreamGroup group = existing(call);
    group.last = last(call, group.stream);
    group.read = read;
    save(group);
    call.reply().ok();
  }

  private static void save(StreamGroup group) {
    group.save();
    group.stream.save();
  }

  static void destroy(Call call) {
    Stream stream = Stream.find(call.keys, call.arg(2));
    if (stream == null) throw keyRequired();
    StreamGroup group = StreamGroup.find(stream, call.arg(3));
    if (group != null) {
      group.delete();
      stream.save();
    }
    call.reply().integer(group == null ? 0 : 1);
  }

  static void createconsumer(Call call) {
    StreamGroup group = existing(call);
    boolean created = group.consumer(call.arg(4)) == null;
    if (created) {
      group.save(group.consumerOrNew(call.arg(4), call.keys.now()));
      save(group);
    }
    call.reply().integer(created ? 1 : 0);
  }

  static void delconsumer(Call call) {
    StreamGroup group = existing(call);
    StreamGroup.Consumer consumer = group.consumer(call.arg(4));
    if (consumer != null) {
      group.delete(consumer);
      save(group);
    }
    call.reply().integer(consumer == null ? 0 : consumer.pending);
  }

  static void help(Call call) {
    Help.reply(call, "CREATE <key> <groupname> <id|$> [option]", "    Create a new consumer group. Options are:", "    * MKSTREAM", "      Create the empty stream if it does not exist.",
        "    * ENTRIESREAD entries_read", "      Set the group's entries_read counter (internal use).", "CREATECONSUMER <key> <groupname> <consumer>",
        "    Create a new consumer in the specified group.", "DELCONSUMER <key> <groupname> <consumer>", "    Remove the specified consumer.", "DESTROY <key> <groupname>",
        "    Remove the specified group.", "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]", "    Set the current group ID and entries_read counter.");
  }

  // ---- what is pending

  static void xack(Call call) {
    Stream stream = Stream.find(call.keys, call.arg(1));
    StreamGroup group = stream == null ? null : StreamGroup.find(stream, call.arg(2));
    if (group == null) {
      call.reply().integer(0);
      return;
    }
    StreamId[] ids = StreamCommands.ids(call, 3);
    long acknowledged = 0;
    for (StreamId id : ids) {
      StreamGroup.Pending pending = group.pending(id);
      if (pending == null) continue;
      group.remove(pending, null);
      acknowledged++;
    }
    if (acknowledged > 0) save(group);
    call.reply().integer(acknowledged);
  }

  static void xpending(Call call) {
    int count = call.count();
    if (count != 3 && (count < 6 || count > 9)) throw RedisError.SYNTAX;
    if (count == 3) {
      call.keys.pin();
      summary(call.reply(), group(call, 1));
      return;
    }
    int first = 3;
    long idle = 0;
    if (call.is(3, "IDLE")) {
      idle = call.integer(4);
      if (count < 8) throw RedisError.SYNTAX;
      first = 5;
    }
    long limit = Math.max(0, call.integer(first + 2));
    StreamId start = StreamId.start(call.arg(first));
    StreamId end = StreamId.end(call.arg(first + 1));
    call.keys.pin();
    StreamGroup group = group(call, 1);
    long minIdle = idle;
    var found = new ArrayList<StreamGroup.Pending>();
    StreamGroup.Visitor take = pending -> {
      if (found.size() < limit && call.keys.now() - pending.deliveredMillis() >= minIdle) found.add(pending);
      return found.size() < limit;
    };
    if (first + 3 == count) {
      group.walk(start, end, false, take);
    } else {
      for (StreamId id : group.ids(call.arg(first + 3), start, end, -1)) if (group.pending(id) instanceof StreamGroup.Pending pending && !take.visit(pending)) break;
    }
    call.reply().array(found.size());
    for (StreamGroup.Pending pending : found) {
      call.reply().array(4);
      call.reply().bulk(pending.id().toString());
      call.reply().bulk(pending.consumer());
      call.reply().integer(Math.max(0, call.keys.now() - pending.deliveredMillis()));
      call.reply().integer(pending.deliveries());
    }
  }

  private static void summary(ReplyWriter reply, StreamGroup group) {
    reply.array(4);
    reply.integer(group.pending);
    if (group.pending == 0) {
      reply.nil();
      reply.nil();
      reply.nilArray();
      return;
    }
    for (boolean reverse : new boolean[] {false, true}) {
      group.walk(StreamId.MIN, StreamId.MAX, reverse, pending -> {
        reply.bulk(pending.id().toString());
        return false;
      });
    }
    List<StreamGroup.Consumer> consumers = group.consumers().stream().filter(consumer -> consumer.pending > 0).toList();
    reply.array(consumers.size());
    for (StreamGroup.Consumer consumer : consumers) {
      reply.array(2);
      reply.bulk(consumer.name);
      reply.bulk(Long.toString(consumer.pending));
    }
  }

  private static long minIdle(Call call) {
    return Math.max(0, Numbers.integer(call.arg(4), new RedisError("ERR Invalid min-idle-time argument for " + call.name().toUpperCase(java.util.Locale.ROOT))));
  }

  static void xclaim(Call call) {
    StreamGroup group = group(call, 1);
    long minIdle = minIdle(call);
    int options = 5;
    while (options < call.count() && StreamId.parseOrNull(call.arg(options), 0) != null) options++;
    if (options == 5) StreamId.parse(call.arg(5), 0);
    long now = call.keys.now();
    long delivered = now;
    long deliveries = -1;
    boolean force = false;
    boolean justId = false;
    StreamId last = StreamId.MIN;
    for (int i = options; i < call.count(); i++) {
      boolean more = i + 1 < call.count();
      if (call.is(i, "FORCE")) force = true;
      else if (call.is(i, "JUSTID")) justId = true;
      else if (call.is(i, "IDLE") && more) delivered = now - number(call, ++i, "IDLE");
      else if (call.is(i, "TIME") && more) delivered = number(call, ++i, "TIME");
      else if (call.is(i, "RETRYCOUNT") && more) deliveries = number(call, ++i, "RETRYCOUNT");
      else if (call.is(i, "LASTID") && more) last = StreamId.parse(call.arg(++i), 0);
      else throw new RedisError("ERR Unrecognized XCLAIM option '" + call.text(i) + "'");
    }
    if (last.isAfter(group.last)) group.last = last;
    if (delivered < 0 || delivered > now) delivered = now;
    StreamGroup.Consumer consumer = group.consumerOrNew(call.arg(3), now);
    var claimed = new ArrayList<StreamId>();
    for (int i = 5; i < options; i++) {
      StreamId id = StreamId.parse(call.arg(i), 0);
      StreamGroup.Pending pending = group.pending(id);
      if (!group.stream.contains(id)) {
        if (pending != null) group.remove(pending, consumer);
        continue;
      }
      if (pending == null && !force || pending != null && minIdle > 0 && now - pending.deliveredMillis() < minIdle) continue;
      long before = pending == null ? 0 : pending.deliveries();
      group.put(id, pending, consumer, delivered, deliveries >= 0 ? deliveries : justId ? before : before + 1);
      claimed.add(id);
    }
    group.save(consumer);
    save(group);
    reply(call.reply(), group.stream, claimed, justId);
  }

  private static long number(Call call, int i, String option) {
    return Numbers.integer(call.arg(i), new RedisError("ERR Invalid " + option + " option argument for XCLAIM"));
  }

  private static void reply(ReplyWriter reply, Stream stream, List<StreamId> ids, boolean justId) {
    reply.array(ids.size());
    for (StreamId id : ids) {
      Stream.Entry entry = justId ? null : stream.get(id);
      if (entry == null) reply.bulk(id.toString());
      else StreamCommands.reply(reply, entry);
    }
  }

  static void xautoclaim(Call call) {
    long minIdle = minIdle(call);
    StreamId start = StreamId.start(call.arg(5));
    long count = 100;
    boolean justId = false;
    for (int i = 6; i < call.count(); i++) {
      if (call.is(i, "JUSTID")) {
        justId = true;
      } else if (call.is(i, "COUNT") && i + 1 < call.count()) {
        var tooFew = new RedisError("ERR COUNT must be > 0");
        count = Numbers.integer(call.arg(++i), tooFew);
        if (count < 1 || count > Long.MAX_VALUE / StreamId.BYTES) throw tooFew;
      } else {
        throw RedisError.SYNTAX;
      }
    }
    StreamGroup group = group(call, 1);
    long now = call.keys.now();
    var looked = new ArrayList<StreamGroup.Pending>();
    long attempts = Math.min(10 * count, Long.MAX_VALUE - 1);
    group.walk(start, StreamId.MAX, false, pending -> {
      looked.add(pending);
      return looked.size() <= attempts;
    });
    StreamGroup.Consumer consumer = null;
    var claimed = new ArrayList<StreamId>();
    var gone = new ArrayList<StreamId>();
    StreamId next = StreamId.MIN;
    for (int i = 0; i < looked.size(); i++) {
      StreamGroup.Pending each = looked.get(i);
      StreamId id = each.id();
      if (claimed.size() + gone.size() == count || i == attempts) {
        next = id;
        break;
      }
      if (!group.stream.contains(id)) {
        group.remove(each, consumer);
        gone.add(id);
      } else if (minIdle == 0 || now - each.deliveredMillis() >= minIdle) {
        if (consumer == null) consumer = group.consumerOrNew(call.arg(3), now);
        group.put(id, each, consumer, now, justId ? each.deliveries() : each.deliveries() + 1);
        claimed.add(id);
      }
    }
    if (consumer != null) group.save(consumer);
    if (claimed.size() + gone.size() > 0) save(group);
    call.reply().array(3);
    call.reply().bulk(next.toString());
    reply(call.reply(), group.stream, claimed, justId);
    reply(call.reply(), group.stream, gone, true);
  }
}
