package nokv.protocol.resp;

import java.util.Arrays;
import java.util.List;

/** Commands on the entries of streams; what groups read is in {@link StreamReads} and {@link StreamGroups}. */
final class StreamCommands {
  private static final RedisError NOT_GREATER = new RedisError("ERR The ID specified in XADD is equal or smaller than the target stream top item");

  private StreamCommands() {}

  static void xadd(Call call) {
    StreamTrim.Parsed options = StreamTrim.parse(call, true);
    int at = options.next();
    if (at == call.count()) throw RedisError.arity(call.name());
    byte[] text = call.arg(at);
    boolean now = text.length == 1 && text[0] == '*';
    boolean numbered = text.length < 3 || text[text.length - 1] != '*' || text[text.length - 2] != '-';
    StreamId given = now ? StreamId.MIN : StreamId.parse(numbered ? text : Arrays.copyOf(text, text.length - 2), 0);
    if (call.count() - at - 1 < 2 || (call.count() - at - 1) % 2 != 0) throw RedisError.arity(call.name());
    if (!now && numbered && given.equals(StreamId.MIN)) throw new RedisError("ERR The ID specified in XADD must be greater than 0-0");
    Stream stream = options.make() ? Stream.findOrMake(call.keys, call.arg(1)) : Stream.find(call.keys, call.arg(1));
    if (stream == null) {
      call.reply().nil();
      return;
    }
    if (stream.last.equals(StreamId.MAX)) throw new RedisError("ERR The stream has exhausted the last possible ID, unable to add more items");
    StreamId id = now ? following(stream.last, call.keys.now()) : numbered ? given : numbered(stream.last, given.millis());
    if (!id.isAfter(stream.last)) throw NOT_GREATER;
    stream.add(id, List.of(Arrays.copyOfRange(call.args(), at + 1, call.count())));
    if (options.trim() != null) options.trim().apply(call, stream);
    stream.save();
    call.reply().bulk(id.toString());
  }

  /** The ID of now, or the next after the last where the clock is behind it. */
  private static StreamId following(StreamId last, long now) {
    return Long.compareUnsigned(now, last.millis()) > 0 ? new StreamId(now, 0) : java.util.Objects.requireNonNull(last.next());
  }

  /** The next number within given milliseconds. */
  private static StreamId numbered(StreamId last, long millis) {
    if (millis != last.millis()) return new StreamId(millis, 0);
    if (last.number() == -1) throw NOT_GREATER;
    return new StreamId(millis, last.number() + 1);
  }

  static void xtrim(Call call) {
    StreamTrim.Parsed options = StreamTrim.parse(call, false);
    Stream stream = Stream.find(call.keys, call.arg(1));
    long trimmed = stream == null || options.trim() == null ? 0 : options.trim().apply(call, stream);
    if (stream != null && trimmed > 0) stream.save();
    call.reply().integer(trimmed);
  }

  static void xlen(Call call) {
    Stream stream = Stream.find(call.keys, call.arg(1));
    call.reply().integer(stream == null ? 0 : stream.size());
  }

  static void xdel(Call call) {
    Stream stream = Stream.find(call.keys, call.arg(1));
    if (stream == null) {
      call.reply().integer(0);
      return;
    }
    StreamId[] ids = ids(call, 2);
    long deleted = 0;
    for (StreamId id : ids) if (stream.delete(id)) deleted++;
    if (deleted > 0) stream.save();
    call.reply().integer(deleted);
  }

  /** All arguments from one on as IDs. */
  static StreamId[] ids(Call call, int from) {
    var ids = new StreamId[call.count() - from];
    for (int i = 0; i < ids.length; i++) ids[i] = StreamId.parse(call.arg(from + i), 0);
    return ids;
  }

  static void xrange(Call call) {
    boolean reverse = call.name().equals("xrevrange");
    StreamId start = StreamId.start(call.arg(reverse ? 3 : 2));
    StreamId end = StreamId.end(call.arg(reverse ? 2 : 3));
    long count = -1;
    for (int i = 4; i < call.count(); i++) {
      if (!call.is(i, "COUNT") || i + 1 == call.count()) throw RedisError.SYNTAX;
      count = Math.max(0, call.integer(++i));
    }
    call.keys.pin();
    Stream stream = Stream.find(call.keys, call.arg(1));
    if (stream == null) call.reply().array(0);
    else if (count == 0) call.reply().nilArray();
    else reply(call.reply(), stream.range(start, end, reverse, count));
  }

  static void reply(ReplyWriter reply, List<Stream.Entry> entries) {
    reply.array(entries.size());
    for (Stream.Entry entry : entries) reply(reply, entry);
  }

  static void reply(ReplyWriter reply, Stream.Entry entry) {
    reply.array(2);
    reply.bulk(entry.id().toString());
    reply.array(entry.fields().size());
    for (byte[] field : entry.fields()) reply.bulk(field);
  }

  static void xsetid(Call call) {
    StreamId id = StreamId.parse(call.arg(2), 0);
    long added = -1;
    StreamId maxDeleted = StreamId.MIN;
    for (int i = 3; i < call.count(); i++) {
      if (call.is(i, "ENTRIESADDED") && i + 1 < call.count()) {
        added = call.integer(++i);
        if (added < 0) throw new RedisError("ERR entries_added must be positive");
      } else if (call.is(i, "MAXDELETEDID") && i + 1 < call.count()) {
        maxDeleted = StreamId.parse(call.arg(++i), 0);
        if (maxDeleted.isAfter(id)) throw new RedisError("ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id");
      } else {
        throw RedisError.SYNTAX;
      }
    }
    Stream stream = Stream.find(call.keys, call.arg(1));
    if (stream == null) throw RedisError.NO_SUCH_KEY;
    Stream.Entry top = stream.end(true);
    if (top != null && top.id().isAfter(id)) throw new RedisError("ERR The ID specified in XSETID is smaller than the target stream top item");
    if (added >= 0 && stream.size() > added) throw new RedisError("ERR The entries_added specified in XSETID is smaller than the target stream length");
    stream.last = id;
    if (added >= 0) stream.added = added;
    if (!maxDeleted.equals(StreamId.MIN)) stream.maxDeleted = maxDeleted;
    stream.save();
    call.reply().ok();
  }
}
