package nokv.launcher;

import com.codahale.metrics.MetricRegistry;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.Callable;
import nokv.api.ConfigException;
import nokv.api.LockedException;
import nokv.api.UnavailableException;
import nokv.launcher.metrics.MetricsOptions;
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
  private static final int TIMEOUT_MILLIS = 10_000;

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
      if (!node.vfs().exists(config.directory())) throw new ConfigException("there is no directory " + config.directory() + "; say --workdir DIR");
      node.engine();
      return node.stats();
    } catch (LockedException running) {
      return ask(MetricsOptions.of(config).text("listen_addr"), running);
    }
  }

  private static Map<String, Object> ask(String address, LockedException running) {
    try {
      var connection = (HttpURLConnection) URI.create("http://" + address + "/stats").toURL().openConnection();
      connection.setConnectTimeout(TIMEOUT_MILLIS);
      connection.setReadTimeout(TIMEOUT_MILLIS);
      try (var answer = connection.getInputStream()) {
        var tree = com.typesafe.config.ConfigFactory.parseString(new String(answer.readAllBytes(), StandardCharsets.UTF_8));
        return tree.root().unwrapped();
      }
    } catch (IOException | IllegalArgumentException | com.typesafe.config.ConfigException e) {
      throw new UnavailableException("a running node holds the directory (" + running.getMessage() + "), and its admin endpoint does not answer on " + address
          + "; say where it is with -Dmetrics.listen_addr=HOST:PORT: " + e.getMessage());
    }
  }
}
