package nokv.launcher.config;

import com.typesafe.config.ConfigValue;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The mistakes found in one reading, each a line that names where it stands: the file and the key, or the option or variable that overrides it. */
final class Problems {
  private final String source;
  private final List<String> found = new ArrayList<>();

  Problems(String source) {
    this.source = source;
  }

  /** @param value what is wrong, if there is a value; its origin tells a file's from an override's */
  void add(@Nullable ConfigValue value, String path, String message) {
    found.add(place(value, path) + " " + message);
  }

  void add(String line) {
    found.add(line);
  }

  String source() {
    return source;
  }

  /** {@code raft_config.json: regions[1].id}, {@code -Dengine.sync} or {@code NOKV_ENGINE_SYNC}. */
  String place(@Nullable ConfigValue value, String path) {
    String override = value == null ? null : Overrides.origin(value);
    return override != null ? override : source + ": " + path;
  }

  List<String> found() {
    return found;
  }
}
