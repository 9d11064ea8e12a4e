package nokv.protocol.resp;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import nokv.protocol.resp.RdbReader.BadFormat;

/**
 * A stream in RDB: nodes of entries, each a listpack under the ID of its first entry and relative to it, then the stream's own IDs and counts, then groups with what is pending in each and, per
 * consumer, the IDs of what is pending for it. What is read is whole before anything is written.
 */
final class StreamDump {
  private static final int NODE_ENTRIES = 100;
  private static final int DELETED = 1;
  private static final int SAME_FIELDS = 2;
  /** Of a group in the older form, which does not say how many entries it has read. */
  private static final long TO_BE_COUNTED = -2;

  private record Group(byte[] name, StreamId last, long read, TreeMap<StreamId, long[]> pending, List<Consumer> consumers) {}

  private record Consumer(byte[] name, long seenMillis, List<StreamId> pending) {}

  private final List<Stream.Entry> entries = new ArrayList<>();
  private final List<Group> groups = new ArrayList<>();
  private StreamId last = StreamId.MIN;
  private StreamId maxDeleted = StreamId.MIN;
  private long added;

  private StreamDump() {}

  // ---- writing

  static void write(RdbWriter out, Stream stream) {
    List<Stream.Entry> entries = stream.range(StreamId.MIN, StreamId.MAX, false, -1);
    out.length((entries.size() + NODE_ENTRIES - 1) / NODE_ENTRIES);
    for (int from = 0; from < entries.size(); from += NODE_ENTRIES) node(out, entries.subList(from, Math.min(entries.size(), from + NODE_ENTRIES)));
    out.length(stream.size());
    id(out, stream.last);
    id(out, stream.firstId());
    id(out, stream.maxDeleted);
    out.length(stream.added);
    List<StreamGroup> groups = StreamGroup.all(stream);
    out.length(groups.size());
    for (StreamGroup group : groups) group(out, group);
  }

  private static void id(RdbWriter out, StreamId id) {
    out.length(id.millis());
    out.length(id.number());
  }

  private static byte[] number(long value) {
    return Numbers.bytes(value);
  }

  private static void node(RdbWriter out, List<Stream.Entry> entries) {
    StreamId first = entries.getFirst().id();
    List<byte[]> master = names(entries.getFirst());
    var items = new ArrayList<byte[]>();
    items.add(number(entries.size()));
    items.add(number(0));
    items.add(number(master.size()));
    items.addAll(master);
    items.add(number(0));
    for (Stream.Entry entry : entries) {
      boolean same = same(master, names(entry));
      items.add(number(same ? SAME_FIELDS : 0));
      items.add(number(entry.id().millis() - first.millis()));
      items.add(number(entry.id().number() - first.number()));
      int count = entry.fields().size() / 2;
      if (!same) items.add(number(count));
      for (int i = 0; i < entry.fields().size(); i++) if (!same || i % 2 == 1) items.add(entry.fields().get(i));
      items.add(number(same ? count + 3 : 2 * count + 4));
    }
    out.string(first.bytes());
    out.string(PackedLists.listpack(items));
  }

  private static List<byte[]> names(Stream.Entry entry) {
    var names = new ArrayList<byte[]>();
    for (int i = 0; i < entry.fields().size(); i += 2) names.add(entry.fields().get(i));
    return names;
  }

  private static boolean same(List<byte[]> a, List<byte[]> b) {
    boolean same = a.size() == b.size();
    for (int i = 0; same && i < a.size(); i++) same = java.util.Arrays.equals(a.get(i), b.get(i));
    return same;
  }

  private static void group(RdbWriter out, StreamGroup group) {
    out.string(group.name);
    id(out, group.last);
    out.length(group.read);
    out.length(group.pending);
    group.walk(StreamId.MIN, StreamId.MAX, false, pending -> {
      out.bigEndian(pending.id().millis(), Long.BYTES);
      out.bigEndian(pending.id().number(), Long.BYTES);
      out.littleEndian(pending.deliveredMillis(), Long.BYTES);
      out.length(pending.deliveries());
      return true;
    });
    List<StreamGroup.Consumer> consumers = group.consumers();
    out.length(consumers.size());
    for (StreamGroup.Consumer consumer : consumers) {
      out.string(consumer.name);
      out.littleEndian(consumer.seenMillis, Long.BYTES);
      out.length(consumer.pending);
      for (StreamId id : group.ids(consumer.name, StreamId.MIN, StreamId.MAX, -1)) {
        out.bigEndian(id.millis(), Long.BYTES);
        out.bigEndian(id.number(), Long.BYTES);
      }
    }
  }

  // ---- reading

  /** @param counts whether it is of the form that has the first ID, the greatest deleted and the counts */
  static StreamDump read(RdbReader in, boolean counts) {
    var dump = new StreamDump();
    for (int nodes = in.count(); nodes > 0; nodes--) {
      byte[] first = in.string();
      if (first.length != StreamId.BYTES) throw new BadFormat();
      dump.node(StreamId.of(first, 0), PackedLists.listpack(in.string()));
    }
    long size = in.length();
    dump.last = id(in);
    if (counts) {
      id(in);
      dump.maxDeleted = id(in);
      dump.added = in.length();
    } else {
      dump.added = size;
    }
    if (size != dump.entries.size() || dump.added < size) throw new BadFormat();
    for (int groups = in.count(); groups > 0; groups--) dump.groups.add(group(in, counts));
    return dump;
  }

  private static StreamId id(RdbReader in) {
    return new StreamId(in.length(), in.length());
  }

  private static StreamId rawId(RdbReader in) {
    return StreamId.of(in.take(StreamId.BYTES), 0);
  }

  private void node(StreamId first, List<byte[]> items) {
    var at = new Items(items);
    long live = at.number();
    at.number();
    List<byte[]> master = at.take(at.number());
    at.number();
    while (!at.atEnd()) {
      long flags = at.number();
      var id = new StreamId(first.millis() + at.number(), first.number() + at.number());
      boolean same = (flags & SAME_FIELDS) != 0;
      List<byte[]> given = at.take(same ? master.size() : 2 * at.number());
      at.number();
      var fields = new ArrayList<byte[]>();
      for (int i = 0; same && i < given.size(); i++) {
        fields.add(master.get(i));
        fields.add(given.get(i));
      }
      if (!same) fields.addAll(given);
      if ((flags & DELETED) != 0) continue;
      live--;
      if (!entries.isEmpty() && !id.isAfter(entries.getLast().id())) throw new BadFormat();
      entries.add(new Stream.Entry(id, fields));
    }
    if (live != 0) throw new BadFormat();
  }

  /** Goes through the items of a node. */
  private static final class Items {
    private final List<byte[]> items;
    private int at;

    Items(List<byte[]> items) {
      this.items = items;
    }

    boolean atEnd() {
      return at == items.size();
    }

    long number() {
      if (atEnd()) throw new BadFormat();
      byte[] item = items.get(at++);
      if (!Numbers.isLong(item)) throw new BadFormat();
      return Long.parseLong(new String(item, StandardCharsets.ISO_8859_1));
    }

    List<byte[]> take(long count) {
      if (count < 0 || count > items.size() - at) throw new BadFormat();
      at += (int) count;
      return items.subList(at - (int) count, at);
    }
  }

  private static Group group(RdbReader in, boolean counts) {
    var group = new Group(in.string(), id(in), counts ? in.length() : TO_BE_COUNTED, new TreeMap<>(), new ArrayList<>());
    for (int pending = in.count(); pending > 0; pending--) {
      if (group.pending.put(rawId(in), new long[] {in.littleEndian(Long.BYTES), in.length()}) != null) throw new BadFormat();
    }
    int owned = 0;
    for (int consumers = in.count(); consumers > 0; consumers--) {
      var consumer = new Consumer(in.string(), in.littleEndian(Long.BYTES), new ArrayList<>());
      for (int pending = in.count(); pending > 0; pending--) {
        StreamId id = rawId(in);
        if (!group.pending.containsKey(id)) throw new BadFormat();
        consumer.pending.add(id);
        owned++;
      }
      group.consumers.add(consumer);
    }
    if (owned != group.pending.size()) throw new BadFormat();
    return group;
  }

  /** Puts what was read at a key, in place of whatever is there. */
  void write(Keyspace keys, byte[] key) {
    var stream = Stream.make(keys, key);
    for (Stream.Entry entry : entries) stream.add(entry.id(), entry.fields());
    stream.last = last;
    stream.maxDeleted = maxDeleted;
    stream.added = added;
    for (Group each : groups) {
      var group = StreamGroup.make(stream, each.name, each.last, each.read == TO_BE_COUNTED ? stream.countUpTo(each.last) : each.read);
      for (Consumer one : each.consumers) {
        var consumer = group.consumerOrNew(one.name, one.seenMillis);
        for (StreamId id : one.pending) {
          long[] delivered = java.util.Objects.requireNonNull(each.pending.get(id));
          group.put(id, null, consumer, delivered[0], delivered[1]);
        }
        group.save(consumer);
      }
      group.save();
    }
    stream.save();
  }
}
