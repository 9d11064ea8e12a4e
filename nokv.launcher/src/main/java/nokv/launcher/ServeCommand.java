package nokv.launcher;

import java.util.List;
import java.util.concurrent.Callable;
import nokv.api.ConfigException;
import nokv.spi.NodeConfig;
import nokv.spi.PluginRegistry;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(name = "serve", description = "Starts a node and serves until it is told to stop: an embedded one with its frontends, or with --store-id one store of a cluster.")
final class ServeCommand implements Callable<Integer> {
  private final PluginRegistry plugins;
  @Mixin private final NodeOptions options = new NodeOptions();

  ServeCommand(PluginRegistry plugins) {
    this.plugins = plugins;
  }

  @Override public Integer call() {
    Logging.toStandardOutput();
    NodeConfig config = options.read(plugins);
    if (!config.topology().embedded() && config.storeId() == null) {
      throw new ConfigException(config.source() + ": lists stores, so say which one this process is, --store-id with one of "
          + config.topology().stores().stream().map(store -> store.storeId()).toList() + "; or start them all: nokv-launcher cluster --config " + options.config);
    }
    var frontends = config.storeId() == null ? config.plugins().frontends() : List.<String>of();
    return Service.run(service -> NodeService.openNode(service, config, plugins, frontends, store -> {}) + ", data in " + config.directory());
  }
}
