package nokv.spi;

import java.util.List;

/**
 * One option of a plugin: drives validation, {@code docs/configuration.md} and the messages about mistakes.
 *
 * @param name {@code lower_snake_case}, the unit last where there is one
 * @param defaultText the default as one would write it in the file; empty = unset
 * @param doc meaning, limits, and when to change it, in one or two sentences
 * @param values for {@link Type#ENUM} the values allowed, otherwise empty
 */
public record Option(String name, Type type, String defaultText, String doc, List<String> values) {
  /** How a value is written and what {@link Options} gives for it. */
  public enum Type {
    /** {@code true} or {@code false}. */
    BOOLEAN("true or false"),
    /** A whole number. */
    INTEGER("a whole number"),
    /** A fraction such as {@code 0.5}. */
    NUMBER("a number"),
    /** Bytes: {@code 512}, {@code 64KiB}, {@code 1GiB} (1024) or {@code 10MB} (1000). */
    SIZE("a size such as 64MiB"),
    /** A duration: {@code 100ms}, {@code 30s}, {@code 5m}, {@code 2h}. */
    DURATION("a duration such as 30s"),
    /** Any text. */
    TEXT("text"),
    /** {@code host:port}. */
    ADDRESS("an address such as 127.0.0.1:6380"),
    /** One of {@link Option#values}. */
    ENUM("one of the values listed"),
    /** A list of blocks or texts that the plugin itself takes apart. */
    LIST("a list");

    final String expected;

    Type(String expected) {
      this.expected = expected;
    }
  }

  public static Option of(String name, Type type, String defaultText, String doc) {
    return new Option(name, type, defaultText, doc, List.of());
  }

  public static Option oneOf(String name, String defaultText, String doc, String... values) {
    return new Option(name, Type.ENUM, defaultText, doc, List.of(values));
  }

  String expected() {
    return type == Type.ENUM ? "one of " + String.join(", ", values) : type.expected;
  }
}
