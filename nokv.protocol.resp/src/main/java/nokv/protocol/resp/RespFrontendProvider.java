package nokv.protocol.resp;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import nokv.api.KvStore;
import nokv.spi.Environment;
import nokv.spi.NodeConfig;
import nokv.spi.Option;
import nokv.spi.Options;
import nokv.spi.ProtocolFrontend;
import nokv.spi.ProtocolFrontendProvider;

/** Provides {@code resp}: the Redis protocol, versions 2 and 3. Which commands it knows is in {@code docs/redis-commands.md}. */
public final class RespFrontendProvider implements ProtocolFrontendProvider {
  @Override public String name() {
    return "resp";
  }

  @Override public List<Option> options() {
    return RespOptions.DECLARED;
  }

  @Override public ProtocolFrontend open(Environment environment, Options options, NodeConfig config, KvStore store, Supplier<Map<String, Object>> nodeStats) {
    return new RespFrontend(environment, RespOptions.of(options), config, store, nodeStats);
  }
}
