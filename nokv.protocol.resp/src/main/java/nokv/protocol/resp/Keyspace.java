package nokv.protocol.resp;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import nokv.api.ColumnFamily;
import nokv.api.Cursor;
import nokv.api.Direction;
import nokv.api.Entry;
import nokv.api.KeyRange;
import nokv.api.KvStore;
import nokv.api.Reader;
import nokv.api.Snapshot;
import nokv.api.Timestamp;
import nokv.api.Transaction;
import nokv.api.WriteBatch;
import nokv.spi.Clock;
import org.jspecify.annotations.Nullable;

/**
 * The keys of one database as commands see them: over the store, over a write batch that collects writes, or over a transaction. Expired keys are not there; that is
 * the store's decision, by each entry's expiry. Used by one thread at a time.
 */
final class Keyspace {
  private static final ColumnFamily REDIS = ColumnFamily.REDIS;
  private static final ColumnFamily SYSTEM = ColumnFamily.REDIS_SYSTEM;
  /** Room in a value's limit for the record header. */
  static final int MAX_STRING_BYTES = KvStore.MAX_VALUE_BYTES - 64;

  private final KvStore store;
  private final Clock clock;
  private Reader reader;
  private @Nullable Transaction transaction;
  private @Nullable WriteBatch batch;
  private @Nullable Snapshot pinned;
  private int db;
  private long lastElementVersion;
  private final List<KeyRange> abandoned = new ArrayList<>();
  private int collections;
  private final java.util.ArrayDeque<Queued.Watched> touched = new java.util.ArrayDeque<>();
  private boolean tracking;
  private final List<Runnable> afterwards = new ArrayList<>();
  private final List<Change> changes = new ArrayList<>();
  private boolean noting;
  private boolean notesNew;
  private @Nullable String event;
  private final Set<PubSub.Name> made = new HashSet<>();
  private @Nullable Map<PubSub.Name, List<Connection>> written;

  /** A key whose metadata was written, or deleted. @param made there was none, as far as that was asked @param expiryMillis 0 = none */
  record Change(int database, byte[] key, boolean deleted, boolean made, long expiryMillis) {}

  Keyspace(KvStore store, Clock clock) {
    this.store = store;
    this.clock = clock;
    this.reader = store;
  }

  /** Reads see the newest state; there are no writes. */
  void direct() {
    reader = store;
    transaction = null;
    batch = null;
  }

  /** To be done once what is written now is committed, and not at all if it is not; at once where nothing is being written. */
  void afterwards(Runnable action) {
    if (transaction == null && batch == null) action.run();
    else afterwards.add(action);
  }

  /** What was written is committed. */
  void committed() {
    for (Runnable action : afterwards) action.run();
    forget();
  }

  /** One map for all that is committed together: keys and who has written them. The action is taken with it when that is committed. */
  Map<PubSub.Name, List<Connection>> written(Consumer<Map<PubSub.Name, List<Connection>>> action) {
    Map<PubSub.Name, List<Connection>> current = written;
    if (current == null) {
      current = new LinkedHashMap<>();
      written = current;
      Map<PubSub.Name, List<Connection>> complete = current;
      afterwards(() -> action.accept(complete));
    }
    return current;
  }

  /** From now on changes are noted, or not; those noted are forgotten. */
  void note(boolean on, boolean asksWhetherNew) {
    noting = on;
    notesNew = asksWhetherNew;
    event = null;
    changes.clear();
  }

  boolean isNoting() {
    return noting;
  }

  /** What the command does is told by this name. */
  void event(String name) {
    event = name;
  }

  @Nullable String event() {
    return event;
  }

  /** A batch does not show what is in it, so what it has made is remembered. */
  private boolean isNew(byte[] encoded) {
    return reader.get(REDIS, encoded) == null && (batch == null || made.add(new PubSub.Name(encoded)));
  }

  List<Change> changes() {
    return changes;
  }

  private void forget() {
    afterwards.clear();
    written = null;
    made.clear();
  }

  void within(Transaction tx) {
    forget();
    reader = tx;
    transaction = tx;
    batch = null;
    abandoned.clear();
    collections = 0;
  }

  /** Writes are collected; reads do not see them. */
  void into(WriteBatch writes) {
    forget();
    reader = store;
    transaction = null;
    batch = writes;
    abandoned.clear();
  }

  /** From now on the keys written are remembered, or not. */
  void track(boolean on) {
    tracking = on;
    touched.clear();
  }

  boolean isTracking() {
    return tracking;
  }

  void touch(Queued.Watched encoded) {
    touched.add(encoded);
  }

  /** A key whose metadata was written, in the order of writing; null = no more. */
  Queued.@Nullable Watched nextTouched() {
    return touched.poll();
  }

  /** From here to the end of the call, reads see one moment. In a transaction they do anyway. */
  void pin() {
    if (transaction != null || pinned != null) return;
    pinned = store.snapshot();
    reader = pinned;
  }

  /** Ends what {@link #pin} began. */
  void unpin() {
    if (pinned == null) return;
    pinned.close();
    pinned = null;
    reader = store;
  }

  void database(int index) {
    db = index;
  }

  int database() {
    return db;
  }

  /** Milliseconds since 1970 by which expiry is judged here. */
  long now() {
    return transaction != null ? Timestamp.physicalMillis(transaction.startTimestamp()) : clock.millis();
  }

  byte @Nullable [] record(byte[] key) {
    return reader.get(REDIS, metadataKey(key));
  }

  /** The metadata record with its expiry and store version. */
  @Nullable Entry entry(byte[] key) {
    return reader.getEntry(REDIS, metadataKey(key));
  }

  /** The store version of an encoded key; 0 = it is not there. */
  long version(byte[] encoded) {
    Entry entry = reader.getEntry(REDIS, encoded);
    return entry == null ? 0 : entry.version();
  }

  boolean exists(byte[] key) {
    return record(key) != null;
  }

  /** The metadata records of arguments {@code from} and every {@code step}-th after it, all of one moment. */
  List<byte @Nullable []> records(byte[][] args, int from, int step) {
    var encoded = new ArrayList<byte[]>((args.length - from) / step + 1);
    for (int i = from; i < args.length; i += step) encoded.add(metadataKey(args[i]));
    return reader.multiGet(REDIS, encoded);
  }

  /** Writes a metadata record; with an expiry that has passed, deletes the key. */
  void put(byte[] key, byte[] record, long expiryMillis) {
    if (expiryMillis != 0 && expiryMillis <= now()) {
      delete(key);
      return;
    }
    byte[] encoded = metadataKey(key);
    if (tracking) touched.add(new Queued.Watched(encoded));
    if (noting) changes.add(new Change(db, key, false, notesNew && isNew(encoded), expiryMillis));
    if (transaction != null) transaction.put(REDIS, encoded, record, expiryMillis);
    else Objects.requireNonNull(batch).put(REDIS, encoded, record, expiryMillis);
  }

  /** Writes a metadata record in place of whatever is at the key, a collection's elements with it. */
  void replace(byte[] key, byte[] record, long expiryMillis) {
    remove(key);
    put(key, record, expiryMillis);
  }

  /** Deletes a key that may be a collection, its elements with it; says whether it was there. */
  boolean remove(byte[] key) {
    Entry entry = entry(key);
    if (entry == null) return false;
    if (Metadata.type(entry.value()) != Metadata.Type.STRING) Collection.of(this, key, entry).clear();
    delete(key);
    return true;
  }

  void delete(byte[] key) {
    byte[] encoded = metadataKey(key);
    if (tracking) touched.add(new Queued.Watched(encoded));
    if (noting) changes.add(new Change(db, key, true, false, 0));
    if (transaction != null) transaction.delete(REDIS, encoded);
    else Objects.requireNonNull(batch).delete(REDIS, encoded);
  }

  /**
   * Deletes every key of a database; -1 = of all. One range delete where the batch holds nothing else and no other database has keys (the lane sees to it that nobody
   * writes meanwhile), otherwise record by record.
   */
  void flush(int database) {
    if (batch != null && (database < 0 || !othersThan(database))) {
      batch.deleteRange(REDIS, KeyRange.ALL);
      return;
    }
    try (Cursor cursor = scan(KeyRange.ALL, Direction.FORWARD)) {
      while (cursor.next()) {
        byte[] encoded = cursor.key();
        if (database >= 0 && RedisKey.db(encoded, RedisKey.terminator(encoded)) != database) continue;
        if (transaction != null) transaction.delete(REDIS, encoded);
        else Objects.requireNonNull(batch).delete(REDIS, encoded);
      }
    }
  }

  /** Exchanges two databases, key by key, all in the transaction. */
  void swap(int first, int second) {
    var both = new ArrayList<Moved>();
    for (int database : new int[] {first, second}) {
      try (var walk = new KeyWalk(scan(KeyRange.ALL, Direction.FORWARD), database)) {
        while (walk.next()) both.add(new Moved(database, walk.key(), entryAt(walk.encoded())));
      }
    }
    var contents = new ArrayList<List<byte[][]>>();
    int own = db;
    for (Moved each : both) {
      db = each.database;
      boolean string = each.entry == null || Metadata.type(each.entry.value()) == Metadata.Type.STRING;
      contents.add(string ? List.of() : Collection.of(this, each.key, Objects.requireNonNull(each.entry)).records());
    }
    for (Moved each : both) {
      db = each.database;
      remove(each.key);
    }
    for (int i = 0; i < both.size(); i++) {
      Moved each = both.get(i);
      if (each.entry == null) continue;
      db = each.database == first ? second : first;
      if (Metadata.type(each.entry.value()) == Metadata.Type.STRING) put(each.key, each.entry.value(), each.entry.expiryMillis());
      else Collection.of(this, each.key, each.entry).renewed().putAll(contents.get(i));
    }
    db = own;
  }

  private record Moved(int database, byte[] key, @Nullable Entry entry) {}

  private @Nullable Entry entryAt(byte[] encoded) {
    return reader.getEntry(REDIS, encoded);
  }

  private boolean othersThan(int database) {
    try (var walk = new KeyWalk(scan(KeyRange.ALL, Direction.FORWARD), -1)) {
      while (walk.next()) if (walk.database() != database) return true;
    }
    return false;
  }

  byte @Nullable [] element(byte[] encoded) {
    return reader.get(REDIS, encoded);
  }

  void putElement(byte[] encoded, byte[] value) {
    Objects.requireNonNull(transaction).put(REDIS, encoded, value, 0);
  }

  void deleteElement(byte[] encoded) {
    Objects.requireNonNull(transaction).delete(REDIS, encoded);
  }

  /** Records of a collection that nothing refers to once the transaction is committed. */
  void abandon(List<KeyRange> ranges) {
    abandoned.addAll(ranges);
    collections++;
  }

  /** How many collections the ranges of the next {@link #sweep} were. */
  int abandonedCollections() {
    return collections;
  }

  /** The deletion of what the transaction, committed by now, has abandoned. */
  WriteBatch sweep() {
    var deletions = new WriteBatch();
    for (KeyRange range : abandoned) deletions.deleteRange(REDIS, range);
    abandoned.clear();
    collections = 0;
    return deletions;
  }

  /** Above every element version given before: a timestamp, or one more than the last of this transaction. */
  long newElementVersion() {
    lastElementVersion = Math.max(lastElementVersion + 1, Objects.requireNonNull(transaction).startTimestamp());
    return lastElementVersion;
  }

  /** A record beside the keys: functions, users. FLUSHALL does not meet it. */
  byte @Nullable [] systemRecord(byte[] key) {
    return reader.get(SYSTEM, key);
  }

  /** All records whose key begins with this byte: the rest of the key, and the record. */
  void forEachSystemRecord(byte first, BiConsumer<byte[], byte[]> record) {
    try (Cursor cursor = reader.scan(SYSTEM, KeyRange.prefix(new byte[] {first}), Direction.FORWARD)) {
      while (cursor.next()) record.accept(Arrays.copyOfRange(cursor.key(), 1, cursor.key().length), cursor.value());
    }
  }

  /** @param record null deletes it */
  void putSystemRecord(byte[] key, byte @Nullable [] record) {
    if (record == null) Objects.requireNonNull(transaction).delete(SYSTEM, key);
    else Objects.requireNonNull(transaction).put(SYSTEM, key, record, 0);
  }

  Cursor scan(KeyRange range, Direction direction) {
    return reader.scan(REDIS, range, direction);
  }

  /** Keys of this database from an encoded position on, see {@link KeyWalk}. */
  KeyWalk walk(KeyRange range) {
    return new KeyWalk(scan(range, Direction.FORWARD), db);
  }

  byte[] metadataKey(byte[] key) {
    return checked(RedisKey.metadata(key, db));
  }

  /** @throws RedisError the encoded key is longer than the store takes */
  byte[] checked(byte[] encoded) {
    if (encoded.length > KvStore.MAX_KEY_BYTES) throw new RedisError("ERR key is longer than the " + KvStore.MAX_KEY_BYTES + " bytes a key may have here");
    return encoded;
  }
}
