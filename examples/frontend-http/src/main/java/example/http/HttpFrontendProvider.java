package example.http;

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

/** Chosen in the config file by {@code plugins.frontends = [http]}, with options in the block {@code http}. */
public final class HttpFrontendProvider implements ProtocolFrontendProvider {
  @Override public String name() {
    return "http";
  }

  @Override public List<Option> options() {
    return List.of(
        Option.of("listen_addr", Option.Type.ADDRESS, "127.0.0.1:6381", "Where to listen for HTTP. Port 0 takes a free one."),
        Option.of("max_value", Option.Type.SIZE, "1MiB", "The largest value a PUT may bring; a larger one is answered with 413."));
  }

  @Override public ProtocolFrontend open(Environment environment, Options options, NodeConfig config, KvStore store, Supplier<Map<String, Object>> nodeStats) {
    return new HttpFrontend(environment, options, store);
  }
}
