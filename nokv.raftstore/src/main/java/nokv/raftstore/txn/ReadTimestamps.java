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
 * What an earlier leader of the region has read at, this one does not know; but the oracle has given all of it before. So a new leader first fetches a timestamp from the oracle, which is
 * above; until that has been folded in, the region takes no such commit (`isKnown`).
 */
/** The greatest timestamp of the oracle that was seen on this store, above all at which something was read. Thread-safe. */
final class ReadTimestamps implements Regions.Listener {
  private static final Duration PAUSE = Duration.ofMillis(50);

  private final Environment environment;
  private final AtomicLong greatest = new AtomicLong();
  /** The terms of the regions led here; and those for which the timestamps of earlier leaders are known to be covered. */
  private final ConcurrentHashMap<Long, Long> leading = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Long, Long> known = new ConcurrentHashMap<>();
  private @Nullable Oracle oracle;

  ReadTimestamps(Environment environment) {
    this.environment = environment;
  }

  /** From now on there are timestamps; what was led before is looked after at once. */
  void start(Oracle given) {
    synchronized (this) {
      oracle = given;
    }
    leading.forEach((region, term) -> fetch(region, term, given));
  }

  void raise(long timestamp) {
    if (greatest.get() < timestamp) greatest.accumulateAndGet(timestamp, Math::max);
  }

  long greatest() {
    return greatest.get();
  }

  boolean isKnown(long region, long term) {
    Long since = known.get(region);
    return since != null && since == term;
  }

  @Override public void leading(Region region, long term) {
    known.remove(region.getId());
    leading.put(region.getId(), term);
    Oracle given;
    synchronized (this) {
      given = oracle;
    }
    if (given != null) fetch(region.getId(), term, given);
  }

  @Override public void notLeading(long regionId) {
    leading.remove(regionId);
    known.remove(regionId);
  }

  private void fetch(long region, long term, Oracle from) {
    from.next().whenComplete((timestamp, error) -> {
      Long now = leading.get(region);
      if (now == null || now != term) return;
      if (timestamp == null) {
        environment.timer().schedule(PAUSE, () -> fetch(region, term, from));
        return;
      }
      raise(timestamp);
      known.put(region, term);
    });
  }
}
