package nokv.engine.lsm.compaction;

/**
 * How large levels and tables should be.
 *
 * @param level0Trigger number of tables at level 0 from which on it is compacted
 * @param levelBytes that level 1 should hold; each further level ten times as many
 * @param tableBytes of an output table, about
 */
public record LevelSizes(int level0Trigger, long levelBytes, long tableBytes) {
  static final int GROWTH = 10;

  long target(int level) {
    long target = levelBytes;
    for (int i = 1; i < level; i++) target *= GROWTH;
    return target;
  }

  /** More than 1 = in need of compaction. */
  double score(Shape shape, int level) {
    return level == 0 ? shape.level(0).size() / (double) level0Trigger : shape.bytes(level) / (double) target(level);
  }
}
