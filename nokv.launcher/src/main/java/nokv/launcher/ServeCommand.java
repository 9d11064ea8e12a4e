package nokv.launcher;

import com.codahale.metrics.MetricRegistry;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import nokv.api.ConfigException;
import nokv.launcher.metrics.AdminEndpoint;
import nokv.launcher.metrics.Reporters;
import nokv.spi.Node;
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
    var service = new Service();
    try {
      return service.run(start(service, config));
    } catch (RuntimeException | Error e) {
      service.close();
      throw e;
    }
  }

  /** Opens everything, the admin endpoint first, so that it can tell that the node is still recovering; says what listens where. */
  private String start(Service service, NodeConfig config) {
    var metrics = service.keep(new Reporters(config, new MetricRegistry()));
    var threads = service.keep(Threads.of(config, plugins, metrics.registry()));
    var admin = service.keep(AdminEndpoint.open(config, metrics.registry()));
    var node = service.keep(Node.assemble(config, threads.environment(), plugins));
    var store = node.store();
    admin.oracle(node.oracle());
    var listening = new ArrayList<String>();
    if (config.storeId() != null) listening.add("store " + config.storeId());
    else for (String name : config.plugins().frontends()) listening.add(name + " on " + AdminEndpoint.text(node.frontend(name).address()));
    admin.ready(node::stats, () -> store.get(new byte[0]));
    listening.add("admin on http://" + admin.address());
    return String.join(", ", listening) + ", data in " + config.directory();
  }
}
