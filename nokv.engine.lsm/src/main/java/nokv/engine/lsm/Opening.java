package nokv.engine.lsm;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import nokv.api.ConfigException;
import nokv.api.CorruptException;
import nokv.api.TooNewException;
import nokv.engine.lsm.Levels.Placed;
import nokv.engine.lsm.compaction.Job.SegmentId;
import nokv.engine.lsm.manifest.Change.AddTable;
import nokv.engine.lsm.manifest.Manifest;
import nokv.engine.lsm.manifest.ValueReference;
import nokv.engine.lsm.table.BlockCache;
import nokv.engine.lsm.wal.BatchRecord;
import nokv.engine.lsm.wal.Wal;
import nokv.spi.EngineLog;
import nokv.spi.Environment;
import nokv.spi.Kind;
import nokv.spi.ValuePointer;
import nokv.spi.ValueStore;
import nokv.spi.Vfs;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens the engine, recovering on the way: manifest, tables, then the log from the first segment that the manifest says is needed, into memtables. Nothing is changed until all of
 * that has been read and found sound; then the log's end is settled, the value store is told what is referred to, a new manifest begins, and files that belong to nothing go.
 */
final class Opening {
  private static final Logger LOG = LoggerFactory.getLogger(Opening.class);

  private final Environment environment;
  private final EngineOptions options;
  private final Directory directory;
  private final ValueStore values;
  private final boolean readOnly;
  /** Closed, last to first, if the opening fails. */
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private final List<EngineLog.Position> replicatorRecords = new ArrayList<>();
  private final Map<SegmentId, ValuePointer> lastPointers = new HashMap<>();
  private final ValueUse use = new ValueUse();
  private final Deque<Buffer> buffers = new ArrayDeque<>();
  private long lastSequence;
  private long replayed;
  private boolean fresh;

  private Opening(Environment environment, EngineOptions options, Vfs vfs, ValueStore values, String path, boolean readOnly) {
    this.environment = environment;
    this.options = options;
    this.directory = new Directory(vfs, path);
    this.values = values;
    this.readOnly = readOnly;
  }

  static LsmEngine open(Environment environment, EngineOptions options, Vfs vfs, ValueStore values, String path, boolean readOnly) {
    var opening = new Opening(environment, options, vfs, values, path, readOnly);
    try {
      return opening.run();
    } catch (Throwable e) {
      for (AutoCloseable part : opening.opened) {
        try {
          part.close();
        } catch (Exception suppressed) {
          e.addSuppressed(suppressed);
        }
      }
      throw e;
    }
  }

  private LsmEngine run() {
    long start = environment.clock().nanos();
    fresh = !directory.holdsStore();
    if (fresh && readOnly) throw new ConfigException(directory.path() + " holds no NoKV store; a store opened read-only is not made");
    if (fresh) directory.create();
    var owned = new ArrayList<AutoCloseable>();
    owned.add(keep(directory.lock()));
    owned.add(keep(environment.memory().claim("engine memtables", options.memtableBudget())));
    owned.add(keep(environment.memory().claim("engine block cache", options.cacheBytes())));
    owned.add(keep(environment.memory().claim("engine write queue", options.queueBytes())));

    Manifest manifest = keep(Manifest.read(directory.vfs(), directory.path(), options.manifestBytes()));
    var core = new Core[1];
    var files = new TableFiles(directory, manifest, new BlockCache(options.cacheBytes()), use, environment.background(), () -> {
      if (core[0] != null) core[0].dropUnusedSegments();
    });
    List<Placed> tables = openTables(manifest, files);
    lastSequence = manifest.flushedSequence();
    newBuffer(manifest.walSegment());
    Wal wal = replay(manifest);
    // A table that came in from elsewhere has a sequence that no flush has told yet.
    for (Placed placed : tables) lastSequence = Math.max(lastSequence, placed.table().meta.maxSequence());
    long maxVersion = manifest.maxVersion();
    for (Buffer buffer : buffers) maxVersion = Math.max(maxVersion, buffer.maxVersion());
    int removed = 0;
    if (!readOnly) {
      values.recovered(List.copyOf(lastPointers.values()));
      removed = files.deleteOrphans(names(manifest));
      manifest.start();
    }
    Buffer active = buffers.getFirst();
    var versions = new VersionSet(manifest, active, List.copyOf(buffers).subList(1, buffers.size()), tables);
    core[0] = new Core(environment, options, values, manifest, files, versions, wal, replicatorRecords, lastSequence, maxVersion, owned);
    opened.clear();
    report(wal, removed, environment.clock().nanos() - start, tables.size());
    if (!readOnly) core[0].background.wake();
    return new LsmEngine(core[0]);
  }

  private <T extends AutoCloseable> T keep(T part) {
    opened.push(part);
    return part;
  }

  private List<Placed> openTables(Manifest manifest, TableFiles files) {
    var tables = new ArrayList<Placed>();
    for (AddTable add : manifest.tables()) {
      TableFile table = files.open(add.table());
      keep(table::release);
      tables.add(new Placed(add.level(), table));
      for (ValueReference value : add.table().values()) refer(value.last());
    }
    return tables;
  }

  private void refer(ValuePointer pointer) {
    lastPointers.merge(new SegmentId(pointer.bucket(), pointer.segment()), pointer, (a, b) -> a.offset() >= b.offset() ? a : b);
  }

  private static Set<String> names(Manifest manifest) {
    var names = new HashSet<String>();
    for (AddTable add : manifest.tables()) names.add(add.table().fileName());
    return names;
  }

  private Buffer newBuffer(long firstSegment) {
    var buffer = new Buffer(options.memtable(), firstSegment, environment.random().getAsLong(), use);
    keep(buffer::release);
    buffers.push(buffer);
    return buffer;
  }

  private @Nullable Wal replay(Manifest manifest) {
    if (readOnly) {
      Wal.replay(directory.vfs(), directory.path(), manifest.walSegment(), this::record);
      return null;
    }
    return keep(Wal.open(environment, directory.vfs(), directory.path(), options.walSegmentBytes(), manifest.walSegment(), this::record));
  }

  private boolean record(int type, MemorySegment payload, EngineLog.Position position, boolean durable) {
    if (fresh) throw new CorruptException(directory.path() + " has a log with records and no CURRENT. Nothing was changed. Restore CURRENT or a backup");
    if (ReplicatorLog.isReplicators(type)) {
      replicatorRecords.add(position);
      return true;
    }
    if (type != BatchRecord.TYPE) throw new TooNewException("the log has a record of unknown type " + type + " in segment " + position.segment() + ": use a newer build");
    BatchRecord batch = BatchRecord.of(payload);
    if (batch.sequence() <= lastSequence) return true;
    boolean deletesRanges = false;
    while (batch.next()) {
      deletesRanges |= batch.kind() == Kind.DELETE_RANGE;
      ValuePointer pointer = batch.pointer();
      if (pointer == null) continue;
      if (!durable && !values.verify(pointer)) return false;
      refer(pointer);
    }
    Buffer active = buffers.getFirst();
    if (active.bytes() + payload.byteSize() > options.memtableBytes() && !active.isEmpty()) active = newBuffer(position.segment());
    active.apply(payload, deletesRanges);
    lastSequence = batch.sequence();
    replayed++;
    return true;
  }

  private void report(@Nullable Wal wal, int removed, long nanos, int tables) {
    long bytes = wal == null ? 0 : wal.replayedBytes();
    long trimmed = wal == null ? 0 : wal.trimmedBytes();
    long millis = nanos / 1_000_000;
    var metrics = environment.metrics();
    metrics.counter("recovery.batches_replayed").inc(replayed);
    metrics.counter("recovery.bytes_replayed").inc(bytes);
    metrics.counter("recovery.bytes_trimmed").inc(trimmed);
    metrics.counter("recovery.files_removed").inc(removed);
    metrics.counter("recovery.millis").inc(millis);
    LOG.info("{} opened in {} ms: {} tables; {} batches replayed from {} bytes of log; {} bytes trimmed; {} files removed", directory.path(), millis, tables, replayed, bytes,
        trimmed, removed);
  }
}
