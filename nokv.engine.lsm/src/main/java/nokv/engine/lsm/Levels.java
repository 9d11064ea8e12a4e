package nokv.engine.lsm;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import nokv.engine.lsm.compaction.Shape;
import nokv.engine.lsm.manifest.Span;
import nokv.engine.lsm.range.RangeDeletes;
import nokv.engine.lsm.table.RangeTombstone;
import org.jspecify.annotations.Nullable;

/** The live tables, by level, opened; ordered as {@link Shape} says. Immutable. */
final class Levels extends Counted {
  /** A table and where it belongs. */
  record Placed(int level, TableFile table) {}

  private static final Comparator<TableFile> NEWEST_FIRST =
      Comparator.comparingLong((TableFile table) -> table.meta.order()).reversed().thenComparing(table -> table.meta.span().start());
  private static final Comparator<TableFile> BY_KEY = Comparator.comparing(table -> table.meta.span().start());

  private final TableFile[][] levels;
  private final Shape shape;
  private final RangeDeletes rangeDeletes;

  private Levels(List<List<TableFile>> byLevel) {
    levels = new TableFile[Shape.LEVELS][];
    var deletes = new ArrayList<RangeTombstone>();
    for (int level = 0; level < Shape.LEVELS; level++) {
      var tables = new ArrayList<>(byLevel.get(level));
      tables.sort(level == 0 ? NEWEST_FIRST : BY_KEY);
      levels[level] = tables.toArray(new TableFile[0]);
      for (TableFile table : tables) {
        table.hold();
        deletes.addAll(table.rangeDeletes.all());
      }
    }
    rangeDeletes = RangeDeletes.of(deletes);
    shape = new Shape(byLevelOf(levels).stream().map(tables -> tables.stream().map(table -> table.meta).toList()).toList());
  }

  static Levels of(List<Placed> tables) {
    var byLevel = byLevelOf(new TableFile[Shape.LEVELS][0]);
    for (Placed placed : tables) byLevel.get(placed.level).add(placed.table);
    return new Levels(byLevel);
  }

  /** Without some tables and with others; a table may be in both, to change its level. */
  Levels with(Set<Long> removed, List<Placed> added) {
    var byLevel = byLevelOf(levels);
    for (List<TableFile> tables : byLevel) tables.removeIf(table -> removed.contains(table.meta.number()));
    for (Placed placed : added) byLevel.get(placed.level).add(placed.table);
    return new Levels(byLevel);
  }

  private static List<List<TableFile>> byLevelOf(TableFile[][] levels) {
    var byLevel = new ArrayList<List<TableFile>>();
    for (TableFile[] tables : levels) byLevel.add(new ArrayList<>(List.of(tables)));
    return byLevel;
  }

  /** Those of all tables. */
  RangeDeletes rangeDeletes() {
    return rangeDeletes;
  }

  Shape shape() {
    return shape;
  }

  /** Not to be changed. */
  TableFile[] level(int level) {
    return levels[level];
  }

  /** The one table of a level beyond 0 whose span holds the key, or null. */
  @Nullable TableFile find(int level, int family, byte[] key) {
    TableFile[] tables = levels[level];
    int at = firstEndingAfter(tables, family, key);
    return at < tables.length && tables[at].meta.span().start().compareTo(family, key) <= 0 ? tables[at] : null;
  }

  private static int firstEndingAfter(TableFile[] tables, int family, byte[] key) {
    int low = 0;
    int high = tables.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (tables[middle].meta.span().end().compareTo(family, key) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  List<TableFile> overlapping(int level, Span span) {
    var found = new ArrayList<TableFile>();
    for (TableFile table : levels[level]) if (table.meta.span().overlaps(span)) found.add(table);
    return found;
  }

  List<TableFile> all() {
    var all = new ArrayList<TableFile>();
    for (TableFile[] tables : levels) all.addAll(List.of(tables));
    return all;
  }

  /** The tables of these numbers, which must be among the live ones. */
  List<TableFile> tables(Set<Long> numbers) {
    var missing = new HashSet<>(numbers);
    var found = new ArrayList<TableFile>();
    for (TableFile table : all()) if (missing.remove(table.meta.number())) found.add(table);
    if (!missing.isEmpty()) throw new IllegalStateException("tables " + missing + " are not live");
    return found;
  }

  @Override void free() {
    for (TableFile[] tables : levels) for (TableFile table : tables) table.release();
  }
}
