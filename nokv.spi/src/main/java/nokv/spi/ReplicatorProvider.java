package nokv.spi;

import java.util.function.Supplier;

/** Opens a {@link Replicator}. */
public interface ReplicatorProvider extends Provider {
  /**
   * @param config the topology, and which store (if any) this process is
   * @param engine opens this process's engine when first asked; a client of a cluster never asks
   */
  Replicator open(Environment environment, Options options, NodeConfig config, Supplier<StorageEngine> engine);
}
