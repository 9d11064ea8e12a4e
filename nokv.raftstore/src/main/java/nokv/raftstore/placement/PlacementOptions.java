package nokv.raftstore.placement;

import java.time.Duration;
import java.util.List;
import nokv.api.ConfigException;
import nokv.spi.Option;
import nokv.spi.Options;

/**
 * What placement goes by; the same in every process.
 *
 * @param report between two reports of a store
 * @param lease for how long it is remembered what a client has said it reads at
 * @param maxSnapshotAge after which a reader holds nothing back any more
 * @param interval between two moves of the safe point
 * @param goneAfter silence of a store for so long means that it does not come back
 * @param replicas that each region is to have; 0 = as many as the file's regions have at most
 */
public record PlacementOptions(Duration report, Duration lease, Duration maxSnapshotAge, Duration interval, Duration goneAfter, int replicas) {
  /** What the provider declares. */
  public static final List<Option> DECLARED = List.of(
      Option.of("report_interval", Option.Type.DURATION, "2s", "How often a store reports to placement, and so hears of the safe point."),
      Option.of("client_lease", Option.Type.DURATION, "10s", "For how long it is remembered what a client says it still reads at; it says so three times in that time. Old versions are kept "
          + "at least this long. Longer: a client may be cut off for longer without losing its snapshots. The same in every process."),
      Option.of("max_snapshot_age", Option.Type.DURATION, "24h", "How old a snapshot or transaction may become before its reads and its commit fail, since it keeps old versions from being "
          + "dropped. At least twice client_lease; the same on every store."),
      Option.of("safe_point_interval", Option.Type.DURATION, "1m", "How often the safe point is moved, below which compaction drops old versions. Shorter: they go sooner; every region is asked "
          + "for its locks each time."),
      Option.of("store_gone_after", Option.Type.DURATION, "30m", "After how long a silence a store is taken to be lost for good: its regions get new peers on others. Shorter: sooner safe from the "
          + "next loss; longer: nothing is copied for a store that was only being repaired."),
      Option.of("replicas", Option.Type.INTEGER, "0", "How many peers each region is to have; 0 = as many as the regions of the file have at most. The same on every store."));

  /** @param where names the block in messages */
  public static PlacementOptions of(String where, Options options) {
    var checked = new PlacementOptions(options.duration("report_interval"), options.duration("client_lease"), options.duration("max_snapshot_age"), options.duration("safe_point_interval"),
        options.duration("store_gone_after"), (int) Math.min(options.integer("replicas"), Integer.MAX_VALUE));
    if (checked.replicas < 0) throw new ConfigException(where + ".replicas is " + checked.replicas + ", expected 0 or more");
    if (checked.goneAfter.compareTo(checked.report.multipliedBy(5)) < 0) {
      throw new ConfigException(where + ".store_gone_after is " + checked.goneAfter + ", expected at least five times report_interval (" + checked.report + ")");
    }
    for (String name : List.of("report_interval", "client_lease", "safe_point_interval")) {
      if (options.duration(name).toMillis() < 10) throw new ConfigException(where + "." + name + " is " + options.duration(name) + ", expected at least 10ms");
    }
    if (checked.maxSnapshotAge.compareTo(checked.lease.multipliedBy(2)) < 0) {
      throw new ConfigException(where + ".max_snapshot_age is " + checked.maxSnapshotAge + ", expected at least twice client_lease (" + checked.lease + ")");
    }
    return checked;
  }
}
