package nokv.engine.lsm.compaction;

import java.util.ArrayList;
import java.util.List;
import nokv.engine.lsm.manifest.Span;
import nokv.engine.lsm.manifest.TableMeta;

/**
 * Which tables lie at which level. Level 0 is in the order of age, newest first, and its tables may overlap; in the others tables do not overlap and are in the order of keys.
 * Immutable.
 */
public record Shape(List<List<TableMeta>> levels) {
  public static final int LEVELS = 7;
  public static final int LAST = LEVELS - 1;

  public List<TableMeta> level(int level) {
    return levels.get(level);
  }

  public List<TableMeta> overlapping(int level, Span span) {
    var found = new ArrayList<TableMeta>();
    for (TableMeta table : levels.get(level)) if (table.span().overlaps(span)) found.add(table);
    return found;
  }

  public boolean anyOverlapping(int fromLevel, Span span) {
    for (int level = fromLevel; level < LEVELS; level++) {
      for (TableMeta table : levels.get(level)) if (table.span().overlaps(span)) return true;
    }
    return false;
  }

  public long bytes(int level) {
    long bytes = 0;
    for (TableMeta table : levels.get(level)) bytes += table.bytes();
    return bytes;
  }

  /** The deepest level that holds a table, or 0. */
  public int deepest() {
    for (int level = LAST; level > 0; level--) if (!levels.get(level).isEmpty()) return level;
    return 0;
  }
}
