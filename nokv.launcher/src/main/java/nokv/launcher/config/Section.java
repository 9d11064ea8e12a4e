package nokv.launcher.config;

import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import nokv.spi.Nearest;
import org.jspecify.annotations.Nullable;

/** One object of the file, read key by key; what is missing or wrong goes to the {@link Problems} and a harmless value is returned. */
final class Section {
  private final Problems problems;
  private final String path;
  private final ConfigObject object;

  /** @param keys all there may be; any other key in the object is a problem */
  Section(Problems problems, String path, ConfigObject object, Set<String> keys) {
    this.problems = problems;
    this.path = path;
    this.object = object;
    for (String key : new TreeSet<>(object.keySet())) {
      if (!keys.contains(key)) problems.add(object.get(key), path(key), "is not a key" + Nearest.hint(key, keys));
    }
  }

  String path(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  @Nullable ConfigValue value(String key) {
    ConfigValue value = object.get(key);
    return value == null || value.valueType() == ConfigValueType.NULL ? null : value;
  }

  void problem(String key, String message) {
    problems.add(value(key), path(key), message);
  }

  String text(String key, String fallback) {
    ConfigValue value = value(key);
    if (value == null) return fallback;
    if (value.valueType() != ConfigValueType.OBJECT && value.valueType() != ConfigValueType.LIST) return String.valueOf(value.unwrapped());
    problem(key, "is a " + name(value) + ", expected text");
    return fallback;
  }

  /** A whole number from {@code least} up; {@code fallback} null = it must be given. */
  long number(String key, long least, @Nullable Long fallback) {
    ConfigValue value = value(key);
    if (value != null) {
      try {
        long number = Long.parseLong(text(key, ""));
        if (number >= least) return number;
      } catch (NumberFormatException e) {
        // falls through to the message
      }
      problem(key, "is \"" + value.unwrapped() + "\", expected a whole number of at least " + least);
    } else if (fallback == null) {
      problem(key, "is missing, expected a whole number of at least " + least);
    }
    return fallback == null ? least : fallback;
  }

  /** {@code host:port}; {@code fallback} null = it must be given. */
  String address(String key, @Nullable String fallback) {
    String text = text(key, fallback == null ? "" : fallback);
    if (value(key) == null && fallback != null) return fallback;
    if (!text.matches("(\\[[0-9a-fA-F:]+]|[^:\\s]+):\\d{1,5}") || Integer.parseInt(text.substring(text.lastIndexOf(':') + 1)) > 65_535) {
      problem(key, (value(key) == null ? "is missing" : "is \"" + text + "\"") + ", expected an address such as 127.0.0.1:20160");
    }
    return text;
  }

  /** The objects of a list, none where the key is absent. */
  List<Section> sections(String key, Set<String> keys) {
    var sections = new ArrayList<Section>();
    ConfigValue value = value(key);
    if (value instanceof ConfigList list) {
      for (int i = 0; i < list.size(); i++) {
        String element = path(key) + "[" + i + "]";
        if (list.get(i) instanceof ConfigObject child) sections.add(new Section(problems, element, child, keys));
        else problems.add(list.get(i), element, "is a " + name(list.get(i)) + ", expected an object with " + String.join(", ", keys));
      }
    } else if (value != null) {
      problem(key, "is a " + name(value) + ", expected a list");
    }
    return sections;
  }

  /** The object under a key, empty where it is absent. */
  Section section(String key, Set<String> keys) {
    ConfigValue value = value(key);
    if (value instanceof ConfigObject child) return new Section(problems, path(key), child, keys);
    if (value != null) problem(key, "is a " + name(value) + ", expected an object with " + String.join(", ", keys));
    return new Section(problems, path(key), ConfigValueFactory.fromMap(Map.of()), keys);
  }

  static String name(ConfigValue value) {
    return switch (value.valueType()) {
      case LIST -> "list";
      case OBJECT -> "block";
      case NUMBER -> "number";
      case BOOLEAN -> "boolean";
      case STRING -> "text";
      case NULL -> "null";
    };
  }
}
