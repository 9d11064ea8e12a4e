package nokv.launcher;

import com.codahale.metrics.MetricRegistry;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import nokv.api.ConfigException;
import nokv.api.KeyRange;
import nokv.api.LockedException;
import nokv.spi.Backup;
import nokv.spi.Node;
import nokv.spi.NodeConfig;
import nokv.spi.PluginRegistry;
import nokv.spi.VfsFiles;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** A running node makes a checkpoint, which this process opens and copies, so that the node has no work with it. */
@Command(name = "backup", description = "Backs an embedded node up, running or stopped, to a directory of its own, for restore.")
final class BackupCommand implements Callable<Integer> {
  private final PluginRegistry plugins;
  @Mixin private final NodeOptions options = new NodeOptions();
  @Option(names = "--to", required = true, paramLabel = "DIR", description = "Where it goes: a directory that is empty or not there.") private Path to;

  @Option(names = "--after", paramLabel = "DIR",
      description = "The backup before: only what was written since is backed up. txn.keep_versions must be longer than the time between the two.")
  private @Nullable String after;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init")
  BackupCommand(PluginRegistry plugins) {
    this.plugins = plugins;
  }

  @Override public Integer call() {
    NodeConfig config = options.read(plugins);
    if (!config.topology().embedded()) throw new ConfigException(config.source() + ": lists stores; backup is for embedded nodes. Make a checkpoint of each store instead");
    return Result.print(spec.commandLine().getOut(), backup(config), false);
  }

  private Map<String, Object> backup(NodeConfig config) {
    try {
      return copy(config);
    } catch (LockedException running) {
      String checkpoint = new RunningNode(config, running).checkpoint("backup-" + ProcessHandle.current().pid());
      try {
        return copy(config.withDirectory(checkpoint));
      } finally {
        try (var threads = Threads.of(config, plugins, new MetricRegistry()); var node = Node.assemble(config, threads.environment(), plugins)) {
          VfsFiles.deleteTree(node.vfs(), checkpoint);
        }
      }
    }
  }

  private Map<String, Object> copy(NodeConfig config) {
    try (var threads = Threads.of(config, plugins, new MetricRegistry()); var node = Node.assemble(config.withReadOnly(true), threads.environment(), plugins)) {
      StatsCommand.requireDirectory(node);
      long from = after == null ? 0 : Backup.read(node.vfs(), after).to();
      try (var progress = new Progress(spec.commandLine().getErr(), "backup", node.engine().approximateBytes(KeyRange.ALL))) {
        node.store().backup(to, from, progress);
      }
      return describe(Backup.read(node.vfs(), to.toString()), to.toString());
    }
  }

  static Map<String, Object> describe(Backup backup, String directory) {
    var result = new LinkedHashMap<String, Object>();
    result.put("ok", true);
    result.put("directory", directory);
    result.put("from", backup.from());
    result.put("to", backup.to());
    result.put("tables", backup.tables().size());
    result.put("bytes", backup.bytes());
    return result;
  }
}
