package nokv.protocol.resp;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** XINFO. */
final class StreamInfo {
  private static final long DEFAULT_COUNT = 10;

  private StreamInfo() {}

  private static Stream stream(Call call) {
    call.keys.pin();
    Stream stream = Stream.find(call.keys, call.arg(2));
    if (stream == null) throw RedisError.NO_SUCH_KEY;
    return stream;
  }

  static void about(Call call) {
    boolean full = call.count() > 3;
    long count = DEFAULT_COUNT;
    if (call.count() > 3 && (!call.is(3, "FULL") || call.count() != 4 && (call.count() != 6 || !call.is(4, "COUNT")))) {
      throw new RedisError("ERR unknown subcommand or wrong number of arguments for 'STREAM'. Try XINFO HELP.");
    }
    if (call.count() == 6) {
      count = call.integer(5);
      if (count < 0) count = DEFAULT_COUNT;
    }
    Stream stream = stream(call);
    ReplyWriter reply = call.reply();
    reply.map(full ? 9 : 10);
    reply.bulk("length");
    reply.integer(stream.size());
    long nodes = (stream.size() + 99) / 100;
    reply.bulk("radix-tree-keys");
    reply.integer(nodes);
    reply.bulk("radix-tree-nodes");
    reply.integer(nodes + 1);
    id(reply, "last-generated-id", stream.last);
    id(reply, "max-deleted-entry-id", stream.maxDeleted);
    reply.bulk("entries-added");
    reply.integer(stream.added);
    id(reply, "recorded-first-entry-id", stream.firstId());
    if (full) {
      reply.bulk("entries");
      StreamCommands.reply(reply, stream.range(StreamId.MIN, StreamId.MAX, false, count == 0 ? -1 : count));
      reply.bulk("groups");
      groups(call, stream, count == 0 ? Long.MAX_VALUE : count);
      return;
    }
    reply.bulk("groups");
    reply.integer(stream.groups);
    entry(reply, "first-entry", stream.end(false));
    entry(reply, "last-entry", stream.end(true));
  }

  private static void id(ReplyWriter reply, String name, StreamId id) {
    reply.bulk(name);
    reply.bulk(id.toString());
  }

  private static void entry(ReplyWriter reply, String name, Stream.@Nullable Entry entry) {
    reply.bulk(name);
    if (entry == null) reply.nil();
    else StreamCommands.reply(reply, entry);
  }

  private static void unlessUnknown(ReplyWriter reply, String name, long value) {
    reply.bulk(name);
    if (value < 0) reply.nil();
    else reply.integer(value);
  }

  private static void groups(Call call, Stream stream, long count) {
    ReplyWriter reply = call.reply();
    List<StreamGroup> groups = StreamGroup.all(stream);
    reply.array(groups.size());
    for (StreamGroup group : groups) {
      reply.map(7);
      reply.bulk("name");
      reply.bulk(group.name);
      id(reply, "last-delivered-id", group.last);
      unlessUnknown(reply, "entries-read", group.read);
      unlessUnknown(reply, "lag", group.lag());
      reply.bulk("pel-count");
      reply.integer(group.pending);
      reply.bulk("pending");
      reply.array((int) Math.min(count, group.pending));
      long[] shown = {0};
      group.walk(StreamId.MIN, StreamId.MAX, false, pending -> {
        if (shown[0]++ == count) return false;
        reply.array(4);
        reply.bulk(pending.id().toString());
        reply.bulk(pending.consumer());
        reply.integer(pending.deliveredMillis());
        reply.integer(pending.deliveries());
        return true;
      });
      reply.bulk("consumers");
      consumers(reply, group, count);
    }
  }

  private static void consumers(ReplyWriter reply, StreamGroup group, long count) {
    List<StreamGroup.Consumer> consumers = group.consumers();
    reply.array(consumers.size());
    for (StreamGroup.Consumer consumer : consumers) {
      reply.map(4);
      reply.bulk("name");
      reply.bulk(consumer.name);
      reply.bulk("seen-time");
      reply.integer(consumer.seenMillis);
      reply.bulk("pel-count");
      reply.integer(consumer.pending);
      reply.bulk("pending");
      List<StreamId> ids = group.ids(consumer.name, StreamId.MIN, StreamId.MAX, count == Long.MAX_VALUE ? -1 : count);
      reply.array(ids.size());
      for (StreamId id : ids) {
        StreamGroup.Pending pending = java.util.Objects.requireNonNull(group.pending(id));
        reply.array(3);
        reply.bulk(id.toString());
        reply.integer(pending.deliveredMillis());
        reply.integer(pending.deliveries());
      }
    }
  }

  static void groups(Call call) {
    ReplyWriter reply = call.reply();
    List<StreamGroup> groups = StreamGroup.all(stream(call));
    reply.array(groups.size());
    for (StreamGroup group : groups) {
      reply.map(6);
      reply.bulk("name");
      reply.bulk(group.name);
      reply.bulk("consumers");
      reply.integer(group.consumers);
      reply.bulk("pending");
      reply.integer(group.pending);
      id(reply, "last-delivered-id", group.last);
      unlessUnknown(reply, "entries-read", group.read);
      unlessUnknown(reply, "lag", group.lag());
    }
  }

  static void consumers(Call call) {
    StreamGroup group = StreamGroup.find(stream(call), call.arg(3));
    if (group == null) throw new RedisError("NOGROUP No such consumer group '" + call.text(3) + "' for key name '" + call.text(2) + "'");
    List<StreamGroup.Consumer> consumers = group.consumers();
    call.reply().array(consumers.size());
    for (StreamGroup.Consumer consumer : consumers) {
      call.reply().map(3);
      call.reply().bulk("name");
      call.reply().bulk(consumer.name);
      call.reply().bulk("pending");
      call.reply().integer(consumer.pending);
      call.reply().bulk("idle");
      call.reply().integer(Math.max(0, call.keys.now() - consumer.seenMillis));
    }
  }

  static void help(Call call) {
    Help.reply(call, "CONSUMERS <key> <groupname>", "    Show consumers of <groupname>.", "GROUPS <key>", "    Show the stream consumer groups.", "STREAM <key> [FULL [COUNT <count>]",
        "    Show information about the stream.");
  }
}
