package nokv.raftstore.txn;

import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import nokv.raftstore.proto.Region;
import nokv.raftstore.store.Regions;
import nokv.spi.Environment;
import nokv.spi.Oracle;
import org.jspecify.annotations.Nullable;

/*
 * Why a leader knows the greatest read timestamp
 *
 * One-phase and asynchronous commits take their version from the leader, not from the oracle. It must be above every timestamp that has already read a key here, or that reader would have
 * missed the commit. So each read raises `greatest` before it looks, and each such commit goes above it.
 *
 * What an earlier leader of the region has read at, or the leader of a region it has taken in, this one does not know; but the oracle has given all of it before. So a new leader, and one
 * whose region has got other bounds, first fetches a timestamp from the oracle, which is above; until that has been folded in, the region takes no such commit (`isKnown`).
 */
/** The greatest timestamp of the oracle that was seen on this store, above all at which something was read. Thread-safe. */
final class ReadTimestamps implements Regions.Listener {
  private static final Duration PAUSE = Duration.ofMillis(50);

  private final Environment environment;
  private final AtomicLong greatest = new AtomicLong();
  /** The reigns over the regions led here; and those for which the timestamps of earlier leaders are known to be covered. */
  private final ConcurrentHashMap<Long, Reign> leading = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Long, Reign> known = new ConcurrentHashMap<>();
  private @Nullable Oracle oracle;

  /** @param version of the region's epoch: other bounds, another version */
  private record Reign(long term, long version) {}

  ReadTimestamps(Environment environment) {
    this.environment = environment;
  }

  /** From now on there are timestamps; what was led before is looked after at once. */
  void start(Oracle given) {
    synchronized (this) {
      oracle = given;
    }
    leading.forEach((region, reign) -> fetch(region, reign, given));
  }

  void raise(long timestamp) {
    if (greatest.get() < timestamp) greatest.accumulateAndGet(timestamp, Math::max);
  }

  long greatest() {
    return greatest.get();
  }

  boolean isKnown(Regions.Lead lead) {
    return new Reign(lead.term(), lead.region().getEpoch().getVersion()).equals(known.get(lead.region().getId()));
  }

  @Override public void leading(Region region, long term) {
    known.remove(region.getId());
    var reign = new Reign(term, region.getEpoch().getVersion());
    leading.put(region.getId(), reign);
    Oracle given;
    synchronized (this) {
      given = oracle;
    }
    if (given != null) fetch(region.getId(), reign, given);
  }

  @Override public void notLeading(long regionId) {
    leading.remove(regionId);
    known.remove(regionId);
  }

  private void fetch(long region, Reign reign, Oracle from) {
    from.next().whenComplete((timestamp, error) -> {
      if (!reign.equals(leading.get(region))) return;
      if (timestamp == null) {
        environment.timer().schedule(PAUSE, () -> fetch(region, reign, from));
        return;
      }
      raise(timestamp);
      known.put(region, reign);
    });
  }
}
