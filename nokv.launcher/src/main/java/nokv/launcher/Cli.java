package nokv.launcher;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import nokv.api.ConfigException;
import nokv.api.InvalidArgumentException;
import nokv.api.NoKVException;
import nokv.spi.Command;
import nokv.spi.Nearest;
import nokv.spi.PluginRegistry;
import nokv.spi.Provider;
import nokv.spi.Role;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The command line: the launcher's own commands and, by name, every command and role of every plugin. Exit codes: {@value #OK}, {@value #FAILED} where something failed or
 * is not as it should be, {@value #MISTAKE} where the command line or the config is wrong. A failure is one line on standard error.
 */
final class Cli {
  static final int OK = 0;
  static final int FAILED = 1;
  static final int MISTAKE = 2;

  private Cli() {}

  static int run(PluginRegistry plugins, PrintWriter out, PrintWriter err, String... arguments) {
    var line = new CommandLine(root());
    line.addSubcommand(new ServeCommand(plugins));
    line.addSubcommand(new GatewayCommand(plugins));
    line.addSubcommand(new ClusterCommand(plugins));
    line.addSubcommand(new StatsCommand(plugins));
    line.addSubcommand(new CheckpointCommand(plugins));
    line.addSubcommand(new BackupCommand(plugins));
    line.addSubcommand(new RestoreCommand(plugins));
    line.addSubcommand(ConfigCommand.create(plugins));
    addPluginCommands(line, plugins);
    for (CommandLine command : all(line)) {
      command.getCommandSpec().version("nokv " + Version.TEXT).mixinStandardHelpOptions(true);
      command.setOut(out).setErr(err).setParameterExceptionHandler((mistake, given) -> fail(err, describe(mistake), MISTAKE))
          .setExecutionExceptionHandler((failure, on, parsed) -> fail(err, failure));
    }
    return line.execute(arguments);
  }

  /** Tells a failure in one line and gives its exit code. */
  static int fail(PrintWriter err, Throwable failure) {
    if (Logging.TRACE) failure.printStackTrace(err);
    if (failure instanceof ConfigException || failure instanceof InvalidArgumentException) return fail(err, Logging.describe(failure), MISTAKE);
    if (failure instanceof NoKVException) return fail(err, Logging.describe(failure), FAILED);
    StackTraceElement[] at = failure.getStackTrace();
    return fail(err, "defect: " + failure.getClass().getSimpleName() + ": " + Logging.describe(failure) + (at.length == 0 ? "" : " at " + at[0])
        + "; set NOKV_TRACE=1 for more", FAILED);
  }

  private static int fail(PrintWriter err, String message, int code) {
    err.println("nokv: " + message);
    err.flush();
    return code;
  }

  private static CommandSpec root() {
    CommandSpec root = CommandSpec.create().name("nokv-launcher");
    root.usageMessage().description("NoKV: a plugin-based storage platform. Serves a store, or looks at one.");
    return root;
  }

  private static void addPluginCommands(CommandLine line, PluginRegistry plugins) {
    var commands = new LinkedHashMap<String, List<Provider>>();
    var roles = new LinkedHashMap<String, Role>();
    for (Provider provider : plugins.all()) {
      for (Command command : provider.commands()) commands.computeIfAbsent(command.name(), name -> new ArrayList<>()).add(provider);
      for (Role role : provider.roles()) roles.putIfAbsent(role.name(), role);
    }
    commands.forEach((name, providers) -> add(line, name, PluginCommand.spec(name, providers, plugins)));
    roles.forEach((name, role) -> {
      if (!commands.containsKey(name)) line.addSubcommand(name, RoleCommand.spec(role, plugins));
    });
  }

  /** {@code region split} becomes the command {@code split} of the group {@code region}. */
  private static void add(CommandLine line, String name, CommandSpec command) {
    int space = name.indexOf(' ');
    if (space < 0) {
      line.addSubcommand(name, command);
      return;
    }
    String group = name.substring(0, space);
    CommandLine parent = line.getSubcommands().get(group);
    if (parent == null) {
      CommandSpec spec = CommandSpec.create().name(group);
      spec.usageMessage().description("Several commands; each takes --help.");
      parent = new CommandLine(spec);
      line.addSubcommand(group, parent);
    }
    parent.addSubcommand(name.substring(space + 1), command);
  }

  private static List<CommandLine> all(CommandLine line) {
    var all = new ArrayList<>(List.of(line));
    for (CommandLine child : line.getSubcommands().values()) all.addAll(all(child));
    return all;
  }

  private static String describe(ParameterException mistake) {
    CommandLine command = mistake.getCommandLine();
    if (mistake instanceof UnmatchedArgumentException unmatched && !unmatched.getUnmatched().isEmpty()) {
      String word = unmatched.getUnmatched().getFirst();
      if (word.startsWith("-")) {
        var options = command.getCommandSpec().optionsMap().keySet();
        return "\"" + word + "\" is not an option of " + command.getCommandSpec().qualifiedName() + Nearest.hint(word, options);
      }
      if (!command.getSubcommands().isEmpty()) return "\"" + word + "\" is not a command" + Nearest.hint(word, command.getSubcommands().keySet());
      return "\"" + word + "\" is one argument too many for " + command.getCommandSpec().qualifiedName();
    }
    if (!command.getSubcommands().isEmpty() && command.getParseResult() != null) {
      return "a command is missing; known are " + String.join(", ", command.getSubcommands().keySet());
    }
    return Logging.describe(mistake);
  }
}
