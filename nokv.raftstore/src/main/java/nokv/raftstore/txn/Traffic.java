package nokv.raftstore.txn;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** How many commands each region of a store was asked, since it was opened. Thread-safe. */
public final class Traffic {
  private record Region(LongAdder reads, LongAdder writes) {}

  /** Counts of one region. */
  public record Counts(long reads, long writes) {
    public static final Counts NONE = new Counts(0, 0);
  }

  private final Map<Long, Region> regions = new ConcurrentHashMap<>();

  void read(long region) {
    of(region).reads.increment();
  }

  void wrote(long region) {
    of(region).writes.increment();
  }

  private Region of(long region) {
    Region known = regions.get(region);
    return known != null ? known : regions.computeIfAbsent(region, each -> new Region(new LongAdder(), new LongAdder()));
  }

  public Counts counts(long region) {
    Region known = regions.get(region);
    return known == null ? Counts.NONE : new Counts(known.reads.sum(), known.writes.sum());
  }

  /** Forgets all but these. */
  public void keep(Set<Long> there) {
    regions.keySet().retainAll(there);
  }
}
