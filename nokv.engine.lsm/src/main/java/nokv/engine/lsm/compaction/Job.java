package nokv.engine.lsm.compaction;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import nokv.engine.lsm.manifest.Span;
import nokv.engine.lsm.manifest.TableMeta;

/**
 * Tables to be replaced by others that hold the same, less what may be dropped.
 *
 * @param inputs to read, by level
 * @param outputLevel where the outputs go
 * @param reason for people
 * @param relocate segments of the value store, as bucket and number, from which values are to be moved; empty for a mere compaction
 */
public record Job(List<Input> inputs, int outputLevel, Reason reason, Set<SegmentId> relocate) {
  /** Why a job runs. */
  public enum Reason { LEVEL_TOO_LARGE, RANGE_REQUESTED, VALUE_COLLECTION }

  public record Input(int level, TableMeta table) {}

  public record SegmentId(int bucket, int segment) {}

  public static Job compaction(List<Input> inputs, int outputLevel, Reason reason) {
    return new Job(inputs, outputLevel, reason, Set.of());
  }

  public Span span() {
    return cover(inputs.stream().map(Input::table).toList());
  }

  public int firstLevel() {
    return inputs.stream().mapToInt(Input::level).min().orElseThrow();
  }

  /** Whether one table can change its level as it is: it meets nothing there. */
  public boolean isMove() {
    return reason == Reason.LEVEL_TOO_LARGE && inputs.size() == 1;
  }

  public long inputBytes() {
    return inputs.stream().mapToLong(input -> input.table().bytes()).sum();
  }

  static Span cover(List<TableMeta> tables) {
    Span span = tables.getFirst().span();
    for (TableMeta table : tables) span = span.cover(table.span());
    return span;
  }

  static List<Input> inputs(int level, List<TableMeta> tables) {
    var inputs = new ArrayList<Input>(tables.size());
    for (TableMeta table : tables) inputs.add(new Input(level, table));
    return inputs;
  }
}
