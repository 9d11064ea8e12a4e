package nokv.protocol.resp;

import com.codahale.metrics.MetricRegistry;
import java.net.SocketAddress;
import java.util.Map;
import nokv.api.KvStore;
import nokv.api.NoKV;
import nokv.spi.Environment;
import nokv.spi.NodeConfig;
import nokv.spi.ProtocolFrontend;
import nokv.spi.ProtocolFrontendProvider;

/** A frontend on a free port, over a store of its own. */
record Served(KvStore store, Environment.Owned threads, ProtocolFrontend frontend) implements AutoCloseable {
  /** @param options such as {@code "max_connections", "2"} */
  static Served onMemory(String... options) {
    return on(NoKV.options().vfs("mem").set("engine.sync", "none").open(), options);
  }

  static Served on(KvStore store, String... options) {
    var threads = Environment.system(2, 64 << 20, new MetricRegistry());
    ProtocolFrontendProvider provider = new RespFrontendProvider();
    var config = NodeConfig.embedded("unused").with("resp", "listen_addr", "127.0.0.1:0");
    for (int i = 0; i < options.length; i += 2) config = config.with("resp", options[i], options[i + 1]);
    return new Served(store, threads, provider.open(threads.environment(), config.options(provider), config, store, Map::of));
  }

  SocketAddress address() {
    return frontend.address();
  }

  RawClient client() throws java.io.IOException {
    return new RawClient(address());
  }

  @Override public void close() {
    frontend.close();
    store.close();
    threads.close();
  }
}
