package nokv.launcher.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigSyntax;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import nokv.api.ConfigException;
import nokv.launcher.metrics.MetricsOptions;
import nokv.spi.Nearest;
import nokv.spi.NodeConfig;
import nokv.spi.Option;
import nokv.spi.Options;
import nokv.spi.OracleProvider;
import nokv.spi.PluginRegistry;
import nokv.spi.ProtocolFrontendProvider;
import nokv.spi.Provider;
import nokv.spi.ReplicatorProvider;
import nokv.spi.StorageEngineProvider;
import nokv.spi.Security;
import nokv.spi.Topology;
import nokv.spi.TopologyReader;
import nokv.spi.ValueStoreProvider;
import nokv.spi.VfsProvider;
import org.jspecify.annotations.Nullable;

/**
 * Reads the topology file as HOCON, so JSON is read too. Strongest first: {@code -D} options, system properties {@code nokv.*}, environment variables {@code NOKV_*},
 * the file, the defaults. All of it is checked, key by key, before anything is opened. Stateless.
 */
public final class HoconTopologyReader implements TopologyReader {
  /** Where a node keeps its data if nobody says otherwise, relative to the process's directory. */
  public static final String DEFAULT_DIRECTORY = "nokv-data";
  private static final Set<String> PLUGIN_KEYS = new LinkedHashSet<>(List.of("vfs", "value_store", "engine", "replicator", "oracle", "frontends"));
  private static final List<String> DEFAULT_FRONTENDS = List.of("resp");
  /** Plugins of NoKV that a build may come without. Naming one is no mistake of the file; assembling a node from it is refused where it is missing. */
  private static final Set<String> OWN_PLUGINS = Set.of("os", "mem", "fault", "vlog", "inline", "lsm", "local", "raft", "tso", "resp");
  /** Blocks of options of NoKV's own plugins: an application that opens a server's file need not have the server's plugins. */
  private static final Set<String> OWN_BLOCKS = Set.of("os", "mem", "fault", "vlog", "inline", "engine", "local", "raft", "resp", "security", "metrics");

  private final UnaryOperator<@Nullable String> properties;
  private final UnaryOperator<@Nullable String> variables;

  public HoconTopologyReader() {
    this(System::getProperty, System::getenv);
  }

  HoconTopologyReader(UnaryOperator<@Nullable String> properties, UnaryOperator<@Nullable String> variables) {
    this.properties = properties;
    this.variables = variables;
  }

  @Override public NodeConfig read(Path file, Map<String, String> overrides, PluginRegistry plugins) {
    var problems = new Problems(file.toString());
    return orThrow(new Reading(problems, plugins).node(file, overrides), problems);
  }

  @Override public NodeConfig defaults(Map<String, String> overrides, PluginRegistry plugins) {
    var problems = new Problems("options");
    return orThrow(new Reading(problems, plugins).node(null, overrides), problems);
  }

  @Override public List<String> validate(Path file, Map<String, String> overrides, PluginRegistry plugins) {
    var problems = new Problems(file.toString());
    new Reading(problems, plugins).node(file, overrides);
    return problems.found();
  }

  private static NodeConfig orThrow(NodeConfig config, Problems problems) {
    if (!problems.found().isEmpty()) throw new ConfigException(problems.found().getFirst());
    return config;
  }

  static String oneLine(Exception e) {
    return String.valueOf(e.getMessage()).replaceAll("\\s*\\R\\s*", " ");
  }

  /** One reading of one file. */
  private final class Reading {
    private final Problems problems;
    private final PluginRegistry plugins;
    private final Map<String, List<Option>> blocks = new LinkedHashMap<>();

    Reading(Problems problems, PluginRegistry plugins) {
      this.problems = problems;
      this.plugins = plugins;
      blocks.put(MetricsOptions.BLOCK, MetricsOptions.ALL);
      blocks.put(Security.BLOCK, Security.OPTIONS);
      for (Provider provider : plugins.all()) {
        var options = blocks.computeIfAbsent(provider.block(), block -> new ArrayList<>());
        for (Option option : provider.options()) if (options.stream().noneMatch(known -> known.name().equals(option.name()))) options.add(option);
      }
    }

    NodeConfig node(@Nullable Path file, Map<String, String> overrides) {
      Config config = Overrides.given(overrides, problems)
          .withFallback(Overrides.surrounding(scalarKeys(), properties, variables, problems))
          .withFallback(file == null ? ConfigFactory.empty() : parse(file));
      var topLevel = new LinkedHashSet<>(ClusterKeys.NAMES);
      topLevel.addAll(List.of("plugins", "workdir"));
      topLevel.addAll(blocks.keySet());
      topLevel.addAll(OWN_BLOCKS);
      var root = new Section(problems, "", config.root(), topLevel);
      Topology topology = ClusterKeys.read(root, tsoKeys());
      return new NodeConfig(problems.source(), root.text("workdir", DEFAULT_DIRECTORY), plugins(root, topology), topology, blocks(config.root()), null, false);
    }

    private Config parse(Path file) {
      if (!Files.isRegularFile(file)) {
        problems.add(file + ": " + (Files.exists(file) ? "is not a file" : "there is no such file") + ", expected a topology file such as raft_config.example.json");
        return ConfigFactory.empty();
      }
      try {
        return ConfigFactory.parseFile(file.toFile(), ConfigParseOptions.defaults().setAllowMissing(false).setSyntax(ConfigSyntax.CONF)).resolve();
      } catch (com.typesafe.config.ConfigException e) {
        String message = oneLine(e).replace(file.toAbsolutePath().toString(), "").replace(file.toString(), "").replaceFirst("^\\s*:\\s*", "");
        problems.add(file + ": is not HOCON or JSON: " + message);
        return ConfigFactory.empty();
      }
    }

    private Set<String> tsoKeys() {
      var keys = new LinkedHashSet<>(ClusterKeys.TSO);
      for (Option option : blocks.getOrDefault("tso", List.of())) keys.add(option.name());
      return keys;
    }

    /** Every key that holds one value, for the environment. */
    private List<String> scalarKeys() {
      var keys = new ArrayList<>(List.of("max_retries", "workdir", "tso.listen_addr", "tso.advertise_url"));
      for (String key : PLUGIN_KEYS) keys.add("plugins." + key);
      blocks.forEach((block, options) -> options.forEach(option -> keys.add(block + "." + option.name())));
      return keys;
    }

    private NodeConfig.Plugins plugins(Section root, Topology topology) {
      Section section = root.section("plugins", PLUGIN_KEYS);
      var embedded = NodeConfig.Plugins.EMBEDDED;
      return new NodeConfig.Plugins(
          plugin(section, "vfs", VfsProvider.class, embedded.vfs()),
          plugin(section, "value_store", ValueStoreProvider.class, embedded.valueStore()),
          plugin(section, "engine", StorageEngineProvider.class, embedded.engine()),
          plugin(section, "replicator", ReplicatorProvider.class, topology.embedded() ? embedded.replicator() : "raft"),
          plugin(section, "oracle", OracleProvider.class, topology.embedded() && topology.tso() == null ? embedded.oracle() : "tso"),
          frontends(section));
    }

    private String plugin(Section section, String key, Class<? extends Provider> kind, String fallback) {
      String name = section.text(key, fallback);
      if (section.value(key) != null) check(section, key, kind, name);
      return name;
    }

    private List<String> frontends(Section section) {
      ConfigValue value = section.value("frontends");
      if (value == null) return DEFAULT_FRONTENDS;
      List<String> names = value instanceof ConfigList list ? list.stream().map(element -> String.valueOf(element.unwrapped())).toList()
          : Arrays.stream(section.text("frontends", "").split(",")).map(String::trim).filter(name -> !name.isEmpty()).toList();
      for (String name : names) check(section, "frontends", ProtocolFrontendProvider.class, name);
      return names;
    }

    private void check(Section section, String key, Class<? extends Provider> kind, String name) {
      var names = plugins.names(kind);
      if (names.contains(name) || OWN_PLUGINS.contains(name) || plugins.all().isEmpty()) return;
      String near = Nearest.to(name, names);
      section.problem(key, "is \"" + name + "\", expected " + (names.isEmpty() ? "a plugin, but none of this kind is installed" : "one of " + String.join(", ", names))
          + (near == null ? "" : "; did you mean \"" + near + "\"?"));
    }

    /** The raw options of every block, each checked by itself, so that all mistakes are found and each is told with where it stands. */
    private Map<String, Map<String, Object>> blocks(ConfigObject root) {
      var raw = new LinkedHashMap<String, Map<String, Object>>();
      for (var entry : new TreeMap<>(root).entrySet()) {
        String block = entry.getKey();
        List<Option> declared = blocks.get(block);
        if (declared == null && !OWN_BLOCKS.contains(block)) continue;
        if (!(entry.getValue() instanceof ConfigObject object)) {
          if (entry.getValue().valueType() != ConfigValueType.NULL) problems.add(entry.getValue(), block, "is a " + Section.name(entry.getValue()) + ", expected a block of options");
          continue;
        }
        var values = new LinkedHashMap<String, Object>();
        new TreeMap<>(object).forEach((key, value) -> {
          boolean topology = block.equals("tso") && ClusterKeys.TSO.contains(key);
          if (!topology && value.valueType() != ConfigValueType.NULL) values.put(key, option(block, key, value, declared));
        });
        raw.put(block, values);
      }
      return raw;
    }

    private Object option(String block, String key, ConfigValue value, @Nullable List<Option> declared) {
      Object raw = value.unwrapped();
      if (declared == null) return raw;
      boolean list = declared.stream().anyMatch(option -> option.name().equals(key) && option.type() == Option.Type.LIST);
      if (list && raw instanceof String text && !text.isEmpty()) raw = Arrays.stream(text.split(",")).map(String::trim).toList();
      String where = problems.source() + ": " + block;
      try {
        Options.parse(where, declared, Map.of(key, raw));
      } catch (ConfigException e) {
        String origin = Overrides.origin(value);
        String message = String.valueOf(e.getMessage());
        problems.add(origin == null ? message : message.replace(where + "." + key, origin));
      }
      return raw;
    }
  }
}
