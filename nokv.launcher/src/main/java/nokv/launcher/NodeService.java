package nokv.launcher;

import com.codahale.metrics.MetricRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import nokv.api.KvStore;
import nokv.launcher.metrics.AdminEndpoint;
import nokv.launcher.metrics.Reporters;
import nokv.spi.Environment;
import nokv.spi.Node;
import nokv.spi.NodeConfig;
import nokv.spi.PluginRegistry;

/** What every process that serves has: figures, threads and the admin endpoint, which opens first, so that it can tell that the rest is still recovering. */
record NodeService(Reporters metrics, Environment environment, AdminEndpoint admin) {
  static NodeService open(Service service, NodeConfig config, PluginRegistry plugins) {
    var metrics = service.keep(new Reporters(config, new MetricRegistry()));
    var threads = service.keep(Threads.of(config, plugins, metrics.registry()));
    return new NodeService(metrics, threads.environment(), service.keep(AdminEndpoint.open(config, metrics.registry())));
  }

  /**
   * Opens a node and its frontends; says what listens where.
   *
   * @param beforeReady waits until the store can be used
   */
  static String openNode(Service service, NodeConfig config, PluginRegistry plugins, List<String> frontends, Consumer<KvStore> beforeReady) {
    var base = open(service, config, plugins);
    var node = service.keep(Node.assemble(config, base.environment, plugins));
    var store = node.store();
    base.admin.oracle(node.oracle());
    var listening = new ArrayList<String>();
    if (config.storeId() != null) listening.add("store " + config.storeId());
    for (String name : frontends) listening.add(name + " on " + AdminEndpoint.text(node.frontend(name).address()));
    beforeReady.accept(store);
    if (config.topology().embedded() || config.storeId() != null) base.admin.checkpoints(name -> CheckpointCommand.make(node, name));
    base.admin.ready(node::stats, () -> store.get(new byte[0]));
    listening.add("admin on http://" + base.admin.address());
    return String.join(", ", listening);
  }
}
