package nokv.api;

import com.codahale.metrics.MetricRegistry;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import nokv.spi.Backup;
import nokv.spi.Environment;
import nokv.spi.Node;
import nokv.spi.NodeConfig;
import nokv.spi.Options;
import nokv.spi.PluginRegistry;
import nokv.spi.StorageEngineProvider;
import nokv.spi.TopologyReader;
import nokv.spi.txn.Stages;
import org.jspecify.annotations.Nullable;

/**
 * Where an application begins.
 * <pre>{@code
 * try (KvStore store = NoKV.open(Path.of("data"))) {
 *   store.put(key, value);
 * }
 * }</pre>
 * Which engine, file system and so on are used is a matter of configuration; they are found on the module path or class path.
 */
public final class NoKV {
  private NoKV() {}

  /** Opens or creates an embedded store with default options. @throws LockedException another process has it open */
  public static KvStore open(Path directory) {
    return options().directory(directory).open();
  }

  public static KvStore open(OpenOptions options) {
    return options.open();
  }

  /** Opens what a topology file says: an embedded store, or, where it lists stores, a client of the cluster. Needs {@code nokv.launcher} present, which reads such files. */
  public static KvStore fromConfig(Path file) {
    PluginRegistry plugins = PluginRegistry.installed();
    var reader = ServiceLoader.load(TopologyReader.class).findFirst()
        .orElseThrow(() -> new ConfigException("nothing here can read " + file + ": add nokv.launcher to the module path or class path"));
    return start(reader.read(file, Map.of(), plugins), plugins, null);
  }

  /**
   * Makes a store in {@code directory} from a full backup and those taken after it, in order; or adds later ones to a store that nothing was written to since it was restored. The store
   * must not be open. Blocks.
   *
   * @throws InvalidArgumentException a backup does not begin where the store ends
   * @throws CorruptException naming file and offset
   */
  public static void restore(Path directory, List<Path> backups) {
    options().directory(directory).restore(backups);
  }

  public static OpenOptions options() {
    return new OpenOptions();
  }

  /** What to open and how; every key of the config file's option blocks can be set, see {@code docs/configuration.md}. Not thread-safe. */
  public static final class OpenOptions {
    private NodeConfig config = NodeConfig.embedded("nokv-data");
    private final Map<String, Object> settings = new LinkedHashMap<>();
    private @Nullable MetricRegistry metrics;

    private OpenOptions() {}

    public OpenOptions directory(Path directory) {
      config = config.withDirectory(text(directory));
      return this;
    }

    /** Sets one option, named as in the config file: {@code set("engine.sync", "interval")}. Checked when the store is opened. */
    public OpenOptions set(String key, Object value) {
      settings.put(key, value);
      return this;
    }

    /** Which file system, {@code os} by default; {@code mem} keeps everything in memory. */
    public OpenOptions vfs(String name) {
      var p = config.plugins();
      config = config.withPlugins(new NodeConfig.Plugins(name, p.valueStore(), p.engine(), p.replicator(), p.oracle(), p.frontends()));
      return this;
    }

    /** Which value store, {@code vlog} by default; {@code inline} keeps every value in the tree. */
    public OpenOptions valueStore(String name) {
      var p = config.plugins();
      config = config.withPlugins(new NodeConfig.Plugins(p.vfs(), name, p.engine(), p.replicator(), p.oracle(), p.frontends()));
      return this;
    }

    public OpenOptions readOnly() {
      config = config.withReadOnly(true);
      return this;
    }

    /** Registers the store's figures in the application's own registry. */
    public OpenOptions metrics(MetricRegistry registry) {
      metrics = registry;
      return this;
    }

    /** @throws ConfigException an option is unknown or has a bad value */
    public KvStore open() {
      return start(checked(), PluginRegistry.installed(), metrics);
    }

    private void restore(List<Path> backups) {
      NodeConfig restored = checked();
      PluginRegistry plugins = PluginRegistry.installed();
      try (var threads = threads(restored, plugins, null); Node node = Node.assemble(restored, threads.environment(), plugins)) {
        for (Path backup : backups) Stages.await(Backup.restore(node.engine(), text(backup), bytes -> {}));
      }
    }

    private NodeConfig checked() {
      NodeConfig opened = config;
      for (var setting : settings.entrySet()) {
        int dot = setting.getKey().indexOf('.');
        if (dot <= 0) throw new ConfigException("option \"" + setting.getKey() + "\" names no block; write it as in the config file, such as engine.sync");
        opened = opened.with(setting.getKey().substring(0, dot), setting.getKey().substring(dot + 1), setting.getValue());
      }
      return opened;
    }
  }

  private static String text(Path path) {
    return path.toString().replace('\\', '/');
  }

  private static Environment.Owned threads(NodeConfig config, PluginRegistry plugins, @Nullable MetricRegistry metrics) {
    Options engine = config.options(plugins.get(StorageEngineProvider.class, config.plugins().engine()));
    return Environment.system((int) engine.integer("background_threads"), engine.size("memory_budget"), metrics == null ? new MetricRegistry() : metrics);
  }

  private static KvStore start(NodeConfig config, PluginRegistry plugins, @Nullable MetricRegistry metrics) {
    var threads = threads(config, plugins, metrics);
    Node node = Node.assemble(config, threads.environment(), plugins);
    try {
      return new OwnedStore(node.store(), node, threads);
    } catch (Throwable e) {
      try (threads; node) {
        throw e;
      }
    }
  }
}
