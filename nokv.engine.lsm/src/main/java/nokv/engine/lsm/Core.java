package nokv.engine.lsm;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import nokv.api.ClosedException;
import nokv.api.KeyRange;
import nokv.api.NoKVException;
import nokv.api.ReadOnlyException;
import nokv.engine.lsm.compaction.Job.SegmentId;
import nokv.engine.lsm.compaction.Retention;
import nokv.engine.lsm.compaction.Shape;
import nokv.engine.lsm.compaction.Survivors;
import nokv.engine.lsm.manifest.Change;
import nokv.engine.lsm.manifest.Manifest;
import nokv.engine.lsm.range.RangeDeletes;
import nokv.engine.lsm.table.RangeTombstone;
import nokv.engine.lsm.wal.CommitQueue;
import nokv.engine.lsm.wal.SyncPolicy;
import nokv.engine.lsm.wal.Wal;
import nokv.spi.EngineBatch;
import nokv.spi.EngineLog;
import nokv.spi.Environment;
import nokv.spi.ValueStore;
import org.jspecify.annotations.Nullable;

/** The engine's parts, put together, and the steps that concern several of them. Thread-safe. */
final class Core implements AutoCloseable {
  final Environment environment;
  final EngineOptions options;
  final ValueStore values;
  final Manifest manifest;
  final TableFiles files;
  final VersionSet versions;
  final PointReader reader;
  final Flusher flusher;
  final Compactor compactor;
  final Background background;
  private final Writes writes;
  private final @Nullable Wal wal;
  private final @Nullable CommitQueue queue;
  private final @Nullable ReplicatorLog log;
  private final List<AutoCloseable> owned;
  /** Held to append to the value store, to take back what was appended, and to drop segments. */
  private final ReentrantLock appends = new ReentrantLock();
  /** Sequences given out when a segment was first found without users; guarded by {@link #appends}. */
  private final Map<SegmentId, Long> unusedSince = new HashMap<>();
  private volatile Retention retention = Retention.NOTHING_DROPPED;
  private volatile @Nullable ReadOnlyException failure;

  /**
   * @param owned closed with it, last to first
   * @param wal null = opened read-only
   * @param replicatorRecords where the log holds records of a replicator
   */
  Core(Environment environment, EngineOptions options, ValueStore values, Manifest manifest, TableFiles files, VersionSet versions, @Nullable Wal wal,
      List<EngineLog.Position> replicatorRecords, long lastSequence, long maxVersion, List<AutoCloseable> owned) {
    this.environment = environment;
    this.options = options;
    this.values = values;
    this.manifest = manifest;
    this.files = files;
    this.versions = versions;
    this.wal = wal;
    this.owned = owned;
    reader = new PointReader(values);
    flusher = new Flusher(this);
    compactor = new Compactor(this);
    background = new Background(environment, options.backgroundThreads(), flusher::next, compactor::next, this::fail,
        new Reserve(files.directory(), wal == null ? 0 : options.reserveBytes(), this::bytesOnDisk));
    long seed = environment.random().getAsLong();
    LongSupplier segment = wal == null ? () -> 0 : () -> wal.position().segment();
    writes = new Writes(options, versions, background, first -> new Buffer(options.memtable(), first, seed ^ first, files.use()), segment, lastSequence, maxVersion);
    if (wal == null) {
      queue = null;
      log = null;
      return;
    }
    SyncPolicy policy = switch (options.sync()) {
      case ALWAYS -> SyncPolicy.ALWAYS;
      case INTERVAL -> SyncPolicy.INTERVAL;
      case NONE -> SyncPolicy.NONE;
    };
    queue = new CommitQueue(environment, wal, values, appends, policy, options.syncInterval(), options.queueBytes(), lastSequence, writes);
    log = new ReplicatorLog(wal, queue, replicatorRecords, this::memtablesNeed, this::recordRelease);
  }

  CommitQueue queue() {
    if (queue == null) throw new ReadOnlyException("the store was opened read-only");
    return queue;
  }

  ReplicatorLog log() {
    if (log == null) throw new ReadOnlyException("the store was opened read-only");
    return log;
  }

  @Nullable Wal wal() {
    return wal;
  }

  long visible() {
    return writes.visible();
  }

  long maxVersion() {
    return writes.maxVersion();
  }

  /** Whether writers are slowed because flush or compaction is behind. */
  boolean isBehind() {
    return writes.delayNanosPerByte() > 0;
  }

  private long bytesOnDisk() {
    long bytes = 0;
    for (int level = 0; level < Shape.LEVELS; level++) bytes += versions.shape().bytes(level);
    for (ValueStore.Segment segment : values.segments()) bytes += segment.bytes();
    return bytes;
  }

  void sawVersion(long version) {
    writes.sawVersion(version);
  }

  /** Notes where the value store ends, and returns what copies it up to there; see {@link ValueStore#checkpoint}. */
  Runnable noteValues(String nodeDirectory) {
    appends.lock();
    try {
      return values.checkpoint(nodeDirectory);
    } finally {
      appends.unlock();
    }
  }

  PinnedView pin() {
    return PinnedView.now(versions, writes::visible);
  }

  JobValues jobValues() {
    return new JobValues(values, appends, files.use());
  }

  Retention retention() {
    return retention;
  }

  synchronized void retain(KeyRange range, long version) {
    retention = retention.with(range, version);
  }

  static Survivors.RangeCover covers(RangeDeletes deletes) {
    if (deletes.isEmpty()) return (family, key, version, sequence, limit) -> false;
    return (family, key, version, sequence, limit) -> {
      RangeTombstone newest = deletes.newestOver(family, key, limit, Long.MAX_VALUE);
      return newest != null && RangeDeletes.isNewer(newest, version, sequence);
    };
  }

  /** Seals what is in memtables now and waits until it is in tables. */
  CompletionStage<Void> flushAll() {
    CommitQueue commits = queue();
    writes.requestSeal();
    // A batch of nothing makes the leader look whether to seal, at a moment when no other batch is half applied.
    return commits.apply(new EngineBatch(0)).thenCompose(this::flushed);
  }

  private CompletionStage<Void> flushed(long sequence) {
    List<Buffer> sealed = versions.peek().sealed;
    boolean done = sealed.isEmpty() || sealed.getLast().maxSequence() >= sequence;
    return done ? CompletableFuture.completedFuture(null) : background.nextFlush().thenCompose(flushed -> flushed(sequence));
  }

  void edit(List<Change> changes) {
    if (failure != null) throw new ReadOnlyException("the store is read-only: " + failure.getMessage(), failure);
    try {
      manifest.edit(changes);
    } catch (ReadOnlyException e) {
      fail(e);
      throw e;
    }
  }

  /** The first segment of the log that a memtable needs. */
  private long memtablesNeed() {
    View view = versions.peek();
    return view.sealed.isEmpty() ? view.active.firstSegment : view.sealed.getLast().firstSegment;
  }

  /** The first segment that is needed once these memtables are in tables. */
  long neededSegmentAfter(List<Buffer> flushed) {
    View view = versions.peek();
    long needed = view.active.firstSegment;
    for (Buffer buffer : view.sealed) if (!flushed.contains(buffer)) needed = buffer.firstSegment;
    return Math.min(needed, log().needed());
  }

  /** Lets the log have back what the manifest says is not needed. */
  void recycleLog() {
    if (wal != null) wal.recycleBelow(manifest.walSegment());
  }

  /** The replicator needs less of the log: says so in the manifest, if that frees a segment. */
  private void recordRelease() {
    if (Math.min(memtablesNeed(), log().needed()) <= manifest.walSegment()) return;
    environment.io().execute(() -> {
      try {
        versions.editFlushed(() -> new Change.Flushed(manifest.flushedSequence(), Math.min(memtablesNeed(), log().needed())));
        recycleLog();
      } catch (NoKVException e) {
        // A full disk: the next flush says it again. A failed manifest: it takes no further edit, and says so to whoever comes next.
        if (e instanceof ReadOnlyException) fail(e);
      }
    });
  }

  /**
   * Drops segments of the value store that nothing refers to any more. A value that was appended is in use only once its batch is in the memtable; so a segment goes when it is found
   * unused after every batch is visible that had a sequence when it was found so first.
   */
  void dropUnusedSegments() {
    if (queue == null || failure() != null) return;
    appends.lock();
    try {
      for (ValueStore.Segment segment : values.segments()) {
        var id = new SegmentId(segment.bucket(), segment.segment());
        if (!segment.sealed() || files.use().isUsed(id)) {
          unusedSince.remove(id);
        } else if (unusedSince.computeIfAbsent(id, first -> queue.lastSequence()) <= writes.visible() && !files.use().isUsed(id)) {
          values.drop(segment.bucket(), segment.segment());
          unusedSince.remove(id);
        }
      }
    } finally {
      appends.unlock();
    }
  }

  /** Makes the store read-only; returns what to tell. */
  Throwable fail(Throwable cause) {
    ReadOnlyException first = failure;
    if (first != null) return first;
    ReadOnlyException told = wal == null ? new ReadOnlyException("background work failed: " + cause.getMessage(), cause) : wal.fail("background work failed", cause);
    failure = told;
    return told;
  }

  @Nullable ReadOnlyException failure() {
    return failure != null ? failure : wal == null ? null : wal.failure();
  }

  @Override public void close() {
    background.close();
    if (queue != null && failure() == null) closeQueue(queue);
    versions.close();
    files.close();
    if (wal != null) wal.close();
    manifest.close();
    RuntimeException error = null;
    for (AutoCloseable part : owned.reversed()) {
      try {
        part.close();
      } catch (Exception e) {
        error = e instanceof RuntimeException r ? r : new NoKVException("closing the engine: " + e.getMessage(), e);
      }
    }
    if (error != null) throw error;
  }

  private static void closeQueue(CommitQueue commits) {
    try {
      commits.close();
    } catch (ClosedException e) {
      // Closed already, which is what was wanted.
    }
  }
}
