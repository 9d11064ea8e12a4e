package nokv.protocol.resp;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** XREAD and XREADGROUP: what follows an ID in each of several streams. One object is one call. */
final class StreamReads {
  private final Call call;
  private final boolean grouped;
  private byte @Nullable [] group;
  private byte[] consumer = {};
  private boolean noAck;
  private long count = -1;
  /** -1 = does not wait, 0 = for ever. */
  private long timeoutMillis = -1;
  private int firstKey;
  private int keys;

  /** What one stream gives. */
  private record Answer(byte[] key, List<Stream.Entry> entries) {}

  private StreamReads(Call call) {
    this.call = call;
    this.grouped = call.name().equals("xreadgroup");
  }

  static void read(Call call) {
    var reads = new StreamReads(call);
    reads.options();
    reads.answer();
  }

  private void options() {
    for (int i = 1; i < call.count() && firstKey == 0; i++) {
      int rest = call.count() - i - 1;
      if (call.is(i, "BLOCK") && rest >= 1) {
        timeoutMillis = Numbers.integer(call.arg(++i), new RedisError("ERR timeout is not an integer or out of range"));
        if (timeoutMillis < 0) throw new RedisError("ERR timeout is negative");
      } else if (call.is(i, "COUNT") && rest >= 1) {
        count = Math.max(0, call.integer(++i));
        if (count == 0) count = -1;
      } else if (call.is(i, "STREAMS") && rest >= 1) {
        firstKey = i + 1;
        if (rest % 2 != 0) throw new RedisError("ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.");
        keys = rest / 2;
      } else if (call.is(i, "GROUP") && rest >= 2) {
        if (!grouped) throw new RedisError("ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.");
        group = call.arg(i + 1);
        consumer = call.arg(i + 2);
        i += 2;
      } else if (call.is(i, "NOACK")) {
        if (!grouped) throw new RedisError("ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.");
        noAck = true;
      } else {
        throw RedisError.SYNTAX;
      }
    }
    if (firstKey == 0) throw RedisError.SYNTAX;
    if (grouped && group == null) throw new RedisError("ERR Missing GROUP option for XREADGROUP");
  }

  private void answer() {
    call.keys.pin();
    var streams = new ArrayList<@Nullable Stream>();
    var after = new ArrayList<@Nullable StreamId>();
    for (int i = 0; i < keys; i++) {
      Stream stream = stream(call.arg(firstKey + i));
      if (grouped) groupOf(stream, call.arg(firstKey + i));
      streams.add(stream);
      after.add(after(call.arg(firstKey + keys + i), stream));
    }
    var answers = new ArrayList<Answer>();
    for (int i = 0; i < keys; i++) {
      Stream stream = streams.get(i);
      if (stream == null) continue;
      byte[] key = call.arg(firstKey + i);
      StreamId start = after.get(i);
      List<Stream.Entry> found;
      if (grouped) found = start == null ? next(stream, key) : history(stream, key, start);
      else found = start == null || start.next() == null ? List.of() : stream.range(java.util.Objects.requireNonNull(start.next()), StreamId.MAX, false, count);
      if (!found.isEmpty() || grouped && start != null) answers.add(new Answer(key, found));
    }
    if (!answers.isEmpty() || timeoutMillis < 0 || !call.waitFor(java.util.stream.IntStream.range(firstKey, firstKey + keys).toArray(), timeoutMillis, later(after))) reply(answers);
  }

  /** The arguments with which to go on when there is more: {@code $} is what it was when the waiting began. */
  private byte[][] later(List<@Nullable StreamId> after) {
    byte[][] args = call.args().clone();
    for (int i = 0; i < keys; i++) {
      StreamId id = after.get(i);
      if (id != null) args[firstKey + keys + i] = id.toString().getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
    }
    return args;
  }

  /** What is at the key. To one who waits, a key of another type is as good as none. */
  private @Nullable Stream stream(byte[] key) {
    byte[] record = call.keys.record(key);
    if (call.isAgain() && record != null && Metadata.type(record) != Metadata.Type.STREAM) record = null;
    if (call.isAgain() && grouped && record == null) throw new RedisError("UNBLOCKED the stream key no longer exists");
    return record == null ? null : Stream.find(call.keys, key);
  }

  static Access access(byte[][] args) {
    for (int i = 1; i < args.length && !Call.equalsIgnoreCase(args[i], "STREAMS"); i++) if (Call.equalsIgnoreCase(args[i], "BLOCK")) return Access.UPDATE;
    return Access.READ;
  }

  private StreamGroup groupOf(@Nullable Stream stream, byte[] key) {
    byte[] name = java.util.Objects.requireNonNull(group);
    StreamGroup found = stream == null ? null : StreamGroup.find(stream, name);
    if (found == null && call.isAgain()) throw new RedisError("NOGROUP the consumer group this client was blocked on no longer exists");
    if (found == null) {
      throw new RedisError("NOGROUP No such key '" + StreamGroups.text(key) + "' or consumer group '" + StreamGroups.text(name) + "' in XREADGROUP with GROUP option");
    }
    return found;
  }

  /** The ID an argument means; null = what the group has not read yet. */
  private @Nullable StreamId after(byte[] text, @Nullable Stream stream) {
    if (text.length == 1 && text[0] == '$') {
      if (grouped) {
        throw new RedisError("ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new"
            + " messages. The $ ID would just return an empty result set.");
      }
      return stream == null ? StreamId.MIN : stream.last;
    }
    if (text.length == 1 && text[0] == '>') {
      if (!grouped) throw new RedisError("ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.");
      return null;
    }
    return StreamId.parse(text, 0);
  }

  /** Delivers what the group has not read. */
  private List<Stream.Entry> next(Stream stream, byte[] key) {
    StreamGroup of = groupOf(stream, key);
    StreamGroup.Consumer reader = of.consumerOrNew(consumer, call.keys.now());
    StreamId start = of.last.next();
    List<Stream.Entry> found = start == null ? List.of() : stream.range(start, StreamId.MAX, false, count);
    if (found.isEmpty() && call.isAgain()) return found; // a write would wake it again
    for (Stream.Entry entry : found) {
      of.advance(entry.id());
      if (!noAck) of.put(entry.id(), of.pending(entry.id()), reader, call.keys.now(), 1);
    }
    of.save(reader);
    of.save();
    stream.save();
    return found;
  }

  /** What the consumer has been given and not acknowledged; an entry deleted since has no fields. */
  private List<Stream.Entry> history(Stream stream, byte[] key, StreamId start) {
    StreamGroup of = groupOf(stream, key);
    StreamGroup.Consumer reader = of.consumerOrNew(consumer, call.keys.now());
    of.save(reader);
    of.save();
    stream.save();
    StreamId from = start.next();
    var found = new ArrayList<Stream.Entry>();
    if (from == null) return found;
    for (StreamId id : of.ids(consumer, from, StreamId.MAX, count)) {
      Stream.Entry entry = stream.get(id);
      found.add(entry == null ? new Stream.Entry(id, List.of()) : entry);
      StreamGroup.Pending pending = of.pending(id);
      if (entry != null && pending != null) of.put(id, pending, reader, call.keys.now(), pending.deliveries() + 1);
    }
    return found;
  }

  private void reply(List<Answer> answers) {
    ReplyWriter reply = call.reply();
    if (answers.isEmpty()) {
      reply.nilArray();
      return;
    }
    if (reply.resp3()) reply.map(answers.size());
    else reply.array(answers.size());
    for (Answer answer : answers) {
      if (!reply.resp3()) reply.array(2);
      reply.bulk(answer.key);
      reply.array(answer.entries.size());
      for (Stream.Entry entry : answer.entries) {
        if (!entry.fields().isEmpty()) {
          StreamCommands.reply(reply, entry);
          continue;
        }
        reply.array(2);
        reply.bulk(entry.id().toString());
        reply.nilArray();
      }
    }
  }
}
