package nokv.engine.lsm;

import com.codahale.metrics.Counter;
import com.codahale.metrics.Timer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import nokv.api.ReadOnlyException;
import nokv.engine.lsm.Levels.Placed;
import nokv.engine.lsm.compaction.Survivors;
import nokv.engine.lsm.manifest.Change;
import nokv.engine.lsm.range.RangeDeletes;
import nokv.engine.lsm.table.InternalIterator;
import nokv.engine.lsm.table.MergingIterator;
import nokv.engine.lsm.table.RangeTombstone;
import org.jspecify.annotations.Nullable;

/**
 * Turns sealed memtables into a table at level 0, in four steps: <em>prepare</em> takes all that are sealed; <em>build</em> writes the table, moves large values that are still inline
 * to the value store, and makes both durable; <em>install</em> is one edit of the manifest and one new view; <em>release</em> frees memtables and log. Until the edit is durable a
 * crash finds all of it in the log; after it, all in the table. One flush runs at a time.
 */
final class Flusher {
  private final Core core;
  private final Counter flushes;
  private final Counter bytesWritten;
  private final Timer time;
  private LongConsumer listener = sequence -> {};

  Flusher(Core core) {
    this.core = core;
    flushes = core.environment.metrics().counter("flush.count");
    bytesWritten = core.environment.metrics().counter("flush.bytes");
    time = core.environment.metrics().timer("flush.time");
  }

  void onFlush(LongConsumer told) {
    listener = told;
  }

  /** The next flush, or null where nothing is sealed. */
  Background.@Nullable Work next() {
    List<Buffer> sealed = core.versions.peek().sealed;
    if (sealed.isEmpty()) return null;
    // On a full disk one at a time, since each frees the log that the next one needs the space of.
    List<Buffer> taken = core.background.spent() == null ? sealed : List.of(sealed.getLast());
    return () -> run(taken);
  }

  private void run(List<Buffer> sealed) {
    long start = core.environment.clock().nanos();
    try (var values = core.jobValues()) {
      Merge merge = merge(sealed, values);
      var tables = build(merge, sealed, values);
      install(sealed, tables);
      merge.dropped().discardTo(core.values::discard);
      flushes.inc();
      for (TableFile table : tables) bytesWritten.inc(table.meta.bytes());
    }
    time.update(core.environment.clock().nanos() - start, TimeUnit.NANOSECONDS);
    core.recycleLog();
    core.dropUnusedSegments();
    listener.accept(core.manifest.flushedSequence());
  }

  private Merge merge(List<Buffer> sealed, JobValues values) {
    var deletes = new ArrayList<RangeTombstone>();
    for (Buffer buffer : sealed) deletes.addAll(buffer.rangeDeletes().all());
    var index = RangeDeletes.of(deletes);
    var survivors = new Survivors(core.retention(), Core.covers(index), (family, key) -> true);
    boolean outOfOrder = sealed.stream().anyMatch(Buffer::outOfOrder);
    var target = new Merge.Target(Long.MAX_VALUE, lastSequence(sealed), outOfOrder, core.options.compression(0));
    return new Merge(core.files, survivors, deletes, target, new Merge.Moves(core.values.thresholdBytes(), Set.of()), values, bytes -> core.background.requireOpen());
  }

  private List<TableFile> build(Merge merge, List<Buffer> sealed, JobValues values) {
    var sources = new ArrayList<InternalIterator>();
    for (Buffer buffer : sealed) sources.add(buffer.iterator());
    List<TableFile> tables;
    try (InternalIterator walk = sources.size() == 1 ? sources.getFirst() : new MergingIterator(sources)) {
      tables = merge.run(walk);
    }
    try {
      if (tables.stream().anyMatch(table -> !table.meta.values().isEmpty())) values.sync();
      if (!tables.isEmpty()) core.files.syncDirectory();
    } catch (Throwable e) {
      tables.forEach(core.files::discard);
      throw e;
    }
    return tables;
  }

  private void install(List<Buffer> sealed, List<TableFile> tables) {
    var changes = new ArrayList<Change>();
    changes.add(new Change.Flushed(lastSequence(sealed), core.neededSegmentAfter(sealed)));
    changes.add(new Change.MaxVersion(sealed.stream().mapToLong(Buffer::maxVersion).max().orElse(0)));
    var added = tables.stream().map(table -> new Placed(0, table)).toList();
    try {
      core.versions.install(sealed, List.of(), added, changes);
    } catch (ReadOnlyException e) {
      // The edit may be durable, so the files must stay; the next opening knows.
      tables.forEach(TableFile::release);
      throw e;
    } catch (Throwable e) {
      tables.forEach(core.files::discard);
      throw e;
    }
  }

  private static long lastSequence(List<Buffer> sealed) {
    return sealed.getFirst().maxSequence();
  }
}
