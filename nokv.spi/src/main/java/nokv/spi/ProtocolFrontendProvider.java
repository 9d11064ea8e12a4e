package nokv.spi;

import java.util.Map;
import java.util.function.Supplier;
import nokv.api.KvStore;

/** Starts a {@link ProtocolFrontend}. */
public interface ProtocolFrontendProvider extends Provider {
  /**
   * @param nodeStats the figures of the whole node, for protocols that show them
   * @throws nokv.api.ConfigException the address cannot be bound, saying which and why
   */
  ProtocolFrontend open(Environment environment, Options options, NodeConfig config, KvStore store, Supplier<Map<String, Object>> nodeStats);
}
