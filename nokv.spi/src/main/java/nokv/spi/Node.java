package nokv.spi;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import nokv.api.KvStore;
import nokv.api.NoKVException;
import org.jspecify.annotations.Nullable;

/**
 * One assembled node: the picture of {@code docs/architecture.md}, top to bottom, opened from the bottom up and closed from the top down. {@link nokv.api.NoKV} and the
 * launcher both assemble through it.
 */
public final class Node implements AutoCloseable {
  private final NodeConfig config;
  private final Environment environment;
  private final PluginRegistry plugins;
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private @Nullable Vfs vfs;
  private @Nullable ValueStore values;
  private @Nullable StorageEngine engine;
  private @Nullable Replicator replicator;
  private @Nullable Oracle oracle;
  private @Nullable KvStore store;

  private Node(NodeConfig config, Environment environment, PluginRegistry plugins) {
    this.config = config;
    this.environment = environment;
    this.plugins = plugins;
  }

  /** A node of which nothing is open yet; its parts open as they are asked for. Close it whatever happens. */
  public static Node assemble(NodeConfig config, Environment environment, PluginRegistry plugins) {
    return new Node(config, environment, plugins);
  }

  /** The file system chosen. */
  public synchronized Vfs vfs() {
    if (vfs == null) {
      var provider = plugins.get(VfsProvider.class, config.plugins().vfs());
      vfs = keep(new SlowDisk(provider.open(environment, config.options(provider), plugins), environment));
    }
    return vfs;
  }

  /** The storage engine on its value store. */
  public synchronized StorageEngine engine() {
    if (engine == null) {
      var valueProvider = plugins.get(ValueStoreProvider.class, config.plugins().valueStore());
      var engineProvider = plugins.get(StorageEngineProvider.class, config.plugins().engine());
      var engineOptions = config.options(engineProvider);
      Vfs files = vfs();
      var valueStore = keep(valueProvider.open(environment, config.options(valueProvider), files, config.directory(), config.readOnly()));
      values = valueStore;
      engine = keep(engineProvider.open(environment, engineOptions, files, valueStore, config.directory(), config.readOnly()));
    }
    return engine;
  }

  /** The value store under the engine, for commands that look at it. */
  public synchronized ValueStore values() {
    engine();
    return Objects.requireNonNull(values);
  }

  /** The store: replicator over engine, timestamps from the oracle. */
  public synchronized KvStore store() {
    if (store == null) {
      var replicatorProvider = plugins.get(ReplicatorProvider.class, config.plugins().replicator());
      var oracleProvider = plugins.get(OracleProvider.class, config.plugins().oracle());
      var opened = keep(replicatorProvider.open(environment, config.options(replicatorProvider), config, this::engine));
      replicator = opened;
      for (String name : config.storeId() == null ? List.<String>of() : plugins.names(RegionHookProvider.class)) {
        var hookProvider = plugins.get(RegionHookProvider.class, name);
        opened.watch(keep(hookProvider.open(environment, config.options(hookProvider), config)));
      }
      var clock = keep(oracleProvider.open(environment, config.options(oracleProvider), config, opened));
      oracle = clock;
      store = keep(opened.store(clock));
    }
    return store;
  }

  /** Where the store's timestamps come from. */
  public synchronized Oracle oracle() {
    store();
    return Objects.requireNonNull(oracle);
  }

  /** Starts a frontend on the store; it is closed with the node. */
  public synchronized ProtocolFrontend frontend(String name) {
    var provider = plugins.get(ProtocolFrontendProvider.class, name);
    return keep(provider.open(environment, config.options(provider), config, store(), this::stats));
  }

  public NodeConfig config() {
    return config;
  }

  public Environment environment() {
    return environment;
  }

  public PluginRegistry plugins() {
    return plugins;
  }

  /** The figures of all open parts, grouped. */
  public synchronized Map<String, Object> stats() {
    var stats = new LinkedHashMap<String, Object>();
    if (engine != null) stats.putAll(engine.stats());
    if (values != null) stats.putAll(values.stats());
    if (replicator != null) stats.putAll(replicator.stats());
    if (oracle != null) stats.put("oracle", oracle.stats());
    for (AutoCloseable part : opened) if (part instanceof ProtocolFrontend frontend) stats.putAll(frontend.stats());
    return stats;
  }

  private <T extends AutoCloseable> T keep(T part) {
    opened.push(part);
    return part;
  }

  @Override public synchronized void close() {
    NoKVException failure = null;
    for (AutoCloseable part; (part = opened.poll()) != null; ) {
      try {
        part.close();
      } catch (Exception e) {
        if (failure == null) failure = e instanceof NoKVException known ? known : new NoKVException("closing " + part.getClass().getSimpleName() + ": " + e.getMessage(), e);
        else failure.addSuppressed(e);
      }
    }
    if (failure != null) throw failure;
  }
}
