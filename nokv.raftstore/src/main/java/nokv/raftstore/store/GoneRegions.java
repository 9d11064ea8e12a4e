package nokv.raftstore.store;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import nokv.raftstore.log.LogBatch;
import nokv.raftstore.log.RaftLogs;
import nokv.raftstore.log.RegionLog;
import nokv.raftstore.proto.Region;
import org.jspecify.annotations.Nullable;

/**
 * Regions that had a peer on this store: removed from their groups, or taken in by a neighbour. A tombstone says so, so that late messages make no new peer; the log goes once the tombstone
 * is durable. Used by the store loop only.
 */
final class GoneRegions {
  /** Of a region taken in: the batch that says so is in the engine, and not in the log. */
  private record TakenIn(RegionState tombstone, long sequence) {}

  private final RaftLogs logs;
  private final Map<Long, RegionState> tombstones = new HashMap<>();
  private final Map<Long, TakenIn> unflushed = new HashMap<>();
  /** Whose keys are being taken away, or written by a snapshot whose installation was interrupted. */
  private final List<Region> erasing = new ArrayList<>();
  /** That have ended here until the next start. */
  private final List<Region> broken = new ArrayList<>();

  GoneRegions(RaftLogs logs) {
    this.logs = logs;
  }

  /** Its tombstone is durable. */
  void bury(RegionState tombstone) {
    tombstones.put(tombstone.region().getId(), tombstone);
  }

  /** Its tombstone is durable as soon as all up to a sequence is flushed; until then its log is the only record of its last entries. */
  void takenIn(RegionState tombstone, long sequence) {
    unflushed.put(tombstone.region().getId(), new TakenIn(tombstone, sequence));
  }

  void flushed(long sequence) {
    unflushed.values().removeIf(each -> {
      if (each.sequence > sequence) return false;
      bury(each.tombstone);
      return true;
    });
  }

  boolean isUnflushed() {
    return !unflushed.isEmpty();
  }

  void erasing(Region region) {
    erasing.add(region);
  }

  void erased(Region region) {
    erasing.remove(region);
  }

  void broken(Region region) {
    broken.add(region);
  }

  @Nullable RegionState tombstone(long region) {
    TakenIn taken = unflushed.get(region);
    return taken != null ? taken.tombstone : tombstones.get(region);
  }

  /** Whether a new peer of the region may have its id again, which it has if it was removed and comes back; then the tombstone is forgotten. */
  boolean makesWayFor(long region, long confVersion) {
    RegionState tombstone = tombstone(region);
    if (tombstone == null) return true;
    boolean late = confVersion <= tombstone.region().getEpoch().getConfVersion();
    if (late || tombstone.region().hasMerge() || logs.region(region).hasState()) return false;
    tombstones.remove(region);
    return true;
  }

  /** Whether no region that has ended here has, or is being cleared of, keys of this one. */
  boolean isFree(Region region) {
    return erasing.stream().noneMatch(each -> RegionState.overlap(each, region)) && broken.stream().noneMatch(each -> RegionState.overlap(each, region));
  }

  /** Lets go of the logs of those whose tombstones are durable. */
  void tidy(LogBatch batch) {
    for (RegionState tombstone : tombstones.values()) {
      RegionLog log = logs.region(tombstone.region().getId());
      if (log.hasState()) batch.remove(log);
      else logs.forget(log.region());
    }
  }
}
