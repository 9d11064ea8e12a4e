package nokv.launcher;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import nokv.api.ConfigException;
import nokv.api.CorruptException;
import nokv.spi.Command;
import nokv.spi.Environment;
import nokv.spi.Option;
import nokv.spi.Options;
import nokv.spi.Role;
import nokv.spi.StorageEngine;
import nokv.spi.StorageEngineProvider;
import nokv.spi.ValueStore;
import nokv.spi.Vfs;

/** An engine that cannot be opened but has commands and a role, to see how the launcher offers those of a plugin it does not know. */
public final class ProbeEngineProvider implements StorageEngineProvider {
  @Override public String name() {
    return "probe";
  }

  @Override public List<Option> options() {
    return List.of(Option.of("memory_budget", Option.Type.SIZE, "1MiB", ""), Option.of("background_threads", Option.Type.INTEGER, "1", ""));
  }

  @Override public List<Command> commands() {
    var options = List.of(Option.of("from", Option.Type.INTEGER, "0", "Where to begin."), Option.of("deep", Option.Type.BOOLEAN, "false", "Whether to look closely."),
        Option.oneOf("outcome", "good", "What to find.", "good", "bad", "corrupt", "defect"));
    return List.of(new Command("probe", "Looks at the store.", true, options, ProbeEngineProvider::probe), new Command("mend", "Changes the store.", false, List.of(), context -> {
      return Map.of("read_only", context.node().readOnly());
    }), Command.readOnly("probe-group look", "Looks from a group.", context -> Map.of("seen", true)));
  }

  private static Map<String, Object> probe(Command.Context context) {
    switch (context.arguments().text("outcome")) {
      case "corrupt" -> throw new CorruptException("sst/000007.sst is damaged\nat offset 12");
      case "defect" -> throw new IllegalStateException("this cannot be");
      default -> { }
    }
    var result = new LinkedHashMap<String, Object>();
    result.put("ok", context.arguments().text("outcome").equals("good"));
    result.put("directory", context.node().directory());
    result.put("from", context.arguments().integer("from"));
    result.put("deep", context.arguments().bool("deep"));
    result.put("read_only", context.node().readOnly());
    return result;
  }

  @Override public List<Role> roles() {
    return List.of(new Role("watcher", "Watches.", (config, environment, plugins) -> {
      throw new ConfigException(config.source() + ": nothing to watch");
    }));
  }

  @Override public StorageEngine open(Environment environment, Options options, Vfs vfs, ValueStore values, String directory, boolean readOnly) {
    throw new ConfigException("the probe engine cannot be opened");
  }
}
