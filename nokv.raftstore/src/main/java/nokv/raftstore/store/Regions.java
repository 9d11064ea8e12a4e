package nokv.raftstore.store;

import java.util.List;
import java.util.concurrent.CompletionStage;
import nokv.raftstore.proto.Context;
import nokv.raftstore.proto.Region;
import nokv.spi.EngineBatch;
import org.jspecify.annotations.Nullable;

/** The regions of one store, as the transaction layer uses them. Thread-safe; nothing parks the caller. Stages fail with {@link RegionException}. */
public interface Regions {
  /**
   * Checks that the context's peer is here, has that epoch and leads, and completes when everything that was committed before this call is in the local engine: by lease or by a
   * read index, without a log entry.
   */
  CompletionStage<Lead> lead(Context context);

  /**
   * What {@link #lead} checks, as far as this store knows without asking its peers: everything that was committed in earlier terms, and by proposals of this one that were answered, is in the
   * local engine, and a proposal is refused if another store leads by now. So it is enough for what is answered by a proposal. Null where it is not known to lead: ask {@link #lead}.
   */
  @Nullable Lead leading(Context context);

  /**
   * Has the region's group agree on a batch of versions to write, and completes when it is applied to the local engine. They go into one log entry with what else is proposed at
   * that time; each batch is applied whole or, if the region's epoch version has changed, not at all ({@code EpochNotMatch}).
   *
   * @return fails with {@code Undetermined} if leadership was lost and the outcome is not known; with {@code NotLeader} or others if nothing was or will be written
   */
  CompletionStage<Void> propose(Lead lead, List<EngineBatch.Entry> writes);

  /**
   * A region this store leads.
   *
   * @param region bounds, epoch and peers at that time
   * @param term a proposal in any other term is refused
   */
  record Lead(Region region, long term) {}

  /** Told about the life of regions, on the thread of the store loop: return at once. */
  interface Listener {
    /** This store's peer has become leader, and everything of earlier terms is applied; or its bounds have changed (split, merge) as leader. */
    void leading(Region region, long term);

    void notLeading(long regionId);
  }
}
