package nokv.protocol.resp;

import com.codahale.metrics.MetricRegistry;
import java.net.SocketAddress;
import java.util.List;
import java.util.Map;
import nokv.api.KvStore;
import nokv.api.NoKV;
import nokv.spi.Environment;
import nokv.spi.NodeConfig;
import nokv.spi.ProtocolFrontend;
import nokv.spi.ProtocolFrontendProvider;
import nokv.spi.Topology;

/** A frontend on a free port, over a store of its own; {@link #another} is a second one over the same store. */
record Served(KvStore store, Environment.Owned threads, ProtocolFrontend frontend, boolean ownsStore) implements AutoCloseable {
  private static final Topology ONE_STORE = new Topology(8, null, List.of(new Topology.Store(1, "127.0.0.1:1", "127.0.0.1:1", "127.0.0.1:1", "127.0.0.1:1")), List.of());

  /** @param options such as {@code "max_connections", "2"} */
  static Served onMemory(String... options) {
    return on(NoKV.options().vfs("mem").set("engine.sync", "none").open(), options);
  }

  /** @param shared as if other gateways wrote to the store too */
  static Served onMemory(boolean shared, String... options) {
    return open(NoKV.options().vfs("mem").set("engine.sync", "none").open(), shared, true, options);
  }

  /** @param users as in the file */
  static Served onMemory(List<String> users) {
    return open(NoKV.options().vfs("mem").set("engine.sync", "none").open(), false, true, NodeConfig.embedded("unused").with("resp", "users", users));
  }

  Served another() {
    return open(store, true, false);
  }

  static Served on(KvStore store, String... options) {
    return open(store, false, true, options);
  }

  private static Served open(KvStore store, boolean shared, boolean ownsStore, String... options) {
    var config = NodeConfig.embedded("unused");
    for (int i = 0; i < options.length; i += 2) config = config.with("resp", options[i], options[i + 1]);
    return open(store, shared, ownsStore, config);
  }

  private static Served open(KvStore store, boolean shared, boolean ownsStore, NodeConfig options) {
    var threads = Environment.system(2, 64 << 20, new MetricRegistry());
    ProtocolFrontendProvider provider = new RespFrontendProvider();
    var config = options.with("resp", "listen_addr", "127.0.0.1:0");
    if (shared) config = new NodeConfig(config.source(), config.directory(), config.plugins(), ONE_STORE, config.blocks(), null, false);
    return new Served(store, threads, provider.open(threads.environment(), config.options(provider), config, store, Map::of), ownsStore);
  }

  SocketAddress address() {
    return frontend.address();
  }

  RawClient client() throws java.io.IOException {
    return new RawClient(address());
  }

  @Override public void close() {
    frontend.close();
    if (ownsStore) store.close();
    threads.close();
  }
}
