package nokv.spi;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Reads the topology file. The launcher provides it; tools and applications use the same through {@link nokv.api.NoKV#fromConfig}. */
public interface TopologyReader {
  /**
   * Reads and validates.
   *
   * @param overrides keys such as {@code engine.sync} with their values, stronger than the file
   * @throws nokv.api.ConfigException the first problem, as one line that names the file, the key and what was expected
   */
  NodeConfig read(Path file, Map<String, String> overrides, PluginRegistry plugins);

  /** The config without a file: defaults and overrides. */
  NodeConfig defaults(Map<String, String> overrides, PluginRegistry plugins);

  /** Every problem in the file, a line each; empty = it is valid. */
  List<String> validate(Path file, Map<String, String> overrides, PluginRegistry plugins);
}
