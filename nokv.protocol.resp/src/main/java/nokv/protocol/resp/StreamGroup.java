package nokv.protocol.resp;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import nokv.api.Direction;
import nokv.api.KeyRange;
import org.jspecify.annotations.Nullable;

/**
 * A group of a stream: its record, one per consumer, and two per pending entry, one by ID and one by consumer and ID; the layout is in {@code docs/formats/redis.md}. Changes of the group's
 * and of a consumer's own record are kept until {@link #save}, respectively {@link #save(Consumer)}. Lives for one call.
 */
final class StreamGroup {
  /** What is known of the entries read where it is not. */
  static final long UNKNOWN = -1;
  private static final byte[] NOTHING = {};

  /** A consumer. */
  static final class Consumer {
    final byte[] name;
    long seenMillis;
    long pending;

    private Consumer(byte[] name) {
      this.name = name;
    }
  }

  /** An entry delivered and not acknowledged. */
  record Pending(StreamId id, byte[] consumer, long deliveredMillis, long deliveries) {}

  final Stream stream;
  final byte[] name;
  StreamId last = StreamId.MIN;
  long read = UNKNOWN;
  long pending;
  long consumers;

  private StreamGroup(Stream stream, byte[] name) {
    this.stream = stream;
    this.name = name;
  }

  static @Nullable StreamGroup find(Stream stream, byte[] name) {
    byte[] record = stream.elements.get(Collection.STREAM_GROUP, name);
    return record == null ? null : of(stream, name, record);
  }

  private static StreamGroup of(Stream stream, byte[] name, byte[] bytes) {
    var group = new StreamGroup(stream, name);
    var record = ByteBuffer.wrap(bytes);
    group.last = StreamId.of(record);
    group.read = record.getLong();
    group.pending = record.getLong();
    group.consumers = record.getLong();
    return group;
  }

  /** All groups, by name. */
  static List<StreamGroup> all(Stream stream) {
    var all = new ArrayList<StreamGroup>();
    if (stream.groups == 0) return all;
    try (var walk = stream.elements.walk(Collection.STREAM_GROUP)) {
      while (walk.next()) all.add(of(stream, walk.element(), walk.value()));
    }
    return all;
  }

  /** A new group, there once it is saved. */
  static StreamGroup make(Stream stream, byte[] name, StreamId last, long read) {
    var group = new StreamGroup(stream, name);
    group.last = last;
    group.read = read;
    stream.groups++;
    return group;
  }

  void save() {
    byte[] record = ByteBuffer.allocate(StreamId.BYTES + 3 * Long.BYTES).put(last.bytes()).putLong(read).putLong(pending).putLong(consumers).array();
    stream.elements.put(Collection.STREAM_GROUP, name, record);
  }

  /** Deletes the group with everything of it. */
  void delete() {
    stream.elements.delete(Collection.STREAM_GROUP, name);
    for (byte kind : new byte[] {Collection.STREAM_CONSUMER, Collection.STREAM_PENDING, Collection.STREAM_CONSUMER_PENDING}) {
      for (byte[] element : elements(kind, named(name))) stream.elements.delete(kind, element);
    }
    stream.groups--;
  }

  private List<byte[]> elements(byte kind, byte[] prefix) {
    var found = new ArrayList<byte[]>();
    try (var walk = stream.elements.walk(kind, KeyRange.prefix(prefix), Direction.FORWARD)) {
      while (walk.next()) found.add(walk.element());
    }
    return found;
  }

  private static byte[] named(byte[] name) {
    return ByteBuffer.allocate(Integer.BYTES + name.length).putInt(name.length).put(name).array();
  }

  private static byte[] joined(byte[] start, byte[] end) {
    byte[] joined = Arrays.copyOf(start, start.length + end.length);
    System.arraycopy(end, 0, joined, start.length, end.length);
    return joined;
  }

  // ---- consumers

  @Nullable Consumer consumer(byte[] consumer) {
    byte[] record = stream.elements.get(Collection.STREAM_CONSUMER, joined(named(name), consumer));
    return record == null ? null : consumer(consumer, record);
  }

  private static Consumer consumer(byte[] name, byte[] bytes) {
    var consumer = new Consumer(name);
    var record = ByteBuffer.wrap(bytes);
    consumer.seenMillis = record.getLong();
    consumer.pending = record.getLong();
    return consumer;
  }

  /** The consumer of this name, made if there is none; it is there once it is saved. */
  Consumer consumerOrNew(byte[] consumer, long now) {
    Consumer found = consumer(consumer);
    if (found == null) {
      found = new Consumer(consumer);
      stream.elements.event("xgroup-createconsumer");
      consumers++;
    }
    found.seenMillis = now;
    return found;
  }

  void save(Consumer consumer) {
    byte[] record = ByteBuffer.allocate(2 * Long.BYTES).putLong(consumer.seenMillis).putLong(consumer.pending).array();
    stream.elements.put(Collection.STREAM_CONSUMER, joined(named(name), consumer.name), record);
  }

  List<Consumer> consumers() {
    var all = new ArrayList<Consumer>();
    byte[] prefix = named(name);
    try (var walk = stream.elements.walk(Collection.STREAM_CONSUMER, KeyRange.prefix(prefix), Direction.FORWARD)) {
      while (walk.next()) {
        byte[] element = walk.element();
        all.add(consumer(Arrays.copyOfRange(element, prefix.length, element.length), walk.value()));
      }
    }
    return all;
  }

  /** Deletes a consumer and what is pending for it. */
  void delete(Consumer consumer) {
    byte[] prefix = joined(named(name), named(consumer.name));
    for (byte[] element : elements(Collection.STREAM_CONSUMER_PENDING, prefix)) {
      stream.elements.delete(Collection.STREAM_CONSUMER_PENDING, element);
      stream.elements.delete(Collection.STREAM_PENDING, joined(named(name), Arrays.copyOfRange(element, prefix.length, element.length)));
    }
    stream.elements.delete(Collection.STREAM_CONSUMER, joined(named(name), consumer.name));
    pending -= consumer.pending;
    consumers--;
  }

  // ---- pending entries

  private byte[] place(StreamId id) {
    return joined(named(name), id.bytes());
  }

  private byte[] place(byte[] consumer, StreamId id) {
    return joined(joined(named(name), named(consumer)), id.bytes());
  }

  @Nullable Pending pending(StreamId id) {
    byte[] record = stream.elements.get(Collection.STREAM_PENDING, place(id));
    return record == null ? null : pending(id, record);
  }

  private static Pending pending(StreamId id, byte[] bytes) {
    var record = ByteBuffer.wrap(bytes);
    long delivered = record.getLong();
    long deliveries = record.getLong();
    return new Pending(id, Arrays.copyOfRange(bytes, 2 * Long.BYTES, bytes.length), delivered, deliveries);
  }

  /** Writes a pending entry for a consumer. @param old what is there of it, null = it is new */
  void put(StreamId id, @Nullable Pending old, Consumer consumer, long deliveredMillis, long deliveries) {
    if (old != null && !Arrays.equals(old.consumer, consumer.name)) {
      stream.elements.delete(Collection.STREAM_CONSUMER_PENDING, place(old.consumer, id));
      Consumer other = consumer(old.consumer);
      if (other != null) {
        other.pending--;
        save(other);
      }
    }
    if (old == null) pending++;
    if (old == null || !Arrays.equals(old.consumer, consumer.name)) {
      consumer.pending++;
      stream.elements.put(Collection.STREAM_CONSUMER_PENDING, place(consumer.name, id), NOTHING);
    }
    byte[] record = ByteBuffer.allocate(2 * Long.BYTES + consumer.name.length).putLong(deliveredMillis).putLong(deliveries).put(consumer.name).array();
    stream.elements.put(Collection.STREAM_PENDING, place(id), record);
  }

  /** Removes a pending entry. @param current the consumer the caller holds, whose record it saves itself */
  void remove(Pending gone, @Nullable Consumer current) {
    stream.elements.delete(Collection.STREAM_PENDING, place(gone.id));
    stream.elements.delete(Collection.STREAM_CONSUMER_PENDING, place(gone.consumer, gone.id));
    pending--;
    if (current != null && Arrays.equals(current.name, gone.consumer)) {
      current.pending--;
      return;
    }
    Consumer owner = consumer(gone.consumer);
    if (owner == null) return;
    owner.pending--;
    save(owner);
  }

  /** Walks pending entries from an ID on, in a direction. */
  interface Visitor {
    /** @return whether to go on */
    boolean visit(Pending pending);
  }

  void walk(StreamId start, StreamId end, boolean reverse, Visitor visitor) {
    if (start.isAfter(end)) return;
    byte[] prefix = named(name);
    StreamId behind = end.next();
    byte[] stop = behind == null ? KeyRange.prefixEnd(prefix) : joined(prefix, behind.bytes());
    var range = stop == null ? KeyRange.from(place(start)) : new KeyRange(place(start), stop);
    try (var walk = stream.elements.walk(Collection.STREAM_PENDING, range, reverse ? Direction.REVERSE : Direction.FORWARD)) {
      while (walk.next()) if (!visitor.visit(pending(StreamId.of(walk.element(), prefix.length), walk.value()))) return;
    }
  }

  /** The IDs pending for a consumer in an interval. */
  List<StreamId> ids(byte[] consumer, StreamId start, StreamId end, long limit) {
    var ids = new ArrayList<StreamId>();
    if (start.isAfter(end)) return ids;
    byte[] prefix = joined(named(name), named(consumer));
    StreamId behind = end.next();
    byte[] stop = behind == null ? KeyRange.prefixEnd(prefix) : joined(prefix, behind.bytes());
    var range = stop == null ? KeyRange.from(joined(prefix, start.bytes())) : new KeyRange(joined(prefix, start.bytes()), stop);
    try (var walk = stream.elements.walk(Collection.STREAM_CONSUMER_PENDING, range, Direction.FORWARD)) {
      while ((limit < 0 || ids.size() < limit) && walk.next()) ids.add(StreamId.of(walk.element(), prefix.length));
    }
    return ids;
  }

  // ---- reading on

  /** The entry is delivered: moves on to it and counts it. */
  void advance(StreamId id) {
    if (!id.isAfter(last)) return;
    if (read != UNKNOWN && !stream.hasGapsFrom(id)) read++;
    else if (stream.added > 0) read = stream.countUpTo(id);
    last = id;
  }

  /** Entries not yet delivered, or -1 where it is not known. */
  long lag() {
    if (stream.added == 0) return 0;
    if (read != UNKNOWN && !stream.hasGapsFrom(last)) return stream.added - read;
    long upTo = stream.countUpTo(last);
    return upTo < 0 ? -1 : stream.added - upTo;
  }
}
