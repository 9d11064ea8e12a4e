package nokv.launcher;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import nokv.launcher.metrics.Reporters;
import nokv.spi.Oracle;
import nokv.spi.PluginRegistry;
import nokv.spi.Role;
import picocli.CommandLine.Model.CommandSpec;

/** A role of a plugin ({@code store}, {@code tso} …), offered as a command: starts it and keeps it up until the process is told to stop. */
final class RoleCommand {
  private RoleCommand() {}

  static CommandSpec spec(Role role, PluginRegistry plugins) {
    var node = new NodeOptions();
    Callable<Integer> run = () -> run(role, node, plugins);
    CommandSpec spec = CommandSpec.wrapWithoutInspection(run).name(role.name());
    spec.usageMessage().description(role.doc());
    return spec.addMixin("node", CommandSpec.forAnnotatedObject(node));
  }

  private static int run(Role role, NodeOptions options, PluginRegistry plugins) {
    Logging.toStandardOutput();
    var config = options.read(plugins);
    return Service.run(service -> {
      var base = NodeService.open(service, config, plugins);
      var started = service.keep(role.start().start(config, base.environment(), plugins));
      if (started instanceof Oracle oracle) base.admin().oracle(oracle);
      base.admin().ready(() -> stats(base.metrics(), started), () -> {});
      return role.name() + " is up, admin on http://" + base.admin().address();
    });
  }

  private static Map<String, Object> stats(Reporters metrics, AutoCloseable started) {
    var stats = new LinkedHashMap<String, Object>(metrics.figures());
    if (started instanceof Oracle oracle) stats.put("oracle", oracle.stats());
    return stats;
  }
}
