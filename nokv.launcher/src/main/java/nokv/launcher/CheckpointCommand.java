package nokv.launcher;

import com.codahale.metrics.MetricRegistry;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import nokv.api.InvalidArgumentException;
import nokv.api.LockedException;
import nokv.spi.Node;
import nokv.spi.NodeConfig;
import nokv.spi.PluginRegistry;
import nokv.spi.txn.Stages;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(name = "checkpoint", description = "Copies a node's directory, running or stopped, to checkpoints/NAME in it, by hard links: a directory of its own that can be served, checked or moved.")
final class CheckpointCommand implements Callable<Integer> {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");

  private final PluginRegistry plugins;
  @Mixin private final NodeOptions options = new NodeOptions();
  @Option(names = "--name", paramLabel = "NAME", description = "Its name; the present time by default.") private @Nullable String name;
  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init")
  CheckpointCommand(PluginRegistry plugins) {
    this.plugins = plugins;
  }

  @Override public Integer call() {
    String chosen = name != null ? name : DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").format(LocalDateTime.now());
    NodeConfig config = options.read(plugins);
    // Before anything is opened: making a store is not what was asked for.
    directory(config.directory(), chosen);
    var result = new LinkedHashMap<String, Object>();
    result.put("ok", true);
    result.put("directory", make(config, chosen));
    return Result.print(spec.commandLine().getOut(), result, false);
  }

  private String make(NodeConfig config, String chosen) {
    try (var threads = Threads.of(config, plugins, new MetricRegistry()); var node = Node.assemble(config, threads.environment(), plugins)) {
      StatsCommand.requireDirectory(node);
      return make(node, chosen);
    } catch (LockedException running) {
      return new RunningNode(config, running).checkpoint(chosen);
    }
  }

  /** Makes one in {@code checkpoints/NAME} of the node's directory, and says where that is. */
  static String make(Node node, String name) {
    String directory = directory(node.config().directory(), name);
    Stages.await(node.engine().checkpoint(directory));
    return directory;
  }

  private static String directory(String workdir, String name) {
    if (!NAME.matcher(name).matches()) throw new InvalidArgumentException("a checkpoint's name is up to 100 letters, digits, dots, dashes and underscores, not \"" + name + "\"");
    return workdir + "/checkpoints/" + name;
  }
}
