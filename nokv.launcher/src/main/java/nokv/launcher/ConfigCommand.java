package nokv.launcher;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import nokv.api.ConfigException;
import nokv.launcher.config.HoconTopologyReader;
import nokv.spi.Keys;
import nokv.spi.NodeConfig;
import nokv.spi.PluginRegistry;
import nokv.spi.Topology;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** {@code config validate|stores|regions|tso}: reads a topology file and shows what it says. */
final class ConfigCommand {
  private ConfigCommand() {}

  static CommandSpec create(PluginRegistry plugins) {
    CommandSpec config = CommandSpec.create().name("config");
    config.usageMessage().description("Checks or shows a topology file.");
    config.addSubcommand("validate", leaf(plugins, "Says whether the file is valid, and if not, everything that is wrong with it.", null));
    config.addSubcommand("stores", leaf(plugins, "Lists the stores.", ConfigCommand::stores));
    config.addSubcommand("regions", leaf(plugins, "Lists the regions in the order of the file.", ConfigCommand::regions));
    config.addSubcommand("tso", leaf(plugins, "Shows the timestamp service.", ConfigCommand::tso));
    return config;
  }

  /** @param show what to show of a valid file; null = only whether it is valid */
  private static CommandSpec leaf(PluginRegistry plugins, String doc, @Nullable Function<NodeConfig, Map<String, Object>> show) {
    var options = new NodeOptions();
    var holder = new CommandSpec[1];
    Callable<Integer> run = () -> {
      CommandSpec spec = holder[0];
      Path positional = spec.positionalParameters().getFirst().getValue();
      if (positional != null) options.config = positional;
      boolean json = Boolean.TRUE.equals(spec.findOption("--json").getValue());
      if (show == null) return validate(spec, options, plugins, json);
      return Result.print(spec.commandLine().getOut(), show.apply(options.read(plugins)), json);
    };
    CommandSpec spec = CommandSpec.wrapWithoutInspection(run);
    holder[0] = spec;
    spec.usageMessage().description(doc);
    spec.addMixin("node", CommandSpec.forAnnotatedObject(options));
    spec.addOption(OptionSpec.builder("--json").type(boolean.class).arity("0").description("Prints JSON.").build());
    spec.addPositional(PositionalParamSpec.builder().index("0").arity("0..1").type(Path.class).paramLabel("FILE").description("The topology file; the same as --config FILE.").build());
    return spec;
  }

  private static int validate(CommandSpec spec, NodeOptions options, PluginRegistry plugins, boolean json) {
    Path file = options.config;
    if (file == null) throw new ConfigException("no file to validate; say config validate FILE");
    List<String> problems = new HoconTopologyReader().validate(file, options.overrides, plugins);
    var result = new LinkedHashMap<String, Object>();
    result.put("ok", problems.isEmpty());
    result.put("file", file.toString());
    if (problems.isEmpty()) result.putAll(summary(options.read(plugins)));
    else result.put("problems", problems);
    if (json || problems.isEmpty()) Result.print(spec.commandLine().getOut(), result, json);
    else problems.forEach(spec.commandLine().getErr()::println);
    spec.commandLine().getErr().flush();
    return problems.isEmpty() ? Cli.OK : Cli.MISTAKE;
  }

  private static Map<String, Object> summary(NodeConfig config) {
    var p = config.plugins();
    var summary = new LinkedHashMap<String, Object>();
    summary.put("mode", config.topology().embedded() ? "embedded" : "cluster");
    summary.put("stores", config.topology().stores().size());
    summary.put("regions", config.topology().regions().size());
    var chosen = new LinkedHashMap<String, Object>();
    chosen.put("vfs", p.vfs());
    chosen.put("value_store", p.valueStore());
    chosen.put("engine", p.engine());
    chosen.put("replicator", p.replicator());
    chosen.put("oracle", p.oracle());
    chosen.put("frontends", p.frontends());
    summary.put("plugins", chosen);
    return summary;
  }

  private static Map<String, Object> stores(NodeConfig config) {
    return Map.of("stores", config.topology().stores().stream().map(store -> {
      var row = new LinkedHashMap<String, Object>();
      row.put("store_id", store.storeId());
      row.put("listen_addr", store.listenAddr());
      row.put("addr", store.addr());
      row.put("docker_listen_addr", store.dockerListenAddr());
      row.put("docker_addr", store.dockerAddr());
      return row;
    }).toList());
  }

  private static Map<String, Object> regions(NodeConfig config) {
    return Map.of("regions", config.topology().regions().stream().map(region -> {
      byte[] end = region.range().end();
      var row = new LinkedHashMap<String, Object>();
      row.put("id", region.id());
      row.put("start_key", Keys.format(region.range().start()));
      row.put("end_key", end == null ? "" : Keys.format(end));
      row.put("version", region.version());
      row.put("conf_version", region.confVersion());
      row.put("peers", region.peers().stream().map(peer -> peer.storeId() + ":" + peer.peerId()).toList());
      row.put("leader_store_id", region.leaderStoreId());
      return row;
    }).toList());
  }

  private static Map<String, Object> tso(NodeConfig config) {
    Topology.Tso tso = config.topology().tso();
    var result = new LinkedHashMap<String, Object>();
    result.put("oracle", config.plugins().oracle());
    if (tso != null) {
      result.put("listen_addr", tso.listenAddr());
      result.put("advertise_url", tso.advertiseUrl());
    }
    return result;
  }
}
