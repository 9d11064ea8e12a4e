package nokv.launcher;

import com.codahale.metrics.MetricRegistry;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import nokv.spi.Backup;
import nokv.spi.Node;
import nokv.spi.NodeConfig;
import nokv.spi.PluginRegistry;
import nokv.spi.txn.Stages;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "restore", description = "Makes a node's directory, which must be empty or not there, from a full backup and those taken after it, in order.")
final class RestoreCommand implements Callable<Integer> {
  private final PluginRegistry plugins;
  @Mixin private final NodeOptions options = new NodeOptions();
  @Parameters(paramLabel = "BACKUP", arity = "1..*", description = "Directories of backups: the full one, then each later one.") private List<String> backups;
  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init")
  RestoreCommand(PluginRegistry plugins) {
    this.plugins = plugins;
  }

  @Override public Integer call() {
    NodeConfig config = options.read(plugins);
    var restored = new ArrayList<Map<String, Object>>();
    try (var threads = Threads.of(config, plugins, new MetricRegistry()); var node = Node.assemble(config, threads.environment(), plugins)) {
      // All of them before the first is taken.
      for (String backup : backups) Backup.read(node.vfs(), backup);
      for (String backup : backups) {
        try (var progress = new Progress(spec.commandLine().getErr(), "restore " + backup, Backup.read(node.vfs(), backup).bytes())) {
          restored.add(BackupCommand.describe(Stages.await(Backup.restore(node.engine(), backup, progress)), backup));
        }
      }
    }
    var result = new LinkedHashMap<String, Object>();
    result.put("ok", true);
    result.put("directory", config.directory());
    result.put("backups", restored);
    return Result.print(spec.commandLine().getOut(), result, false);
  }
}
