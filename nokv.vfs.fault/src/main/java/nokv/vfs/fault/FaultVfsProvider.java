package nokv.vfs.fault;

import java.util.List;
import java.util.Map;
import nokv.api.ConfigException;
import nokv.spi.Environment;
import nokv.spi.Option;
import nokv.spi.Options;
import nokv.spi.PluginRegistry;
import nokv.spi.Vfs;
import nokv.spi.VfsProvider;

/** {@code fault}: another file system that fails by rule; see {@code docs/vfs.md}. */
public final class FaultVfsProvider implements VfsProvider {
  @Override public String name() {
    return "fault";
  }

  @Override public List<Option> options() {
    return List.of(
        Option.of("inner", Option.Type.TEXT, "os", "The file system underneath, by name; it gets its own defaults."),
        Option.of("seed", Option.Type.INTEGER, "0", "From what probabilities and torn lengths follow. 0 takes a new one at each start; the one taken is in every message."),
        Option.of("rules", Option.Type.LIST, "[]",
            "Blocks of op, path, one of nth, after, probability, and action = fail, delay, tear, full or power-cut; see vfs.md. Tried in order."));
  }

  @Override public Vfs open(Environment environment, Options options, PluginRegistry registry) {
    String name = options.text("inner");
    if (name.equals(name())) throw new ConfigException("fault.inner is \"fault\", expected another file system such as os");
    long seed = options.integer("seed") == 0 ? environment.random().getAsLong() : options.integer("seed");
    var rules = FaultRule.parse("fault.rules", options.list("rules"), seed);
    var provider = registry.get(VfsProvider.class, name);
    Vfs inner = provider.open(environment, Options.parse(name, provider.options(), Map.of()), registry);
    return new FaultVfs(inner, seed, rules, environment.metrics(), FaultVfs::halt);
  }
}
