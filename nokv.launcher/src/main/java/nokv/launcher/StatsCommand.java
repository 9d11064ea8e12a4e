package nokv.launcher;

import com.codahale.metrics.MetricRegistry;
import java.util.Map;
import java.util.concurrent.Callable;
import nokv.api.ConfigException;
import nokv.api.LockedException;
import nokv.spi.Node;
import nokv.spi.NodeConfig;
import nokv.spi.PluginRegistry;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(name = "stats", description = "Shows a node's figures: of a stopped one from its directory, of a running one from its admin endpoint.")
final class StatsCommand implements Callable<Integer> {
  private final PluginRegistry plugins;
  @Mixin private final NodeOptions options = new NodeOptions();
  @Option(names = "--json", description = "Prints JSON.") private boolean json;
  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init")
  StatsCommand(PluginRegistry plugins) {
    this.plugins = plugins;
  }

  @Override public Integer call() {
    NodeConfig config = options.read(plugins);
    return Result.print(spec.commandLine().getOut(), stats(config), json);
  }

  private Map<String, Object> stats(NodeConfig config) {
    try (var threads = Threads.of(config, plugins, new MetricRegistry()); var node = Node.assemble(config.withReadOnly(true), threads.environment(), plugins)) {
      requireDirectory(node);
      node.engine();
      return node.stats();
    } catch (LockedException running) {
      return new RunningNode(config, running).stats();
    }
  }

  /** Looking at a store does not make one. */
  static void requireDirectory(Node node) {
    String directory = node.config().directory();
    if (!node.vfs().exists(directory)) throw new ConfigException("there is no directory " + directory + "; say --workdir DIR");
  }
}
