package nokv.raftstore.txn;

import java.util.List;
import nokv.api.ColumnFamily;
import nokv.api.Direction;
import nokv.api.KeyRange;
import nokv.api.Timestamp;
import nokv.raftstore.key.FamilyKey;
import nokv.raftstore.key.LockKey;
import nokv.spi.EngineBatch.Entry;
import nokv.spi.EngineCursor;
import nokv.spi.Kind;
import nokv.spi.StorageEngine;
import nokv.spi.Version;
import org.jspecify.annotations.Nullable;

/** What the engine of a store knows of keys, locks and transactions, and the entries that change it. Thread-safe. May block on file reads. */
final class Records {
  private static final int LOCK_FAMILY = ColumnFamily.LOCK.id();
  /** Locks and outcomes have no history: all get this version, and the latest in the log counts. */
  private static final long LOCK_VERSION = 1;
  private static final byte[] NOTHING = {};

  final StorageEngine engine;

  Records(StorageEngine engine) {
    this.engine = engine;
  }

  // What is there

  @Nullable Lock lock(FamilyKey key) {
    byte[] value = engine.get(LOCK_FAMILY, LockKey.lock(key), Timestamp.MAX);
    return value == null ? null : Lock.decode(value);
  }

  /** The newest version of whatever kind at or below a version. */
  @Nullable Version newest(FamilyKey key, long version) {
    return engine.find(key.family(), key.key(), version);
  }

  @Nullable Outcome outcome(FamilyKey key, long start) {
    Version found = engine.find(LOCK_FAMILY, LockKey.outcome(key, start), Timestamp.MAX);
    return found == null || found.kind() != Kind.PUT ? null : Outcome.decode(found.value());
  }

  /** At which version the transaction of {@code start} has committed the key; 0 = it has not. */
  long commitVersion(FamilyKey key, long start) {
    return commitVersion(key, start, newest(key, Timestamp.MAX));
  }

  /** @param newest of the key. Commit versions are above start versions, so the search ends there */
  long commitVersion(FamilyKey key, long start, @Nullable Version newest) {
    for (Version at = newest; at != null && at.version() > start; at = newest(key, at.version() - 1)) if (at.startTimestamp() == start) return at.version();
    return 0;
  }

  /** Is shown the locks of a range of user keys, in order, until it has had enough. */
  @FunctionalInterface
  interface LockVisitor {
    boolean more(FamilyKey key, Lock lock);
  }

  void locks(byte[] start, byte @Nullable [] end, LockVisitor visitor) {
    locks(start, end, Direction.FORWARD, visitor);
  }

  void locks(byte[] start, byte @Nullable [] end, Direction direction, LockVisitor visitor) {
    try (EngineCursor cursor = engine.scan(LOCK_FAMILY, LockKey.range(start, end), direction, Timestamp.MAX, null)) {
      while (cursor.next()) {
        LockKey.Decoded at = LockKey.decode(cursor.key());
        if (at.start() == 0 && !visitor.more(at.key(), Lock.decode(cursor.value()))) return;
      }
    }
  }

  // What becomes of it

  static void lock(List<Entry> writes, FamilyKey key, Lock lock) {
    writes.add(new Entry(LOCK_FAMILY, LockKey.lock(key), LOCK_VERSION, Kind.PUT, 0, 0, lock.encode()));
  }

  static void unlock(List<Entry> writes, FamilyKey key) {
    writes.add(new Entry(LOCK_FAMILY, LockKey.lock(key), LOCK_VERSION, Kind.DELETE, 0, 0, NOTHING));
  }

  /** It expires just after the transaction's start: compaction drops it when the safe point has passed that, and it is looked for with {@code find}, which minds no expiry. */
  static void outcome(List<Entry> writes, FamilyKey key, long start, Outcome outcome) {
    writes.add(new Entry(LOCK_FAMILY, LockKey.outcome(key, start), LOCK_VERSION, Kind.PUT, 0, Timestamp.physicalMillis(start) + 1, outcome.encode()));
  }

  /** Makes of a lock the version it stood for. */
  static void commit(List<Entry> writes, FamilyKey key, Lock lock, long commitVersion) {
    writes.add(version(key, lock.op(), lock.start(), commitVersion, lock.expiryMillis(), lock.value()));
    unlock(writes, key);
  }

  /** Removes a lock and sees to it that it does not come back. */
  static void rollback(List<Entry> writes, FamilyKey key, @Nullable Lock lock, long start) {
    if (lock != null && lock.start() == start) unlock(writes, key);
    outcome(writes, key, start, Outcome.ROLLED_BACK);
  }

  static Entry version(FamilyKey key, nokv.raftstore.proto.Mutation.Op op, long start, long commitVersion, long expiryMillis, byte[] value) {
    Kind kind = switch (op) {
      case PUT -> Kind.PUT;
      case DELETE -> Kind.DELETE;
      case LOCK -> Kind.LOCK_ONLY;
      case DELETE_RANGE, UNRECOGNIZED -> throw new IllegalArgumentException("no version is a " + op);
    };
    return new Entry(key.family(), key.key(), commitVersion, kind, start, expiryMillis, kind == Kind.PUT ? value : NOTHING);
  }

  static Entry rangeDelete(int family, KeyRange range, long commitVersion) {
    byte[] end = range.end();
    return new Entry(family, range.start(), commitVersion, Kind.DELETE_RANGE, 0, 0, end == null ? NOTHING : end);
  }
}
