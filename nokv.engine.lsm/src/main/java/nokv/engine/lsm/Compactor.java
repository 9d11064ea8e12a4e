package nokv.engine.lsm;

import com.codahale.metrics.Counter;
import com.codahale.metrics.Timer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import nokv.api.KeyRange;
import nokv.api.ReadOnlyException;
import nokv.engine.lsm.Levels.Placed;
import nokv.engine.lsm.compaction.Job;
import nokv.engine.lsm.compaction.Job.Reason;
import nokv.engine.lsm.compaction.Job.SegmentId;
import nokv.engine.lsm.compaction.JobQueue;
import nokv.engine.lsm.compaction.Retention;
import nokv.engine.lsm.compaction.Shape;
import nokv.engine.lsm.compaction.Survivors;
import nokv.engine.lsm.manifest.Span;
import nokv.engine.lsm.manifest.TableMeta;
import nokv.engine.lsm.range.RangeDeletes;
import nokv.engine.lsm.table.InternalIterator;
import nokv.engine.lsm.table.MergingIterator;
import nokv.engine.lsm.table.RangeTombstone;
import nokv.spi.ValueStore;
import org.jspecify.annotations.Nullable;

/*
 * How tables are replaced, and the value store collected
 *
 * A job takes tables, writes others that hold what survives of them, and exchanges the two in one edit. Compaction does so to push tables down a level. Collection does so with each
 * table that points into a segment of the value store that is mostly garbage: the table is written again, at its level and in its place, with the live values of that segment
 * appended to a cold one. The segment is dropped when no table, memtable or view that a reader holds refers to it.
 *
 * So a value moves only together with the pointer to it. Had collection put moved values back through the memtable, as in WiscKey and Badger, it would have to prove for each that no
 * newer write, and no compaction under way, carried the old pointer on; here a table is input of at most one job at a time (Claims), so there is no second writer of the pointer,
 * and no race to lose. A reader who holds the old table has the old pointer, and with it the old segment.
 */

/** Runs compactions and collections. Thread-safe. */
final class Compactor {
  /** Segments that are collected at a time have about so many bytes. */
  private static final long COLLECTION_BYTES = 256L << 20;

  private final Core core;
  private final JobQueue jobs;
  private final Counter compactions;
  private final Counter moves;
  private final Counter collections;
  private final Counter bytesRead;
  private final Counter bytesWritten;
  private final Counter entriesDropped;
  private final Counter valueBytesMoved;
  private final Timer time;
  private final Pace pace;

  Compactor(Core core) {
    this.core = core;
    this.pace = new Pace(core.environment.clock(), core.options.compactionRate(), core::isBehind);
    this.jobs = new JobQueue(core.options.levels());
    var metrics = core.environment.metrics();
    compactions = metrics.counter("compaction.count");
    moves = metrics.counter("compaction.moves");
    collections = metrics.counter("value_log.collections");
    bytesRead = metrics.counter("compaction.bytes_read");
    bytesWritten = metrics.counter("compaction.bytes_written");
    entriesDropped = metrics.counter("compaction.entries_dropped");
    valueBytesMoved = metrics.counter("value_log.bytes_moved");
    time = metrics.timer("compaction.time");
  }

  /** The next job, or null where nothing is to be done or all of it is in the way of others. */
  Background.@Nullable Work next() {
    return work(jobs.next(core.versions::shape, this::victims));
  }

  /** A job that takes a span to its last level, or null. */
  Background.@Nullable Work range(Span span) {
    return work(jobs.range(core.versions::shape, span));
  }

  private Background.@Nullable Work work(JobQueue.@Nullable Claimed claimed) {
    if (claimed == null) return null;
    return () -> {
      try {
        if (claimed.job().isMove()) move(claimed.job());
        else replace(claimed.job());
      } finally {
        jobs.done(claimed);
      }
      core.dropUnusedSegments();
    };
  }

  private Set<SegmentId> victims() {
    var victims = new HashSet<SegmentId>();
    for (ValueStore.Segment segment : core.values.victims(COLLECTION_BYTES)) victims.add(new SegmentId(segment.bucket(), segment.segment()));
    return victims;
  }

  private void move(Job job) {
    int stripe = View.stripe();
    View view = core.versions.enter(stripe);
    try {
      var removed = inputs(view, job);
      var added = List.of(new Placed(job.outputLevel(), removed.getFirst().table()));
      core.versions.install(List.of(), removed, added, List.of());
      moves.inc();
    } finally {
      view.leave(stripe);
    }
  }

  private void replace(Job job) {
    long start = core.environment.clock().nanos();
    // Before the view is taken: what is written later than that is not below it.
    Retention retention = core.retention();
    int stripe = View.stripe();
    View view = core.versions.enter(stripe);
    try (var values = core.jobValues()) {
      List<Placed> inputs = inputs(view, job);
      Merge merge = merge(job, view, inputs, retention, values);
      List<TableFile> outputs = build(merge, view, job, inputs, values);
      install(job, inputs, outputs);
      merge.dropped().discardTo(core.values::discard);
      count(job, merge, outputs, values);
    } finally {
      view.leave(stripe);
    }
    time.update(core.environment.clock().nanos() - start, TimeUnit.NANOSECONDS);
  }

  private static List<Placed> inputs(View view, Job job) {
    var placed = new ArrayList<Placed>();
    for (Job.Input input : job.inputs()) placed.add(new Placed(input.level(), view.levels.tables(Set.of(input.table().number())).getFirst()));
    return placed;
  }

  private Merge merge(Job job, View view, List<Placed> inputs, Retention retention, JobValues values) {
    var older = new Older(olderSpans(job, view));
    var deletes = new ArrayList<RangeTombstone>();
    for (Placed input : inputs) deletes.addAll(input.table().rangeDeletes.all());
    var survivors = new Survivors(retention, Core.covers(RangeDeletes.of(deletes)), older);
    var surviving = deletes.stream().filter(delete -> survives(delete, retention, older)).toList();
    boolean outOfOrder = inputs.stream().anyMatch(input -> input.table().meta.outOfOrder()) && older.overlaps(job.span());
    long tableBytes = job.outputLevel() == 0 ? Long.MAX_VALUE : core.options.levels().tableBytes();
    var target = new Merge.Target(tableBytes, inputs.getFirst().table().meta.order(), outOfOrder, core.options.compression(job.outputLevel()));
    return new Merge(core.files, survivors, surviving, target, new Merge.Moves(Integer.MAX_VALUE, job.relocate()), values, this::pace);
  }

  /** A range delete may go when every reader sees it and nothing it could cover lies outside the job; what it covers inside goes with it. */
  private static boolean survives(RangeTombstone delete, Retention retention, Older older) {
    KeyRange range = delete.end().length == 0 ? KeyRange.from(delete.start()) : new KeyRange(delete.start(), delete.end());
    return delete.version() > retention.over(range) || older.overlaps(RangeDeletes.span(delete));
  }

  /** Where versions older than those of the job may lie: further down, in older tables of level 0 where the job stays there, and anywhere that took writes out of order. */
  private static List<Span> olderSpans(Job job, View view) {
    var own = new HashSet<Long>();
    for (Job.Input input : job.inputs()) own.add(input.table().number());
    long order = job.inputs().getFirst().table().order();
    var spans = new ArrayList<Span>();
    for (int level = 0; level < Shape.LEVELS; level++) {
      for (TableFile table : view.levels.level(level)) {
        TableMeta meta = table.meta;
        boolean older = level > job.outputLevel() || (level == 0 && job.outputLevel() == 0 && meta.order() <= order);
        if (!own.contains(meta.number()) && (older || meta.outOfOrder()) && meta.span().overlaps(job.span())) spans.add(meta.span());
      }
    }
    if (view.active.outOfOrder() || view.sealed.stream().anyMatch(Buffer::outOfOrder)) spans.add(Span.ALL);
    return spans;
  }

  private void pace(long bytes) {
    core.background.requireOpen();
    pace.written(bytes, core.background::isClosed);
  }

  private List<TableFile> build(Merge merge, View view, Job job, List<Placed> inputs, JobValues values) {
    List<TableFile> outputs;
    try (InternalIterator walk = walk(view, inputs)) {
      outputs = merge.run(walk);
    }
    try {
      if (!job.relocate().isEmpty()) values.sync();
      if (!outputs.isEmpty()) core.files.syncDirectory();
    } catch (Throwable e) {
      outputs.forEach(core.files::discard);
      throw e;
    }
    return outputs;
  }

  /** Newer sources first; the tables of a level beyond 0 are one source. */
  private static InternalIterator walk(View view, List<Placed> inputs) {
    var own = new HashSet<TableFile>();
    for (Placed input : inputs) own.add(input.table());
    var sources = new ArrayList<InternalIterator>();
    for (int level = 0; level < Shape.LEVELS; level++) {
      List<TableFile> tables = List.of(view.levels.level(level)).stream().filter(own::contains).toList();
      if (level == 0) tables.forEach(table -> sources.add(table.iterator(false)));
      else if (!tables.isEmpty()) sources.add(new LevelIterator(tables, false));
    }
    return sources.size() == 1 ? sources.getFirst() : new MergingIterator(sources);
  }

  private void install(Job job, List<Placed> inputs, List<TableFile> outputs) {
    var added = outputs.stream().map(table -> new Placed(job.outputLevel(), table)).toList();
    try {
      core.versions.install(List.of(), inputs, added, List.of());
    } catch (ReadOnlyException e) {
      // The edit may be durable, so the files must stay; the next opening knows.
      outputs.forEach(TableFile::release);
      throw e;
    } catch (Throwable e) {
      outputs.forEach(core.files::discard);
      throw e;
    }
  }

  private void count(Job job, Merge merge, List<TableFile> outputs, JobValues values) {
    (job.reason() == Reason.VALUE_COLLECTION ? collections : compactions).inc();
    bytesRead.inc(job.inputBytes());
    for (TableFile output : outputs) bytesWritten.inc(output.meta.bytes());
    entriesDropped.inc(merge.entriesRead() - merge.entriesKept());
    valueBytesMoved.inc(values.bytes());
  }

  int running() {
    return jobs.running();
  }
}
