package nokv.raftstore.store;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import nokv.raftstore.proto.Context;
import nokv.raftstore.proto.Region;
import org.jspecify.annotations.Nullable;

/** Remembers the regions that a store leads, for whoever asks on any thread, and passes on what it is told. Thread-safe. */
final class Leads implements Regions.Listener {
  private final long storeId;
  private final Regions.Listener next;
  private final Map<Long, Regions.Lead> leads = new ConcurrentHashMap<>();

  Leads(long storeId, Regions.Listener next) {
    this.storeId = storeId;
    this.next = next;
  }

  @Override public void leading(Region region, long term) {
    next.leading(region, term);
    leads.put(region.getId(), new Regions.Lead(region, term));
  }

  @Override public void notLeading(long regionId) {
    leads.remove(regionId);
    next.notLeading(regionId);
  }

  /** Null where this is not the store that is meant, does not lead, or the region has changed. */
  Regions.@Nullable Lead of(Context context) {
    var lead = leads.get(context.getRegionId());
    boolean meant = !context.hasPeer() || context.getPeer().getStoreId() == storeId;
    return meant && lead != null && lead.region().getEpoch().getVersion() == context.getEpoch().getVersion() ? lead : null;
  }
}
