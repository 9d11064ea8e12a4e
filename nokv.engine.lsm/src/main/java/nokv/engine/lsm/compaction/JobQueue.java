package nokv.engine.lsm.compaction;

import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import nokv.engine.lsm.compaction.Job.Reason;
import nokv.engine.lsm.compaction.Job.SegmentId;
import nokv.engine.lsm.manifest.Span;
import nokv.engine.lsm.manifest.TableMeta;
import org.jspecify.annotations.Nullable;

/**
 * Gives out jobs, each with its claim. The shape is looked at and the claim taken under one lock, and a job gives its claim back after its tables are exchanged: so whatever a
 * shape shows that is not claimed is really there. Thread-safe.
 */
public final class JobQueue {
  /** A job whose tables nobody else will touch until {@link #done}. */
  public record Claimed(Job job, Object claim) {}

  private final Picker picker;
  private final Claims claims = new Claims();

  public JobQueue(LevelSizes sizes) {
    picker = new Picker(sizes);
  }

  /**
   * The next compaction, or where none is needed the next collection, or null.
   *
   * @param victims segments of the value store to be collected
   */
  public synchronized @Nullable Claimed next(Supplier<Shape> shape, Supplier<Set<SegmentId>> victims) {
    Shape now = shape.get();
    Job job = picker.pick(now, claims);
    return claim(job != null ? job : collection(now, victims.get()));
  }

  private @Nullable Job collection(Shape shape, Set<SegmentId> victims) {
    if (victims.isEmpty()) return null;
    for (int level = Shape.LAST; level >= 0; level--) {
      for (TableMeta table : shape.level(level)) {
        boolean refers = table.values().stream().anyMatch(value -> victims.contains(new SegmentId(value.bucket(), value.segment())));
        if (refers && claims.isFree(table.span(), level, level)) return new Job(List.of(new Job.Input(level, table)), level, Reason.VALUE_COLLECTION, victims);
      }
    }
    return null;
  }

  /** A job that takes a span to its last level, or null where nothing is there or something is in the way. */
  public synchronized @Nullable Claimed range(Supplier<Shape> shape, Span span) {
    return claim(picker.range(shape.get(), claims, span));
  }

  private @Nullable Claimed claim(@Nullable Job job) {
    if (job == null) return null;
    return new Claimed(job, claims.claim(job.span(), job.firstLevel(), job.reason() == Reason.RANGE_REQUESTED ? Shape.LAST : job.outputLevel()));
  }

  public synchronized void done(Claimed claimed) {
    claims.release((Claims.Claim) claimed.claim());
  }

  public synchronized int running() {
    return claims.size();
  }
}
