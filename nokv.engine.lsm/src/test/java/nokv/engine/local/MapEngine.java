package nokv.engine.local;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongConsumer;
import nokv.api.ClosedException;
import nokv.api.Direction;
import nokv.api.KeyRange;
import nokv.api.Timestamp;
import nokv.spi.EngineBatch;
import nokv.spi.EngineCursor;
import nokv.spi.EngineLog;
import nokv.spi.Kind;
import nokv.spi.StorageEngine;
import nokv.spi.Version;
import nokv.spi.txn.Stages;
import org.jspecify.annotations.Nullable;

/**
 * A storage engine in a sorted map: as slow as it is plain, and right. What it holds outlives its closing, so that a restart can be played: {@link #reopened}. After
 * {@link #holdBack} batches stay in flight, prepared but not visible, until {@link #letGo}.
 */
public final class MapEngine implements StorageEngine {
  private record Key(int family, byte[] key, long version, long sequence) implements Comparable<Key> {
    /** Before all versions of a key. */
    static Key before(int family, byte[] key) {
      return new Key(family, key, Long.MAX_VALUE, Long.MAX_VALUE);
    }

    @Override public int compareTo(Key other) {
      int order = Integer.compare(family, other.family);
      if (order == 0) order = Arrays.compareUnsigned(key, other.key);
      if (order == 0) order = Long.compare(other.version, version);
      return order != 0 ? order : Long.compare(other.sequence, sequence);
    }

    boolean isOf(int otherFamily, byte[] otherKey) {
      return family == otherFamily && Arrays.equals(key, otherKey);
    }
  }

  private record Stored(Kind kind, long startTimestamp, long expiryMillis, byte[] value) {}

  private record RangeDelete(int family, KeyRange range, long version, long sequence) {}

  private record Waiting(EngineBatch batch, long sequence, CompletableFuture<Long> done) {}

  private final ConcurrentSkipListMap<Key, Stored> entries;
  private final List<RangeDelete> rangeDeletes;
  private final Map<String, byte[]> metadata;
  private final Deque<Waiting> inFlight = new ArrayDeque<>();
  private long lastSequence;
  private volatile long visibleSequence;
  private volatile long maxVersion;
  private volatile long retained;
  private volatile boolean closed;
  private boolean holding;
  private @Nullable RuntimeException writeFailure;

  public MapEngine() {
    entries = new ConcurrentSkipListMap<>();
    rangeDeletes = new CopyOnWriteArrayList<>();
    metadata = new ConcurrentHashMap<>();
  }

  private MapEngine(MapEngine before) {
    entries = before.entries;
    rangeDeletes = before.rangeDeletes;
    metadata = before.metadata;
    lastSequence = before.visibleSequence;
    visibleSequence = before.visibleSequence;
    maxVersion = before.maxVersion;
  }

  /** Closes it; the same data after a restart. */
  public MapEngine reopened() {
    close();
    return new MapEngine(this);
  }

  // Reads

  @Override public byte @Nullable [] get(int family, byte[] key, long readTimestamp) {
    Version version = readable(family, key, readTimestamp, visibleSequence);
    return version == null ? null : version.value();
  }

  @Override public @Nullable Version find(int family, byte[] key, long version) {
    return newest(family, key, version, visibleSequence);
  }

  private @Nullable Version readable(int family, byte[] key, long readTimestamp, long sequence) {
    Version found = newest(family, key, readTimestamp, sequence);
    while (found != null && (found.kind() == Kind.LOCK_ONLY || found.kind() == Kind.ROLLBACK)) found = newest(family, key, found.version() - 1, sequence);
    return found == null || found.kind() != Kind.PUT || Timestamp.expired(found.expiryMillis(), readTimestamp) ? null : found;
  }

  private @Nullable Version newest(int family, byte[] key, long version, long sequence) {
    if (closed) throw new ClosedException("the engine was closed");
    RangeDelete cover = null;
    for (RangeDelete delete : rangeDeletes) {
      if (delete.sequence > sequence || delete.version > version || delete.family != family || !delete.range.contains(key)) continue;
      if (cover == null || delete.version > cover.version) cover = delete;
    }
    for (var entry : entries.tailMap(new Key(family, key, version, Long.MAX_VALUE), true).entrySet()) {
      Key at = entry.getKey();
      if (!at.isOf(family, key)) break;
      if (at.sequence > sequence) continue;
      if (cover != null && (cover.version > at.version || (cover.version == at.version && cover.sequence > at.sequence))) break;
      Stored stored = entry.getValue();
      return new Version(family, at.key.clone(), at.version, stored.kind, stored.startTimestamp, stored.expiryMillis, stored.value.clone());
    }
    return cover == null ? null : new Version(family, key.clone(), cover.version, Kind.DELETE, 0, 0, new byte[0]);
  }

  @Override public EngineCursor scan(int family, KeyRange range, Direction direction, long readTimestamp, @Nullable Pin pin) {
    long sequence = pin == null ? visibleSequence : pin.sequence();
    var live = new ArrayList<Version>();
    for (byte[] key : keys(family, range)) {
      Version version = readable(family, key, readTimestamp, sequence);
      if (version != null) live.add(version);
    }
    return new ListCursor(direction == Direction.FORWARD ? live : live.reversed(), direction);
  }

  @Override public EngineCursor versions(int family, KeyRange range, @Nullable Pin pin) {
    long sequence = pin == null ? visibleSequence : pin.sequence();
    var all = new ArrayList<Version>();
    for (byte[] key : keys(family, range)) {
      for (Version v = newest(family, key, Long.MAX_VALUE, sequence); v != null; v = newest(family, key, v.version() - 1, sequence)) all.add(v);
    }
    return new ListCursor(all, Direction.FORWARD);
  }

  private Iterable<byte[]> keys(int family, KeyRange range) {
    byte[] end = range.end();
    Key to = end == null ? Key.before(family + 1, new byte[0]) : Key.before(family, end);
    var keys = new TreeSet<byte[]>(Arrays::compareUnsigned);
    for (Key key : entries.subMap(Key.before(family, range.start()), true, to, false).keySet()) keys.add(key.key);
    return keys;
  }

  @Override public Pin pin() {
    long sequence = visibleSequence;
    return new Pin() {
      @Override public long sequence() {
        return sequence;
      }

      @Override public void close() {}
    };
  }

  // Writes

  @Override public long write(EngineBatch batch) {
    return Stages.await(writeAsync(batch));
  }

  @Override public CompletionStage<Long> writeAsync(EngineBatch batch) {
    var done = new CompletableFuture<Long>();
    List<Waiting> shown = List.of();
    synchronized (this) {
      try {
        if (closed) throw new ClosedException("the engine was closed");
        batch.runPrepare();
        if (writeFailure != null) {
          batch.runFailed(writeFailure);
          throw writeFailure;
        }
      } catch (RuntimeException e) {
        return CompletableFuture.failedFuture(e);
      }
      var waiting = new Waiting(batch, ++lastSequence, done);
      for (EngineBatch.Entry entry : batch.entries()) store(entry, batch.versionOf(entry), waiting.sequence);
      inFlight.add(waiting);
      if (!holding) shown = show();
    }
    for (Waiting waiting : shown) waiting.done.complete(waiting.sequence);
    return done;
  }

  private void store(EngineBatch.Entry entry, long version, long sequence) {
    maxVersion = Math.max(maxVersion, version);
    byte[] key = entry.key().clone();
    byte[] value = entry.value().clone();
    if (entry.kind() == Kind.DELETE_RANGE) rangeDeletes.add(new RangeDelete(entry.family(), new KeyRange(key, value.length == 0 ? null : value), version, sequence));
    else entries.put(new Key(entry.family(), key, version, sequence), new Stored(entry.kind(), entry.startTimestamp(), entry.expiryMillis(), value));
  }

  private List<Waiting> show() {
    var shown = new ArrayList<Waiting>();
    for (Waiting waiting; (waiting = inFlight.poll()) != null; shown.add(waiting)) {
      visibleSequence = waiting.sequence;
      waiting.batch.runVisible(waiting.sequence);
    }
    return shown;
  }

  /** From now on batches stay in flight. */
  public synchronized void holdBack() {
    holding = true;
  }

  /** Makes everything visible that was held back. */
  public void letGo() {
    List<Waiting> shown;
    synchronized (this) {
      holding = false;
      shown = show();
    }
    for (Waiting waiting : shown) waiting.done.complete(waiting.sequence);
  }

  /** From now on batches fail, after they were prepared; null = no more. */
  public synchronized void failWrites(@Nullable RuntimeException failure) {
    writeFailure = failure;
  }

  @Override public CompletionStage<Long> apply(EngineBatch batch) {
    return writeAsync(batch);
  }

  @Override public EngineLog log() {
    throw new UnsupportedOperationException("a map has no log");
  }

  @Override public long flushedSequence() {
    return 0;
  }

  @Override public void onFlush(LongConsumer listener) {}

  // Retention

  @Override public void retain(KeyRange range, long version) {
    if (!range.equals(KeyRange.ALL)) throw new UnsupportedOperationException("only for all keys");
    retained = Math.max(retained, version);
  }

  /** Below it, {@link #compact} drops what nobody can see. */
  public long retained() {
    return retained;
  }

  /** Drops all that no reader at or above {@link #retained} can see, of all keys. */
  @Override public synchronized CompletionStage<Void> compact(KeyRange range) {
    long bound = retained;
    Key last = new Key(-1, new byte[0], 0, 0);
    boolean floorPassed = false;
    for (Iterator<Map.Entry<Key, Stored>> all = entries.entrySet().iterator(); all.hasNext(); ) {
      Key at = all.next().getKey();
      if (!at.isOf(last.family, last.key)) floorPassed = false;
      last = at;
      if (at.version > bound) continue;
      Version floor = readable(at.family, at.key, bound, visibleSequence);
      if (floorPassed || floor == null || floor.version() != at.version) all.remove();
      floorPassed = true;
    }
    rangeDeletes.removeIf(delete -> delete.version <= bound);
    return CompletableFuture.completedFuture(null);
  }

  /** How many versions of all keys it holds. */
  public int size() {
    return entries.size();
  }

  @Override public long maxVersion() {
    return maxVersion;
  }

  @Override public byte @Nullable [] metadata(String name) {
    return metadata.get(name);
  }

  @Override public CompletionStage<Void> putMetadata(String name, byte @Nullable [] value) {
    if (closed) return CompletableFuture.failedFuture(new ClosedException("the engine was closed"));
    if (value == null) metadata.remove(name);
    else metadata.put(name, value.clone());
    return CompletableFuture.completedFuture(null);
  }

  @Override public CompletionStage<Void> flush() {
    return CompletableFuture.completedFuture(null);
  }

  @Override public long approximateBytes(KeyRange range) {
    return 0;
  }

  @Override public Map<String, Object> stats() {
    return Map.of("lsm", Map.of("entries", entries.size()));
  }

  @Override public void close() {
    closed = true;
  }

  private static final class ListCursor implements EngineCursor {
    private final List<Version> list;
    private final Direction direction;
    private int at = -1;

    ListCursor(List<Version> list, Direction direction) {
      this.list = list;
      this.direction = direction;
    }

    @Override public boolean next() {
      if (at < list.size()) at++;
      return at < list.size();
    }

    @Override public void seek(byte[] key) {
      int first = 0;
      while (first < list.size() && isBefore(list.get(first).key(), key)) first++;
      at = first - 1;
    }

    private boolean isBefore(byte[] a, byte[] b) {
      int order = Arrays.compareUnsigned(a, b);
      return direction == Direction.FORWARD ? order < 0 : order > 0;
    }

    private Version current() {
      if (at < 0 || at >= list.size()) throw new IllegalStateException("the cursor is at no entry");
      return list.get(at);
    }

    @Override public byte[] key() {
      return current().key().clone();
    }

    @Override public byte[] value() {
      return current().value().clone();
    }

    @Override public long version() {
      return current().version();
    }

    @Override public Kind kind() {
      return current().kind();
    }

    @Override public long startTimestamp() {
      return current().startTimestamp();
    }

    @Override public long expiryMillis() {
      return current().expiryMillis();
    }

    @Override public void close() {}
  }
}
