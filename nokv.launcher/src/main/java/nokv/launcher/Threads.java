package nokv.launcher;

import com.codahale.metrics.MetricRegistry;
import nokv.spi.Environment;
import nokv.spi.NodeConfig;
import nokv.spi.PluginRegistry;
import nokv.spi.StorageEngineProvider;

/** The environment of a node in a process of its own, as large as the engine's options say. */
final class Threads {
  private Threads() {}

  static Environment.Owned of(NodeConfig config, PluginRegistry plugins, MetricRegistry metrics) {
    var engine = config.options(plugins.get(StorageEngineProvider.class, config.plugins().engine()));
    return Environment.system((int) engine.integer("background_threads"), engine.size("memory_budget"), metrics);
  }
}
