package nokv.launcher;

import com.codahale.metrics.MetricRegistry;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import nokv.launcher.metrics.AdminEndpoint;
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
    var service = new Service();
    try {
      var metrics = service.keep(new Reporters(config, new MetricRegistry()));
      var threads = service.keep(Threads.of(config, plugins, metrics.registry()));
      var admin = service.keep(AdminEndpoint.open(config, metrics.registry()));
      var started = service.keep(role.start().start(config, threads.environment(), plugins));
      if (started instanceof Oracle oracle) admin.oracle(oracle);
      admin.ready(() -> stats(metrics, started), () -> {});
      return service.run(role.name() + " is up, admin on http://" + admin.address());
    } catch (RuntimeException | Error e) {
      service.close();
      throw e;
    }
  }

  private static Map<String, Object> stats(Reporters metrics, AutoCloseable started) {
    var stats = new LinkedHashMap<String, Object>(metrics.figures());
    if (started instanceof Oracle oracle) stats.put("oracle", oracle.stats());
    return stats;
  }
}
