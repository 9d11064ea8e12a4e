package nokv.protocol.resp;

import java.nio.ByteBuffer;
import java.util.Arrays;
import nokv.api.Cursor;
import nokv.api.Direction;
import nokv.api.Entry;
import nokv.api.KeyRange;
import nokv.protocol.resp.Metadata.Type;
import org.jspecify.annotations.Nullable;

/**
 * A key that holds elements: its metadata and access to its element records, see {@code docs/formats/redis.md}. Changes of size and ends are kept here until {@link #save}, which every
 * command that changed anything calls once, so that the metadata record is written with each change. Lives for one call.
 */
final class Collection {
  /** Kinds of element records. Stored. */
  static final byte HASH_FIELD = 1;
  static final byte SET_MEMBER = 2;
  static final byte ZSET_MEMBER = 3;
  static final byte ZSET_SCORE = 4;
  static final byte LIST_ITEM = 5;
  static final byte STREAM_ENTRY = 6;
  static final byte STREAM_GROUP = 7;
  static final byte STREAM_CONSUMER = 8;
  static final byte STREAM_PENDING = 9;
  static final byte STREAM_CONSUMER_PENDING = 10;

  /** Up to so many elements are deleted one by one, which is cheaper for later reads than a range. */
  private static final int MAX_DELETED_SINGLY = 256;

  final byte[] key;
  private final Keyspace keys;
  private final Type type;
  private final long version;
  private final long expiryMillis;
  long size;
  /** Of a list: the position of its first element. */
  long head;
  /** Of a stream: what its metadata record holds behind the size. */
  byte[] more = {};

  private Collection(Keyspace keys, byte[] key, Type type, long version, long expiryMillis) {
    this.keys = keys;
    this.key = key;
    this.type = type;
    this.version = version;
    this.expiryMillis = expiryMillis;
  }

  /** What is at the key, or null. @throws RedisError it is of another type */
  static @Nullable Collection find(Keyspace keys, byte[] key, Type type) {
    Entry entry = keys.entry(key);
    if (entry == null) return null;
    Metadata.check(entry.value(), type);
    return of(keys, key, entry);
  }

  /** The collection that a metadata record describes. */
  static Collection of(Keyspace keys, byte[] key, Entry entry) {
    var record = ByteBuffer.wrap(entry.value());
    var found = new Collection(keys, key, Metadata.type(entry.value()), record.getLong(Metadata.ELEMENT_VERSION_OFFSET), entry.expiryMillis());
    found.size = record.getLong(Metadata.SIZE_OFFSET);
    if (found.type == Type.LIST) found.head = record.getLong(Metadata.COLLECTION_BYTES);
    if (found.type == Type.STREAM) found.more = Arrays.copyOfRange(entry.value(), Metadata.COLLECTION_BYTES, entry.value().length);
    return found;
  }

  /** What is at the key, or an empty one of a new element version, which is not there until saved. */
  static Collection findOrMake(Keyspace keys, byte[] key, Type type) {
    Collection found = find(keys, key, type);
    return found != null ? found : new Collection(keys, key, type, keys.newElementVersion(), 0);
  }

  /** An empty collection in place of whatever is at the key. */
  static Collection make(Keyspace keys, byte[] key, Type type) {
    keys.remove(key);
    return new Collection(keys, key, type, keys.newElementVersion(), 0);
  }

  /** What this is told as, where the command's name does not say it. */
  void event(String name) {
    keys.event(name);
  }

  /** Writes the metadata record; without elements, deletes the key, unless it is a stream. */
  void save() {
    if (size == 0 && type != Type.STREAM) {
      keys.delete(key);
      return;
    }
    var record = ByteBuffer.allocate(Metadata.COLLECTION_BYTES + (type == Type.LIST ? Long.BYTES : more.length));
    record.put(Metadata.FORMAT_VERSION).put(type.code).putLong(version).putLong(size);
    if (type == Type.LIST) record.putLong(head);
    else record.put(more);
    keys.put(key, record.array(), expiryMillis);
  }

  byte @Nullable [] get(byte kind, byte[] element) {
    return keys.element(elementKey(kind, element));
  }

  void put(byte kind, byte[] element, byte[] value) {
    keys.putElement(elementKey(kind, element), value);
  }

  void delete(byte kind, byte[] element) {
    keys.deleteElement(elementKey(kind, element));
  }

  /** Everything of one kind, in byte order of the elements. */
  Walk walk(byte kind) {
    return walk(kind, KeyRange.ALL, Direction.FORWARD);
  }

  /** The elements of one kind within a range of elements. */
  Walk walk(byte kind, KeyRange elements, Direction direction) {
    byte[] prefix = elementKey(kind, new byte[0]);
    byte[] end = elements.end();
    byte[] stop = end == null ? KeyRange.prefixEnd(prefix) : elementKey(kind, end);
    byte[] start = elementKey(kind, elements.start());
    var range = stop == null ? KeyRange.from(start) : new KeyRange(start, stop);
    return new Walk(keys.scan(range, direction), prefix.length);
  }

  private byte[] elementKey(byte kind, byte[] element) {
    byte[] start = RedisKey.of(key, keys.database(), kind);
    byte[] encoded = Arrays.copyOf(start, start.length + Long.BYTES + element.length);
    ByteBuffer.wrap(encoded).putLong(start.length, version);
    System.arraycopy(element, 0, encoded, start.length + Long.BYTES, element.length);
    return keys.checked(encoded);
  }

  /**
   * Gives up all element records. The key itself is left to the caller. Of a large collection they are not deleted here, since no key refers to their version any more: what
   * is left is dropped in one piece once the transaction is committed.
   */
  void clear() {
    if (size > MAX_DELETED_SINGLY || type == Type.STREAM) {
      var ranges = new java.util.ArrayList<KeyRange>();
      for (byte kind : kinds()) ranges.add(KeyRange.prefix(elementKey(kind, new byte[0])));
      keys.abandon(ranges);
      size = 0;
      return;
    }
    for (byte kind : kinds()) {
      try (Walk walk = walk(kind)) {
        while (walk.next()) keys.deleteElement(walk.encoded());
      }
    }
    size = 0;
  }

  /** Puts a copy of everything under another key, whatever was there, with the same expiry. */
  void copyTo(int database, byte[] target) {
    int own = keys.database();
    var copy = new Collection(keys, target, type, keys.newElementVersion(), expiryMillis);
    copy.size = size;
    copy.head = head;
    copy.more = more;
    for (byte kind : kinds()) {
      try (Walk walk = walk(kind)) {
        while (walk.next()) {
          keys.database(database);
          copy.put(kind, walk.element(), walk.value());
          keys.database(own);
        }
      }
    }
    keys.database(database);
    copy.save();
    keys.database(own);
  }

  /** Every element record: its kind, element and value. */
  java.util.List<byte[][]> records() {
    var all = new java.util.ArrayList<byte[][]>();
    for (byte kind : kinds()) {
      try (Walk walk = walk(kind)) {
        while (walk.next()) all.add(new byte[][] {{kind}, walk.element(), walk.value()});
      }
    }
    return all;
  }

  /** The same without elements, of a new element version; to be saved. */
  Collection renewed() {
    var renewed = new Collection(keys, key, type, keys.newElementVersion(), expiryMillis);
    renewed.size = size;
    renewed.head = head;
    renewed.more = more;
    return renewed;
  }

  /** Puts back what {@link #records} gave, and saves. */
  void putAll(java.util.List<byte[][]> records) {
    for (byte[][] record : records) put(record[0][0], record[1], record[2]);
    save();
  }

  /** Bytes of all elements as they are written, without what the store adds. */
  long bytes() {
    long bytes = 0;
    for (byte kind : kinds()) {
      try (Walk walk = walk(kind)) {
        while (walk.next()) bytes += walk.element().length + walk.value().length;
      }
    }
    return bytes;
  }

  private byte[] kinds() {
    return switch (type) {
      case HASH -> new byte[] {HASH_FIELD};
      case SET -> new byte[] {SET_MEMBER};
      case ZSET -> new byte[] {ZSET_MEMBER, ZSET_SCORE};
      case LIST -> new byte[] {LIST_ITEM};
      case STREAM -> new byte[] {STREAM_ENTRY, STREAM_GROUP, STREAM_CONSUMER, STREAM_PENDING, STREAM_CONSUMER_PENDING};
      case STRING -> new byte[0];
    };
  }

  /** Walks element records; close it. */
  static final class Walk implements AutoCloseable {
    private final Cursor cursor;
    private final int prefixLength;

    private Walk(Cursor cursor, int prefixLength) {
      this.cursor = cursor;
      this.prefixLength = prefixLength;
    }

    boolean next() {
      return cursor.next();
    }

    byte[] encoded() {
      return cursor.key();
    }

    byte[] element() {
      byte[] encoded = cursor.key();
      return Arrays.copyOfRange(encoded, prefixLength, encoded.length);
    }

    byte[] value() {
      return cursor.value();
    }

    @Override public void close() {
      cursor.close();
    }
  }
}
