package nokv.raftstore.txn;

import java.util.List;
import nokv.api.Direction;
import nokv.api.KeyRange;
import nokv.api.Timestamp;
import nokv.raftstore.key.FamilyKey;
import nokv.raftstore.key.RegionRange;
import nokv.raftstore.proto.BatchGet;
import nokv.raftstore.proto.BatchGetResult;
import nokv.raftstore.proto.Entry;
import nokv.raftstore.proto.Get;
import nokv.raftstore.proto.GetResult;
import nokv.raftstore.proto.Key;
import nokv.raftstore.proto.KeyError;
import nokv.raftstore.proto.KeyResult;
import nokv.raftstore.proto.Mutation.Op;
import nokv.raftstore.proto.Refresh;
import nokv.raftstore.proto.Region;
import nokv.raftstore.proto.Request;
import nokv.raftstore.proto.Scan;
import nokv.raftstore.proto.ScanLocks;
import nokv.raftstore.proto.ScanLocksResult;
import nokv.raftstore.proto.ScanResult;
import nokv.raftstore.store.SafePoint;
import nokv.spi.Clock;
import nokv.spi.EngineCursor;
import nokv.spi.Kind;
import nokv.spi.Version;
import nokv.spi.txn.ReadSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads at a region's leader. Each is announced before: that raises the greatest read timestamp and waits for what is about to be written at or below its version. Then it looks at the locks,
 * then at the data, then at the safe point: whatever is committed at or below its version is found in one of the first two, unless the safe point has passed it. May block on file reads. Thread-safe.
 */
final class Reading {
  private static final int ENTRY_OVERHEAD_BYTES = 32;

  private final Records records;
  private final ReadTimestamps timestamps;
  private final PendingWrites pending;
  private final SafePoint safePoint;
  private final Clock clock;

  Reading(Records records, ReadTimestamps timestamps, PendingWrites pending, SafePoint safePoint, Clock clock) {
    this.records = records;
    this.timestamps = timestamps;
    this.pending = pending;
    this.safePoint = safePoint;
    this.clock = clock;
  }

  /** Raises the greatest read timestamp; returns what a read has to wait for, or null. To be called before it is asked whether this store leads. */
  PendingWrites.@Nullable Pending announce(Request request) {
    return switch (request.getCommandCase()) {
      case GET -> announce(List.of(FamilyKey.of(request.getGet().getKey())), List.of(), request.getGet().getVersion());
      case BATCH_GET -> {
        BatchGet batch = request.getBatchGet();
        yield announce(batch.getKeysList().stream().map(key -> new FamilyKey(batch.getFamily(), key.toByteArray())).toList(), List.of(), batch.getVersion());
      }
      case SCAN -> {
        Scan scan = request.getScan();
        yield announce(List.of(), List.of(new PendingWrites.Range(scan.getFamily(), scan.getStartKey().toByteArray(), RegionRange.end(scan.getEndKey()))), scan.getVersion());
      }
      case REFRESH -> {
        Refresh refresh = request.getRefresh();
        var ranges = refresh.getRangesList().stream().map(range -> new PendingWrites.Range(range.getFamily(), range.getStartKey().toByteArray(), RegionRange.end(range.getEndKey()))).toList();
        yield announce(refresh.getKeysList().stream().map(FamilyKey::of).toList(), ranges, refresh.getTo());
      }
      case SCAN_LOCKS -> {
        // Nobody commits below it any more with a lock that is put after this.
        timestamps.raise(request.getScanLocks().getMaxVersion());
        yield null;
      }
      default -> null;
    };
  }

  /** @param version 0 = the newest: what is under way is concurrent with it */
  private PendingWrites.@Nullable Pending announce(List<FamilyKey> keys, List<PendingWrites.Range> ranges, long version) {
    if (version == 0) return null;
    timestamps.raise(version);
    for (FamilyKey key : keys) {
      PendingWrites.Pending by = pending.hindrance(key, version);
      if (by != null) return by;
    }
    for (PendingWrites.Range range : ranges) {
      PendingWrites.Pending by = pending.hindrance(range, version);
      if (by != null) return by;
    }
    return null;
  }

  GetResult get(Get get) {
    var key = FamilyKey.of(get.getKey());
    KeyError locked = lockOn(key, get.getVersion());
    if (locked != null) return GetResult.newBuilder().setError(locked).build();
    Entry entry = entry(key, get.getVersion());
    if (isTooOld(get.getVersion())) return GetResult.newBuilder().setError(tooOld(safePoint)).build();
    return entry == null ? GetResult.getDefaultInstance() : GetResult.newBuilder().setEntry(entry).build();
  }

  BatchGetResult batchGet(BatchGet batch) {
    var result = BatchGetResult.newBuilder();
    for (var bytes : batch.getKeysList()) {
      var key = new FamilyKey(batch.getFamily(), bytes.toByteArray());
      KeyError locked = lockOn(key, batch.getVersion());
      if (locked != null) return BatchGetResult.newBuilder().setError(locked).build();
      Entry entry = entry(key, batch.getVersion());
      if (entry != null) result.addEntries(entry);
    }
    return isTooOld(batch.getVersion()) ? BatchGetResult.newBuilder().setError(tooOld(safePoint)).build() : result.build();
  }

  /** To be asked after reading. @param version 0 = the newest, which is always there */
  private boolean isTooOld(long version) {
    return version != 0 && version < safePoint.get();
  }

  static KeyError tooOld(SafePoint safePoint) {
    return KeyError.newBuilder().setMessage("below the safe point").setSnapshotTooOld(KeyError.SnapshotTooOld.newBuilder().setSafePoint(safePoint.get())).build();
  }

  /** The lock that a read of a key has to wait for. */
  private @Nullable KeyError lockOn(FamilyKey key, long version) {
    Lock lock = records.lock(key);
    if (lock == null || !hinders(lock, version)) return null;
    // It is the primary's own commit that decides, and that has not happened here.
    if (version == 0 && !lock.async() && lock.primary().equals(key)) return null;
    return locked(key, lock);
  }

  private static boolean hinders(Lock lock, long version) {
    return lock.op() != Op.LOCK && (version == 0 || (lock.start() <= version && lock.minCommitVersion() <= version));
  }

  static KeyError locked(FamilyKey key, Lock lock) {
    return KeyError.newBuilder().setMessage("locked by the transaction of " + lock.start()).setLocked(lock.toProto(key)).build();
  }

  private @Nullable Entry entry(FamilyKey key, long version) {
    Version found = records.newest(key, version == 0 ? Timestamp.MAX : version);
    while (found != null && (found.kind() == Kind.LOCK_ONLY || found.kind() == Kind.ROLLBACK)) found = records.newest(key, found.version() - 1);
    if (found == null || found.kind() != Kind.PUT || Timestamp.expired(found.expiryMillis(), version == 0 ? now() : version)) return null;
    return Entry.newBuilder().setKey(FamilyKey.bytes(key.key())).setValue(FamilyKey.bytes(found.value())).setVersion(found.version()).setExpiryMillis(found.expiryMillis()).build();
  }

  /** What a reader of the newest state judges expiry by: the clock's present, or that of the most advanced reader, so that what was gone stays gone. */
  private long now() {
    return Math.max(Timestamp.endOf(clock.millis()), timestamps.greatest());
  }

  ScanResult scan(Scan scan, Region region) {
    if (scan.getVersion() == 0) return ScanResult.newBuilder().setError(Prewriting.invalid("a scan needs a version")).build();
    KeyRange range = RegionRange.clip(scan.getStartKey().toByteArray(), RegionRange.end(scan.getEndKey()), region);
    Direction direction = scan.getReverse() ? Direction.REVERSE : Direction.FORWARD;
    KeyError locked = lockIn(scan.getFamily(), range, direction, scan.getVersion(), 0);
    var result = ScanResult.newBuilder();
    // The page ends before the lock: who reads no further does not wait for it.
    boolean more = entries(scan, locked == null ? range : until(range, direction, locked.getLocked().getKey()), direction, result);
    return isTooOld(scan.getVersion()) ? ScanResult.newBuilder().setError(tooOld(safePoint)).build()
        : locked != null && result.getEntriesCount() == 0 ? ScanResult.newBuilder().setError(locked).build() : result.setMore(more || locked != null).build();
  }

  /** Adds a page of entries; returns whether there may be more. */
  private boolean entries(Scan scan, KeyRange range, Direction direction, ScanResult.Builder result) {
    long bytes = 0;
    try (EngineCursor cursor = records.engine.scan(scan.getFamily(), range, direction, scan.getVersion(), null)) {
      while (result.getEntriesCount() < scan.getLimit() && bytes < Math.max(1, scan.getMaxBytes())) {
        if (!cursor.next()) return false;
        byte[] key = cursor.key();
        byte[] value = cursor.value();
        bytes += key.length + value.length + ENTRY_OVERHEAD_BYTES;
        result.addEntries(Entry.newBuilder().setKey(FamilyKey.bytes(key)).setValue(FamilyKey.bytes(value)).setVersion(cursor.version()).setExpiryMillis(cursor.expiryMillis()));
      }
    }
    return true;
  }

  private static KeyRange until(KeyRange range, Direction direction, Key lock) {
    byte[] key = lock.getKey().toByteArray();
    return direction == Direction.FORWARD ? new KeyRange(range.start(), key) : new KeyRange(ReadSet.behind(key), range.end());
  }

  /** The first lock that a read of a range has to wait for, in its direction. @param own start version of locks that are not in the way */
  private @Nullable KeyError lockIn(int family, KeyRange range, Direction direction, long version, long own) {
    var first = new @Nullable KeyError[1];
    records.locks(range.start(), range.end(), direction, (key, lock) -> {
      if (key.family() == family && lock.start() != own && hinders(lock, version)) first[0] = locked(key, lock);
      return first[0] == null;
    });
    return first[0];
  }

  KeyResult refresh(Refresh refresh, Region region) {
    KeyResult result = changes(refresh, region);
    return isTooOld(refresh.getFrom()) ? KeyResult.newBuilder().setError(tooOld(safePoint)).build() : result;
  }

  private KeyResult changes(Refresh refresh, Region region) {
    for (Key each : refresh.getKeysList()) {
      var key = FamilyKey.of(each);
      Lock lock = records.lock(key);
      if (lock != null && lock.start() != refresh.getStartVersion() && hinders(lock, refresh.getTo())) return KeyResult.newBuilder().setError(locked(key, lock)).build();
      Version newest = records.newest(key, refresh.getTo());
      if (newest != null && newest.version() > refresh.getFrom()) return KeyResult.newBuilder().setError(Prewriting.conflict(key, refresh.getStartVersion(), newest.version())).build();
    }
    for (Refresh.Range each : refresh.getRangesList()) {
      KeyRange range = RegionRange.clip(each.getStartKey().toByteArray(), RegionRange.end(each.getEndKey()), region);
      KeyError locked = lockIn(each.getFamily(), range, Direction.FORWARD, refresh.getTo(), refresh.getStartVersion());
      if (locked != null) return KeyResult.newBuilder().setError(locked).build();
      try (EngineCursor cursor = records.engine.versions(each.getFamily(), range, null)) {
        while (cursor.next()) {
          if (cursor.version() > refresh.getTo() || cursor.version() <= refresh.getFrom()) continue;
          return KeyResult.newBuilder().setError(Prewriting.conflict(new FamilyKey(each.getFamily(), cursor.key()), refresh.getStartVersion(), cursor.version())).build();
        }
      }
    }
    return KeyResult.getDefaultInstance();
  }

  ScanLocksResult scanLocks(ScanLocks scan, Region region) {
    var result = ScanLocksResult.newBuilder();
    KeyRange range = RegionRange.clip(scan.getStartKey().toByteArray(), null, region);
    records.locks(range.start(), range.end(), (key, lock) -> {
      if (lock.start() <= scan.getMaxVersion()) result.addLocks(lock.toProto(key));
      return result.getLocksCount() < scan.getLimit();
    });
    return result.build();
  }
}
