package nokv.vfs.fault;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The file operations that a rule can name. */
enum Operation {
  OPEN, CREATE, READ, MAP, WRITE, TRUNCATE, ALLOCATE, SYNC, SYNC_DIRECTORY, CREATE_DIRECTORIES, DELETE, RENAME, LINK, LIST, LOCK;

  /** As the config file writes it. */
  final String word = name().toLowerCase(Locale.ROOT).replace('_', '-');

  /** Whether it may need space on the disk. */
  boolean takesSpace() {
    return switch (this) {
      case CREATE, WRITE, TRUNCATE, ALLOCATE, CREATE_DIRECTORIES, RENAME, LINK -> true;
      default -> false;
    };
  }

  static Operation of(String word) {
    return valueOf(word.toUpperCase(Locale.ROOT).replace('-', '_'));
  }

  static List<String> words() {
    return Arrays.stream(values()).map(operation -> operation.word).toList();
  }
}
