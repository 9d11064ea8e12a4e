package nokv.protocol.resp;

import org.jspecify.annotations.Nullable;

/**
 * MAXLEN and MINID of XADD and XTRIM.
 *
 * @param length entries to keep, -1 = by ID
 * @param minId the first to keep, null = by length
 * @param approximate only whole nodes, as Redis has them, are given up
 * @param limit entries to give up at most; 0 = no limit
 */
record StreamTrim(long length, @Nullable StreamId minId, boolean approximate, long limit) {
  /** Entries of a node in Redis: {@code stream-node-max-entries}. */
  private static final long DEFAULT_NODE_ENTRIES = 100;

  /** What was found in front of an ID. @param next position of what follows @param make whether a missing stream is made */
  record Parsed(@Nullable StreamTrim trim, int next, boolean make) {}

  /** @param add whether for XADD, where the ID ends the options */
  static Parsed parse(Call call, boolean add) {
    long length = -1;
    StreamId minId = null;
    boolean approximate = false;
    boolean make = true;
    boolean given = false;
    long limit = 0;
    boolean limited = false;
    int i = 2;
    for (; i < call.count(); i++) {
      int rest = call.count() - i - 1;
      if (add && call.arg(i).length == 1 && call.arg(i)[0] == '*') break;
      boolean byLength = call.is(i, "MAXLEN");
      if ((byLength || call.is(i, "MINID")) && rest >= 1) {
        if (given) throw new RedisError("ERR syntax error, MAXLEN and MINID options at the same time are not compatible");
        given = true;
        boolean tilde = call.is(i + 1, "~");
        if (rest >= 2 && (tilde || call.is(i + 1, "="))) i++;
        approximate = tilde && rest >= 2;
        i++;
        if (!byLength) {
          minId = StreamId.parse(call.arg(i), 0);
          continue;
        }
        length = call.integer(i);
        if (length < 0) throw new RedisError("ERR The MAXLEN argument must be >= 0.");
      } else if (call.is(i, "LIMIT") && rest >= 1) {
        limit = call.integer(++i);
        if (limit < 0) throw new RedisError("ERR The LIMIT argument must be >= 0.");
        limited = true;
      } else if (add && call.is(i, "NOMKSTREAM")) {
        make = false;
      } else if (add) {
        break;
      } else {
        throw RedisError.SYNTAX;
      }
    }
    if (limited && limit != 0 && !given) throw new RedisError("ERR syntax error, LIMIT cannot be used without specifying a trimming strategy");
    if (!add && !given) throw new RedisError("ERR syntax error, XTRIM must be called with a trimming strategy");
    if (limited && !approximate) throw new RedisError("ERR syntax error, LIMIT cannot be used without the special ~ option");
    if (approximate && !limited) limit = 100 * nodeEntries(call);
    return new Parsed(given ? new StreamTrim(length, minId, approximate, limit) : null, i, make);
  }

  private static long nodeEntries(Call call) {
    long entries = call.server.settings().number("stream-node-max-entries");
    return entries == 0 ? DEFAULT_NODE_ENTRIES : entries;
  }

  /** Gives up the oldest entries of a stream, and says how many. Nodes are taken to be filled in order of addition, so that the first has what is left of it. */
  long apply(Call call, Stream stream) {
    StreamId before = minId;
    long surplus = before == null ? stream.size() - length : Long.MAX_VALUE;
    if (!approximate) return stream.trim(surplus, before == null ? StreamId.MAX : before);
    long node = nodeEntries(call);
    if (before != null) surplus = before(stream, before);
    if (limit > 0) surplus = Math.min(surplus, limit);
    long lead = node - Math.floorMod(stream.added - stream.size(), node);
    long whole = surplus < lead ? 0 : lead + (surplus - lead) / node * node;
    return stream.trim(whole, before == null ? StreamId.MAX : before);
  }

  /** How many entries there are before an ID, as far as the limit asks. */
  private long before(Stream stream, StreamId id) {
    StreamId previous = id.previous();
    return previous == null ? 0 : stream.range(StreamId.MIN, previous, false, limit == 0 ? -1 : limit).size();
  }
}
