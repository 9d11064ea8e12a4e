package nokv.launcher;

import com.codahale.metrics.MetricRegistry;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import nokv.api.ConfigException;
import nokv.spi.Command;
import nokv.spi.NodeConfig;
import nokv.spi.Option;
import nokv.spi.Options;
import nokv.spi.PluginRegistry;
import nokv.spi.Provider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** A command of a plugin, offered under its name. Where several plugins have one of that name, the plugin that the config chooses runs it. */
final class PluginCommand {
  private PluginCommand() {}

  static CommandSpec spec(String name, List<Provider> providers, PluginRegistry plugins) {
    var node = new NodeOptions();
    Command first = command(providers.getFirst(), name);
    var holder = new CommandSpec[1];
    Callable<Integer> run = () -> run(holder[0], node, name, providers, plugins);
    CommandSpec spec = CommandSpec.wrapWithoutInspection(run).name(name.substring(name.indexOf(' ') + 1));
    holder[0] = spec;
    spec.usageMessage().description(first.doc());
    spec.addMixin("node", CommandSpec.forAnnotatedObject(node));
    spec.addOption(OptionSpec.builder("--json").type(boolean.class).arity("0").description("Prints JSON.").build());
    for (Provider provider : providers) {
      for (Option option : command(provider, name).options()) {
        if (spec.findOption("--" + option.name()) == null) spec.addOption(option(option));
      }
    }
    return spec;
  }

  private static OptionSpec option(Option option) {
    boolean flag = option.type() == Option.Type.BOOLEAN;
    var builder = OptionSpec.builder("--" + option.name()).type(String.class).arity(flag ? "0..1" : "1").paramLabel(option.type().name());
    if (flag) builder.fallbackValue("true");
    String fallback = option.defaultText().isEmpty() ? "" : " Default: " + option.defaultText() + ".";
    return builder.description((option.doc() + fallback).replace("%", "%%")).build();
  }

  private static int run(CommandSpec spec, NodeOptions node, String name, List<Provider> providers, PluginRegistry plugins) {
    NodeConfig config = node.read(plugins);
    Command command = command(chosen(name, providers, config), name);
    var given = new LinkedHashMap<String, Object>();
    for (Option option : command.options()) {
      Object value = spec.findOption("--" + option.name()).getValue();
      if (value != null) given.put(option.name(), value);
    }
    Options arguments = Options.parse(name, command.options(), given);
    Map<String, Object> result;
    try (var threads = Threads.of(config, plugins, new MetricRegistry())) {
      result = command.action().run(new Command.Context(config.withReadOnly(command.readOnly()), threads.environment(), plugins, arguments));
    }
    boolean json = Boolean.TRUE.equals(spec.findOption("--json").getValue());
    return Result.print(spec.commandLine().getOut(), result, json);
  }

  private static Provider chosen(String name, List<Provider> providers, NodeConfig config) {
    if (providers.size() == 1) return providers.getFirst();
    var p = config.plugins();
    var names = new HashSet<>(p.frontends());
    names.addAll(List.of(p.vfs(), p.valueStore(), p.engine(), p.replicator(), p.oracle()));
    return providers.stream().filter(provider -> names.contains(provider.name())).findFirst().orElseThrow(() -> new ConfigException(
        name + " is a command of " + String.join(", ", providers.stream().map(Provider::name).toList()) + ", and " + config.source() + " chooses none of them"));
  }

  private static Command command(Provider provider, String name) {
    return provider.commands().stream().filter(command -> command.name().equals(name)).findFirst().orElseThrow();
  }
}
