package nokv.engine.lsm;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongConsumer;
import nokv.api.Direction;
import nokv.api.InvalidArgumentException;
import nokv.api.KeyRange;
import nokv.engine.lsm.compaction.Shape;
import nokv.engine.lsm.manifest.Bound;
import nokv.engine.lsm.manifest.Change;
import nokv.engine.lsm.manifest.Span;
import nokv.spi.EngineBatch;
import nokv.spi.EngineCursor;
import nokv.spi.EngineLog;
import nokv.spi.StorageEngine;
import nokv.spi.Version;
import nokv.spi.Vfs;
import org.jspecify.annotations.Nullable;

/**
 * The LSM engine: write-ahead log, memtables, tables in levels, values apart. This class is what its users see; it hands writes to the {@link nokv.engine.lsm.wal.CommitQueue},
 * reads to {@link PointReader} and the cursors, and everything that needs time to {@link Background}.
 */
final class LsmEngine implements StorageEngine {
  private static final int MAX_METADATA_BYTES = 64 << 10;

  private final Core core;
  private final List<LongConsumer> flushListeners = new CopyOnWriteArrayList<>();
  private volatile boolean closed;

  LsmEngine(Core core) {
    this.core = core;
    core.flusher.onFlush(sequence -> flushListeners.forEach(listener -> listener.accept(sequence)));
  }

  @Override public byte @Nullable [] get(int family, byte[] key, long readTimestamp) {
    int stripe = View.stripe();
    View view = core.versions.enter(stripe);
    try {
      return core.reader.get(view, family, key, readTimestamp, core.visible());
    } finally {
      view.leave(stripe);
    }
  }

  @Override public @Nullable Version find(int family, byte[] key, long version) {
    int stripe = View.stripe();
    View view = core.versions.enter(stripe);
    try {
      return core.reader.find(view, family, key, version, core.visible());
    } finally {
      view.leave(stripe);
    }
  }

  @Override public EngineCursor scan(int family, KeyRange range, Direction direction, long readTimestamp, @Nullable Pin pin) {
    PinnedView view = hold(pin);
    try {
      return direction == Direction.FORWARD ? new ForwardScan(core.reader, view, family, range, readTimestamp)
          : new ReverseScan(core.reader, view, family, range, readTimestamp);
    } catch (Throwable e) {
      view.close();
      throw e;
    }
  }

  @Override public EngineCursor versions(int family, KeyRange range, @Nullable Pin pin) {
    PinnedView view = hold(pin);
    try {
      return new VersionScan(core.reader, view, family, range);
    } catch (Throwable e) {
      view.close();
      throw e;
    }
  }

  private PinnedView hold(@Nullable Pin pin) {
    return pin == null ? core.pin() : PinnedView.again((PinnedView) pin);
  }

  @Override public Pin pin() {
    return core.pin();
  }

  @Override public long write(EngineBatch batch) {
    return core.queue().write(batch);
  }

  @Override public CompletionStage<Long> writeAsync(EngineBatch batch) {
    return core.queue().writeAsync(batch);
  }

  @Override public CompletionStage<Long> apply(EngineBatch batch) {
    return core.queue().apply(batch);
  }

  @Override public EngineLog log() {
    return core.log();
  }

  @Override public long flushedSequence() {
    return core.manifest.flushedSequence();
  }

  @Override public void onFlush(LongConsumer listener) {
    flushListeners.add(listener);
  }

  @Override public void retain(KeyRange range, long version) {
    core.retain(range, version);
  }

  @Override public long maxVersion() {
    return core.maxVersion();
  }

  @Override public byte @Nullable [] metadata(String name) {
    return core.manifest.metadata(name);
  }

  @Override public CompletionStage<Void> putMetadata(String name, byte @Nullable [] value) {
    if (value != null && value.length > MAX_METADATA_BYTES) {
      return CompletableFuture.failedFuture(new InvalidArgumentException("metadata " + name + " has " + value.length + " bytes; the limit is " + MAX_METADATA_BYTES));
    }
    return CompletableFuture.runAsync(() -> core.edit(List.of(new Change.Metadata(name, value))), core.environment.io());
  }

  @Override public CompletionStage<Void> flush() {
    return core.flushAll();
  }

  @Override public CompletionStage<Void> compact(KeyRange range) {
    return core.flushAll().thenCompose(flushed -> compactTables(range)).thenRun(core.background::wake);
  }

  /** The families a range concerns; tables are asked by family and key. */
  private List<Span> spans(KeyRange range) {
    if (range.equals(KeyRange.ALL)) return List.of(Span.ALL);
    var shape = core.versions.shape();
    var spans = new ArrayList<Span>();
    for (int family = 0; family < 256; family++) {
      var span = new Span(new Bound(family, range.start()), Bound.endOf(family, range.end()));
      if (shape.anyOverlapping(0, span)) spans.add(span);
    }
    return spans;
  }

  private CompletionStage<Void> compactTables(KeyRange range) {
    CompletableFuture<Void> done = CompletableFuture.completedFuture(null);
    for (Span span : spans(range)) done = done.thenCompose(before -> core.background.request(() -> core.compactor.range(span)));
    return done;
  }

  @Override public long approximateBytes(KeyRange range) {
    int stripe = View.stripe();
    View view = core.versions.enter(stripe);
    try {
      long bytes = 0;
      for (int level = 0; level < Shape.LEVELS; level++) for (TableFile table : view.levels.level(level)) bytes += table.approximateBytes(range);
      return bytes;
    } finally {
      view.leave(stripe);
    }
  }

  @Override public Vfs vfs() {
    return core.files.directory().vfs();
  }

  @Override public CompletionStage<Void> checkpoint(String target) {
    var checkpoint = new Checkpoint(core, core.files.directory(), new Directory(vfs(), target));
    return core.flushAll().thenRunAsync(checkpoint::make, core.environment.io());
  }

  @Override public Exported export(String target, long fromVersion, long toVersion, Pin pin, LongConsumer progress) {
    return new Export(this, vfs(), target, core.options.levels().tableBytes(), core.options.compression(Shape.LAST), progress).run(fromVersion, toVersion, pin);
  }

  @Override public CompletionStage<Void> ingest(List<String> paths, LongConsumer progress) {
    return core.flushAll().thenCompose(flushed -> core.queue().apply(new EngineBatch(0)))
        .thenAcceptAsync(sequence -> new Ingest(core, vfs(), sequence, progress).run(paths), core.environment.io());
  }

  @Override public Map<String, Object> stats() {
    return EngineStats.of(core);
  }

  @Override public void close() {
    if (closed) return;
    closed = true;
    core.close();
  }
}
