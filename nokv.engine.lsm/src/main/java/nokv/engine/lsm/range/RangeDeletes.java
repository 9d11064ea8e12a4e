package nokv.engine.lsm.range;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import nokv.engine.lsm.manifest.Bound;
import org.jspecify.annotations.Nullable;

/**
 * Range deletes, to be asked by key. The keys are cut at every start and end; each fragment between two cuts knows the deletes that cover it, newest first. Immutable.
 */
public final class RangeDeletes {
  public static final RangeDeletes NONE = new RangeDeletes(List.of());

  private final List<RangeDelete> all;
  private final Bound[] cuts;
  private final RangeDelete[][] fragments;

  private RangeDeletes(Collection<RangeDelete> deletes) {
    all = List.copyOf(deletes);
    var sorted = new TreeSet<Bound>();
    for (RangeDelete delete : all) {
      sorted.add(delete.span().start());
      sorted.add(delete.span().end());
    }
    cuts = sorted.toArray(new Bound[0]);
    fragments = new RangeDelete[cuts.length][];
    var starting = new ArrayList<>(all);
    starting.sort(Comparator.comparing(delete -> delete.span().start()));
    var active = new ArrayList<RangeDelete>();
    int next = 0;
    for (int i = 0; i < cuts.length; i++) {
      Bound cut = cuts[i];
      active.removeIf(delete -> delete.span().end().compareTo(cut) <= 0);
      while (next < starting.size() && starting.get(next).span().start().compareTo(cut) <= 0) active.add(starting.get(next++));
      active.sort(Comparator.comparingLong(RangeDelete::version).thenComparingLong(RangeDelete::sequence).reversed());
      fragments[i] = active.toArray(new RangeDelete[0]);
    }
  }

  public static RangeDeletes of(Collection<RangeDelete> deletes) {
    var real = deletes.stream().filter(delete -> !delete.span().isEmpty()).toList();
    return real.isEmpty() ? NONE : new RangeDeletes(real);
  }

  public List<RangeDelete> all() {
    return all;
  }

  public boolean isEmpty() {
    return all.isEmpty();
  }

  /** The newest delete that covers the key and is not above the version and the sequence; null where none is. */
  public @Nullable RangeDelete newestOver(int family, byte[] key, long version, long sequence) {
    if (cuts.length == 0) return null;
    int fragment = fragmentOf(family, key);
    if (fragment < 0) return null;
    for (RangeDelete delete : fragments[fragment]) if (delete.version() <= version && delete.sequence() <= sequence) return delete;
    return null;
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

  @Override public String toString() {
    return Arrays.toString(all.toArray());
  }
}
