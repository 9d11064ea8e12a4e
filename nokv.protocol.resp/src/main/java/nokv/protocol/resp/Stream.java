package nokv.protocol.resp;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import nokv.api.Direction;
import nokv.api.KeyRange;
import nokv.protocol.resp.Metadata.Type;
import org.jspecify.annotations.Nullable;

/**
 * A stream: one record per entry, by ID. What its metadata record holds behind the size:
 * <pre>
 *  0         16            32      40      48
 *  +---------+-------------+-------+--------+
 *  | last ID | max deleted | added | groups |
 *  +---------+-------------+-------+--------+
 * </pre>
 * {@code last ID} is the greatest ever given, {@code max deleted} the greatest that XDEL removed, {@code added} counts entries ever added. Changes are kept here until {@link #save}.
 * Lives for one call. Groups are {@link StreamGroup}'s.
 */
final class Stream {
  private static final int MORE_BYTES = 48;

  /** An entry: fields and values in turn. */
  record Entry(StreamId id, List<byte[]> fields) {}

  final Collection elements;
  StreamId last = StreamId.MIN;
  StreamId maxDeleted = StreamId.MIN;
  long added;
  long groups;

  private Stream(Collection elements) {
    this.elements = elements;
    if (elements.more.length < MORE_BYTES) return;
    var more = ByteBuffer.wrap(elements.more);
    last = StreamId.of(more);
    maxDeleted = StreamId.of(more);
    added = more.getLong();
    groups = more.getLong();
  }

  static @Nullable Stream find(Keyspace keys, byte[] key) {
    var found = Collection.find(keys, key, Type.STREAM);
    return found == null ? null : new Stream(found);
  }

  static Stream findOrMake(Keyspace keys, byte[] key) {
    return new Stream(Collection.findOrMake(keys, key, Type.STREAM));
  }

  /** An empty one in place of whatever is at the key. */
  static Stream make(Keyspace keys, byte[] key) {
    return new Stream(Collection.make(keys, key, Type.STREAM));
  }

  void save() {
    elements.more = ByteBuffer.allocate(MORE_BYTES).put(last.bytes()).put(maxDeleted.bytes()).putLong(added).putLong(groups).array();
    elements.save();
  }

  long size() {
    return elements.size;
  }

  /** Adds an entry, whose ID is greater than the last. */
  void add(StreamId id, List<byte[]> fields) {
    elements.put(Collection.STREAM_ENTRY, id.bytes(), encode(fields));
    elements.size++;
    added++;
    last = id;
  }

  private static byte[] encode(List<byte[]> fields) {
    int bytes = 0;
    for (byte[] field : fields) bytes += Integer.BYTES + field.length;
    var record = ByteBuffer.allocate(bytes);
    for (byte[] field : fields) record.putInt(field.length).put(field);
    return record.array();
  }

  private static List<byte[]> decode(byte[] bytes) {
    var record = ByteBuffer.wrap(bytes);
    var fields = new ArrayList<byte[]>();
    while (record.hasRemaining()) {
      var field = new byte[record.getInt()];
      record.get(field);
      fields.add(field);
    }
    return fields;
  }

  @Nullable Entry get(StreamId id) {
    byte[] record = elements.get(Collection.STREAM_ENTRY, id.bytes());
    return record == null ? null : new Entry(id, decode(record));
  }

  boolean contains(StreamId id) {
    return elements.get(Collection.STREAM_ENTRY, id.bytes()) != null;
  }

  /** Deletes an entry as XDEL does. */
  boolean delete(StreamId id) {
    if (!contains(id)) return false;
    elements.delete(Collection.STREAM_ENTRY, id.bytes());
    elements.size--;
    if (id.isAfter(maxDeleted)) maxDeleted = id;
    return true;
  }

  /** Up to {@code limit} entries from one ID to another, both included; a limit below 0 is none. */
  List<Entry> range(StreamId start, StreamId end, boolean reverse, long limit) {
    var found = new ArrayList<Entry>();
    if (start.isAfter(end) || limit == 0) return found;
    StreamId behind = end.next();
    var range = behind == null ? KeyRange.from(start.bytes()) : new KeyRange(start.bytes(), behind.bytes());
    try (var walk = elements.walk(Collection.STREAM_ENTRY, range, reverse ? Direction.REVERSE : Direction.FORWARD)) {
      while ((limit < 0 || found.size() < limit) && walk.next()) found.add(new Entry(StreamId.of(walk.element(), 0), decode(walk.value())));
    }
    return found;
  }

  /** The first or the last entry there is, or null. */
  @Nullable Entry end(boolean atTheBack) {
    if (size() == 0) return null;
    List<Entry> found = range(StreamId.MIN, StreamId.MAX, atTheBack, 1);
    return found.isEmpty() ? null : found.getFirst();
  }

  StreamId firstId() {
    Entry first = end(false);
    return first == null ? StreamId.MIN : first.id;
  }

  /** Deletes up to {@code count} entries from the front, while they are before an ID. */
  long trim(long count, StreamId before) {
    if (count <= 0) return 0;
    var gone = new ArrayList<byte[]>();
    try (var walk = elements.walk(Collection.STREAM_ENTRY, new KeyRange(StreamId.MIN.bytes(), before.bytes()), Direction.FORWARD)) {
      while (gone.size() < count && walk.next()) gone.add(walk.element());
    }
    for (byte[] id : gone) elements.delete(Collection.STREAM_ENTRY, id);
    elements.size -= gone.size();
    return gone.size();
  }

  /** Whether an entry after {@code start} was deleted. */
  boolean hasGapsFrom(StreamId start) {
    return size() > 0 && !maxDeleted.equals(StreamId.MIN) && start.compareTo(maxDeleted) <= 0;
  }

  /** How many entries were ever added up to this ID, or -1 where deletions leave it unknown. */
  long countUpTo(StreamId id) {
    if (added == 0) return 0;
    if (size() == 0 && id.compareTo(last) <= 0) return added;
    int order = id.compareTo(last);
    if (order >= 0) return order == 0 ? added : -1;
    StreamId first = firstId();
    if (!maxDeleted.equals(StreamId.MIN) && maxDeleted.compareTo(first) >= 0) return -1;
    int toFirst = id.compareTo(first);
    return toFirst < 0 ? added - size() : toFirst == 0 ? added - size() + 1 : -1;
  }
}
