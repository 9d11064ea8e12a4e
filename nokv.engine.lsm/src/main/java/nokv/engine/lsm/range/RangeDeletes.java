package nokv.engine.lsm.range;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Consumer;
import nokv.engine.lsm.manifest.Bound;
import nokv.engine.lsm.manifest.Span;
import nokv.engine.lsm.table.RangeTombstone;
import org.jspecify.annotations.Nullable;

/**
 * Range deletes, to be asked by key. The keys are cut at every start and end; each fragment between two cuts knows the deletes that cover it, newest first. Immutable.
 */
public final class RangeDeletes {
  public static final RangeDeletes NONE = new RangeDeletes(List.of());
  private static final byte[] TO_END = {};

  private final List<RangeTombstone> all;
  private final Bound[] cuts;
  private final RangeTombstone[][] fragments;

  private RangeDeletes(Collection<RangeTombstone> deletes) {
    all = List.copyOf(deletes);
    var sorted = new TreeSet<Bound>();
    for (RangeTombstone delete : all) {
      sorted.add(span(delete).start());
      sorted.add(span(delete).end());
    }
    cuts = sorted.toArray(new Bound[0]);
    fragments = new RangeTombstone[cuts.length][];
    var starting = new ArrayList<>(all);
    starting.sort(Comparator.comparing(delete -> span(delete).start()));
    var active = new ArrayList<RangeTombstone>();
    int next = 0;
    for (int i = 0; i < cuts.length; i++) {
      Bound cut = cuts[i];
      active.removeIf(delete -> span(delete).end().compareTo(cut) <= 0);
      while (next < starting.size() && span(starting.get(next)).start().compareTo(cut) <= 0) active.add(starting.get(next++));
      active.sort(Comparator.comparingLong(RangeTombstone::version).thenComparingLong(RangeTombstone::sequence).reversed());
      fragments[i] = active.toArray(new RangeTombstone[0]);
    }
  }

  public static RangeDeletes of(Collection<RangeTombstone> deletes) {
    var real = deletes.stream().filter(delete -> !span(delete).isEmpty()).toList();
    return real.isEmpty() ? NONE : new RangeDeletes(real);
  }

  public static Span span(RangeTombstone delete) {
    return new Span(new Bound(delete.family(), delete.start()), Bound.endOf(delete.family(), delete.end().length == 0 ? null : delete.end()));
  }

  /** The part of a delete that lies within a span, or null. */
  public static @Nullable RangeTombstone clip(RangeTombstone delete, Span to) {
    Span span = span(delete);
    Bound start = Bound.max(span.start(), to.start());
    Bound end = Bound.min(span.end(), to.end());
    if (start.compareTo(end) >= 0) return null;
    return new RangeTombstone(delete.family(), start.key(), end.family() == delete.family() ? end.key() : TO_END, delete.version(), delete.sequence());
  }

  /** Whether the delete is newer than an entry. */
  public static boolean isNewer(RangeTombstone delete, long version, long sequence) {
    return delete.version() > version || (delete.version() == version && delete.sequence() > sequence);
  }

  public List<RangeTombstone> all() {
    return all;
  }

  public boolean isEmpty() {
    return all.isEmpty();
  }

  /** The newest delete that covers the key and is not above the version and the sequence; null where none is. */
  public @Nullable RangeTombstone newestOver(int family, byte[] key, long version, long sequence) {
    if (cuts.length == 0) return null;
    int fragment = fragmentOf(family, key);
    if (fragment < 0) return null;
    for (RangeTombstone delete : fragments[fragment]) if (delete.version() <= version && delete.sequence() <= sequence) return delete;
    return null;
  }

  /** Every delete that covers the key, newest first. */
  public void forEachOver(int family, byte[] key, Consumer<RangeTombstone> action) {
    int fragment = cuts.length == 0 ? -1 : fragmentOf(family, key);
    if (fragment >= 0) for (RangeTombstone delete : fragments[fragment]) action.accept(delete);
  }

  private int fragmentOf(int family, byte[] key) {
    int low = 0;
    int high = cuts.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (cuts[middle].compareTo(family, key) <= 0) low = middle + 1;
      else high = middle - 1;
    }
    return high;
  }
}
