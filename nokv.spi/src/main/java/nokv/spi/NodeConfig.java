package nokv.spi;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Everything one node is told: what a config file says, with its overrides.
 *
 * @param source what to name in messages, such as the file's name
 * @param directory where the node keeps its data
 * @param blocks raw options by block name, see {@link Provider#block}
 * @param storeId which store of the topology this process is; null = none (embedded, or a client)
 * @param readOnly whether to open without changing anything
 */
public record NodeConfig(String source, String directory, Plugins plugins, Topology topology, Map<String, Map<String, Object>> blocks, @Nullable Long storeId,
    boolean readOnly) {

  /** Which provider of each kind, by name. */
  public record Plugins(String vfs, String valueStore, String engine, String replicator, String oracle, List<String> frontends) {
    public static final Plugins EMBEDDED = new Plugins("os", "vlog", "lsm", "local", "local", List.of());
  }

  /** An embedded node with all defaults. */
  public static NodeConfig embedded(String directory) {
    return new NodeConfig("options", directory, Plugins.EMBEDDED, Topology.EMBEDDED, Map.of(), null, false);
  }

  public NodeConfig withPlugins(Plugins changed) {
    return new NodeConfig(source, directory, changed, topology, blocks, storeId, readOnly);
  }

  public NodeConfig withDirectory(String changed) {
    return new NodeConfig(source, changed, plugins, topology, blocks, storeId, readOnly);
  }

  public NodeConfig withTopology(Topology changed) {
    return new NodeConfig(source, directory, plugins, changed, blocks, storeId, readOnly);
  }

  public NodeConfig withStoreId(@Nullable Long changed) {
    return new NodeConfig(source, directory, plugins, topology, blocks, changed, readOnly);
  }

  public NodeConfig withReadOnly(boolean changed) {
    return new NodeConfig(source, directory, plugins, topology, blocks, storeId, changed);
  }

  /** With one option set: {@code with("engine", "sync", "none")}. */
  public NodeConfig with(String block, String name, Object value) {
    var changed = new LinkedHashMap<>(blocks);
    var options = new LinkedHashMap<>(changed.getOrDefault(block, Map.of()));
    options.put(name, value);
    changed.put(block, options);
    return new NodeConfig(source, directory, plugins, topology, changed, storeId, readOnly);
  }

  /** The checked options of a provider, from its block. */
  public Options options(Provider provider) {
    return Options.parse(source + ": " + provider.block(), provider.options(), blocks.getOrDefault(provider.block(), Map.of()));
  }
}
