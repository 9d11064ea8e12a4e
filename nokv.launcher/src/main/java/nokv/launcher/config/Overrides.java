package nokv.launcher.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOriginFactory;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What is stronger than the file: options {@code -Dengine.sync=none}, then the system property {@code nokv.engine.sync}, then the environment variable
 * {@code NOKV_ENGINE_SYNC}. Each value remembers where it came from, so that a message can name it.
 */
final class Overrides {
  private Overrides() {}

  /** The values given as options. Every key counts, so a wrong one is found. */
  static Config given(Map<String, String> overrides, Problems problems) {
    Config config = ConfigFactory.empty();
    for (var override : overrides.entrySet()) config = with(config, override.getKey(), "-D" + override.getKey(), override.getValue(), problems);
    return config;
  }

  /** The values in properties and variables. Only keys that exist are looked up: a process has many variables that are not meant for us. */
  static Config surrounding(Collection<String> keys, UnaryOperator<@Nullable String> properties, UnaryOperator<@Nullable String> variables, Problems problems) {
    Config config = ConfigFactory.empty();
    for (String key : keys) {
      String property = "nokv." + key;
      String variable = "NOKV_" + key.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
      String value = properties.apply(property);
      if (value != null) {
        config = with(config, key, "-D" + property, value, problems);
      } else if ((value = variables.apply(variable)) != null) {
        config = with(config, key, variable, value, problems);
      }
    }
    return config;
  }

  private static Config with(Config config, String key, String origin, String text, Problems problems) {
    try {
      ConfigUtil.splitPath(key);
      return config.withValue(key, parse(text).withOrigin(ConfigOriginFactory.newSimple(origin)));
    } catch (ConfigException e) {
      problems.add(origin + " cannot be read, expected a key such as engine.sync and a value: " + HoconTopologyReader.oneLine(e));
      return config;
    }
  }

  /** A list or an object is read as HOCON, anything else stands for itself. */
  private static ConfigValue parse(String text) {
    String trimmed = text.trim();
    return trimmed.startsWith("[") || trimmed.startsWith("{") ? ConfigFactory.parseString("value = " + trimmed).getValue("value") : ConfigValueFactory.fromAnyRef(trimmed);
  }

  /** The name of the override a value came from, or null where it is the file's; of a block, that of its first value. */
  static @Nullable String origin(ConfigValue value) {
    if (value instanceof ConfigObject block && !block.isEmpty()) return origin(block.values().iterator().next());
    String description = value.origin().description();
    return description.startsWith("-D") || description.startsWith("NOKV_") ? description : null;
  }
}
