package nokv.spi;

import java.util.Map;
import java.util.concurrent.CompletionStage;
import nokv.api.KvStore;

/**
 * Turns storage engines into a {@link KvStore}: {@code local} over the engine of this process, {@code raft} over those of a cluster.
 */
public interface Replicator extends AutoCloseable {
  /** A linearizable register. Works before {@link #store}, without an oracle, since an oracle may keep its ceiling in one. */
  Register register(String name);

  /** The store, with timestamps from {@code oracle}. Called once. Closing the store does not close the replicator. */
  KvStore store(Oracle oracle);

  /** Tells a hook of the regions of this process's store; one without regions never calls it. */
  default void watch(RegionHook hook) {}

  /** A timestamp at or above every version that exists where this replicator can see; where an oracle starts. */
  CompletionStage<Long> newestVersion();

  /** Figures, grouped ({@code txn} and others): a JSON tree, see {@link Command}. */
  Map<String, Object> stats();

  @Override void close();
}
