package nokv.engine.lsm.compaction;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import nokv.engine.lsm.compaction.Job.Reason;
import nokv.engine.lsm.manifest.Span;
import nokv.engine.lsm.manifest.TableMeta;
import org.jspecify.annotations.Nullable;

/**
 * Chooses what to compact next.
 *
 * <p>The level that is most over its size goes first; a level whose every choice is claimed leaves the turn to the next. From level 0 go the oldest tables, and with each all
 * older ones it overlaps: otherwise an older version would stay above a newer one. From another level goes the table that meets the fewest bytes below for each of its own,
 * as in RocksDB's {@code kMinOverlappingRatio}; one that is mostly deletes counts as meeting half.
 */
final class Picker {
  private static final int MAX_LEVEL0_BYTES_IN_TABLES = 64;
  private final LevelSizes sizes;

  Picker(LevelSizes sizes) {
    this.sizes = sizes;
  }

  /** The next job, or null where nothing needs or can be done. */
  @Nullable Job pick(Shape shape, Claims claims) {
    var needy = IntStream.range(0, Shape.LAST).filter(level -> sizes.score(shape, level) >= 1).boxed()
        .sorted(Comparator.comparingDouble((Integer level) -> -sizes.score(shape, level))).toList();
    for (int level : needy) {
      Job job = level == 0 ? pickLevel0(shape, claims) : pickLevel(shape, claims, level);
      if (job != null) return job;
    }
    return null;
  }

  private @Nullable Job pickLevel0(Shape shape, Claims claims) {
    List<TableMeta> oldestFirst = shape.level(0).reversed();
    for (int seed = 0; seed < oldestFirst.size(); seed++) {
      List<TableMeta> chosen = level0From(oldestFirst, seed, claims);
      if (chosen.isEmpty()) continue;
      List<TableMeta> below = shape.overlapping(1, Job.cover(chosen));
      Span all = below.isEmpty() ? Job.cover(chosen) : Job.cover(chosen).cover(Job.cover(below));
      if (!claims.isFree(all, 0, 1)) continue;
      var inputs = new ArrayList<>(Job.inputs(0, chosen));
      inputs.addAll(Job.inputs(1, below));
      return Job.compaction(inputs, 1, Reason.LEVEL_TOO_LARGE);
    }
    return null;
  }

  /** Table {@code seed} and newer ones that touch it, none of which overlaps an older table that stays. */
  private List<TableMeta> level0From(List<TableMeta> oldestFirst, int seed, Claims claims) {
    var stay = new ArrayList<Span>();
    for (int i = 0; i < seed; i++) stay.add(oldestFirst.get(i).span());
    var chosen = new ArrayList<TableMeta>();
    Span span = oldestFirst.get(seed).span();
    long bytes = 0;
    for (int i = seed; i < oldestFirst.size(); i++) {
      TableMeta table = oldestFirst.get(i);
      boolean fits = span.overlaps(table.span()) && bytes < MAX_LEVEL0_BYTES_IN_TABLES * sizes.tableBytes();
      if (!fits || !claims.isFree(table.span(), 0, 0) || stay.stream().anyMatch(table.span()::overlaps)) {
        if (i == seed) return List.of();
        stay.add(table.span());
        continue;
      }
      chosen.add(table);
      span = span.cover(table.span());
      bytes += table.bytes();
    }
    return chosen;
  }

  private @Nullable Job pickLevel(Shape shape, Claims claims, int level) {
    TableMeta best = null;
    double bestRatio = Double.MAX_VALUE;
    List<TableMeta> below = shape.level(level + 1);
    int from = 0;
    for (TableMeta table : shape.level(level)) {
      while (from < below.size() && below.get(from).span().end().compareTo(table.span().start()) <= 0) from++;
      long met = 0;
      Span all = table.span();
      for (int i = from; i < below.size() && below.get(i).span().start().compareTo(table.span().end()) < 0; i++) {
        met += below.get(i).bytes();
        all = all.cover(below.get(i).span());
      }
      double ratio = (double) met / Math.max(1, table.bytes()) / (mostlyDeletes(table) ? 2 : 1);
      if (ratio < bestRatio && claims.isFree(all, level, level + 1)) {
        best = table;
        bestRatio = ratio;
      }
    }
    if (best == null) return null;
    var inputs = new ArrayList<>(Job.inputs(level, List.of(best)));
    inputs.addAll(Job.inputs(level + 1, shape.overlapping(level + 1, best.span())));
    return Job.compaction(inputs, level + 1, Reason.LEVEL_TOO_LARGE);
  }

  private static boolean mostlyDeletes(TableMeta table) {
    return 2 * table.deletes() > table.entries() || table.rangeDeletes() > 0;
  }

  /** One job that takes all of a span to the last level it lies at, or null where a running job is in the way or there is nothing. */
  @Nullable Job range(Shape shape, Claims claims, Span asked) {
    List<TableMeta> level0 = level0Closure(shape, asked);
    var inputs = new ArrayList<>(Job.inputs(0, level0));
    Span span = level0.isEmpty() ? asked : asked.cover(Job.cover(level0));
    for (int level = 1; level < Shape.LEVELS; level++) {
      List<TableMeta> tables = shape.overlapping(level, span);
      if (tables.isEmpty()) continue;
      // A table reaches beyond what was asked for, and what it overlaps further down must come along.
      span = span.cover(Job.cover(tables));
      inputs.addAll(Job.inputs(level, tables));
    }
    if (inputs.isEmpty() || !claims.isFree(span, 0, Shape.LAST)) return null;
    return Job.compaction(inputs, Math.max(1, inputs.getLast().level()), Reason.RANGE_REQUESTED);
  }

  /** The tables of level 0 in a span, with all older ones they overlap. */
  private static List<TableMeta> level0Closure(Shape shape, Span asked) {
    var chosen = new ArrayList<TableMeta>();
    for (TableMeta table : shape.level(0)) {
      if (table.span().overlaps(asked) || chosen.stream().anyMatch(newer -> newer.span().overlaps(table.span()))) chosen.add(table);
    }
    return chosen;
  }
}
