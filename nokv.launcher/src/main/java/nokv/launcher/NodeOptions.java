package nokv.launcher;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import nokv.api.ConfigException;
import nokv.launcher.config.HoconTopologyReader;
import nokv.spi.NodeConfig;
import nokv.spi.PluginRegistry;
import nokv.spi.Topology;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which node a command is about: the options that every command shares. */
final class NodeOptions {
  @Option(names = "--config", paramLabel = "FILE", description = "The topology file, HOCON or JSON. Without one: an embedded node with defaults.")
  @Nullable Path config;

  @Option(names = "--workdir", paramLabel = "DIR", description = "Where the node keeps its data; nokv-data by default.")
  @Nullable String workdir;

  @Option(names = "-D", paramLabel = "KEY=VALUE", mapFallbackValue = "", description = "Sets one key of the file, such as -Dengine.sync=none. May be repeated.")
  Map<String, String> overrides = new LinkedHashMap<>();

  @Option(names = "--store-id", paramLabel = "ID", description = "Which store of the topology this is.")
  @Nullable Long storeId;

  @Option(names = "--addr-scope", paramLabel = "local|docker", defaultValue = "local",
      description = "Which addresses of the stores to use: listen_addr and addr, or docker_listen_addr and docker_addr.")
  AddrScope addrScope = AddrScope.local;

  /** As written on the command line. */
  enum AddrScope { local, docker }

  /** @throws ConfigException the first mistake, as one line */
  NodeConfig read(PluginRegistry plugins) {
    var reader = new HoconTopologyReader();
    NodeConfig node = config == null ? reader.defaults(overrides, plugins) : reader.read(config, overrides, plugins);
    if (workdir != null) node = node.withDirectory(workdir);
    if (addrScope == AddrScope.docker) node = node.withTopology(inContainers(node.topology()));
    if (storeId == null) return node;
    var ids = node.topology().stores().stream().map(store -> store.storeId()).toList();
    if (!ids.contains(storeId)) throw new ConfigException("--store-id " + storeId + " is not a store of " + node.source() + ", expected one of " + ids);
    return node.withStoreId(storeId);
  }

  private static Topology inContainers(Topology topology) {
    var stores = topology.stores().stream().map(store -> new Topology.Store(store.storeId(), store.dockerListenAddr(), store.dockerAddr(), store.dockerListenAddr(),
        store.dockerAddr())).toList();
    return new Topology(topology.maxRetries(), topology.tso(), stores, topology.regions());
  }
}
