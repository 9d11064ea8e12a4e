package nokv.protocol.resp;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One parameter of CONFIG: its name, what values it takes, and the one it has at first.
 *
 * @param alias its older name, shown and taken too; null = none
 * @param min of a number or a size; {@code max} likewise
 * @param choices the words of a {@link Kind#CHOICE}
 * @param fixed CONFIG SET refuses it
 * @param hidden shown by its full name only
 */
record Parameter(String name, @Nullable String alias, Kind kind, String initial, long min, long max, List<String> choices, boolean fixed, boolean hidden) {
  /** What values look like. */
  enum Kind { FLAG, NUMBER, SIZE, SIZE_OR_PERCENT, CHOICE, TEXT, EVENTS, LIMITS }

  private static final String CLASSES = "normal|slave|replica|pubsub";

  /**
   * A line of the table: name or name/alias, kind, initial value, then by kind: least and greatest number, or the choices; {@code fixed} and {@code hidden} at the end.
   */
  static Parameter of(String line) {
    String[] words = line.trim().split(" +");
    String[] names = words[0].split("/");
    Kind kind = Kind.valueOf(words[1].toUpperCase(Locale.ROOT));
    String initial = words.length < 3 || "-".equals(words[2]) ? "" : words[2].replace('_', ' ');
    var rest = new java.util.ArrayList<>(List.of(words).subList(Math.min(3, words.length), words.length));
    boolean fixed = rest.remove("fixed");
    boolean hidden = rest.remove("hidden");
    boolean bounded = !rest.isEmpty() && kind != Kind.CHOICE;
    return new Parameter(names[0], names.length > 1 ? names[1] : null, kind, initial, bounded ? Long.parseLong(rest.get(0)) : 0,
        bounded && rest.size() > 1 ? Long.parseLong(rest.get(1)) : Long.MAX_VALUE, kind == Kind.CHOICE ? List.copyOf(rest) : List.of(), fixed, hidden);
  }

  Parameter startingWith(String value) {
    return new Parameter(name, alias, kind, value, min, max, choices, fixed, hidden);
  }

  /** A value in the form CONFIG GET shows it, given the present one. @throws IllegalArgumentException it is none, with the reason as Redis words it */
  String checked(String value, String present) {
    return switch (kind) {
      case FLAG -> {
        String lower = value.toLowerCase(Locale.ROOT);
        if (!"yes".equals(lower) && !"no".equals(lower)) throw new IllegalArgumentException("argument must be 'yes' or 'no'");
        yield lower;
      }
      case NUMBER -> Long.toString(within(number(value)));
      case SIZE -> Long.toString(within(bytes(value, "argument must be a memory value")));
      case SIZE_OR_PERCENT -> sizeOrPercent(value);
      case CHOICE -> {
        String lower = value.toLowerCase(Locale.ROOT);
        if (!choices.contains(lower)) throw new IllegalArgumentException("argument(s) must be one of the following: " + String.join(", ", choices));
        yield lower;
      }
      case TEXT -> value;
      case EVENTS -> KeyEvents.text(KeyEvents.mask(value));
      case LIMITS -> limits(value, present);
    };
  }

  private static long number(String value) {
    try {
      return Long.parseLong(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("argument couldn't be parsed into an integer", e);
    }
  }

  private long within(long number) {
    if (number < min || number > max) throw new IllegalArgumentException("argument must be between " + min + " and " + max + " inclusive");
    return number;
  }

  private String sizeOrPercent(String value) {
    if (!value.endsWith("%")) return Long.toString(within(bytes(value, "argument must be a memory or percent value")));
    long percent = number(value.substring(0, value.length() - 1));
    if (percent > 100) throw new IllegalArgumentException("percentage argument must be less or equal to 100");
    return percent + "%";
  }

  /** {@code 10}, {@code 10k} = 10,000, {@code 10kb} = 10,240, and so on to g. */
  private static long bytes(String value, String otherwise) {
    String lower = value.toLowerCase(Locale.ROOT);
    int digits = 0;
    while (digits < lower.length() && (lower.charAt(digits) == '-' && digits == 0 || Character.isDigit(lower.charAt(digits)))) digits++;
    long unit = switch (lower.substring(digits)) {
      case "", "b" -> 1L;
      case "k" -> 1000L;
      case "kb" -> 1L << 10;
      case "m" -> 1_000_000L;
      case "mb" -> 1L << 20;
      case "g" -> 1_000_000_000L;
      case "gb" -> 1L << 30;
      default -> 0;
    };
    try {
      if (unit != 0) return Math.multiplyExact(Long.parseLong(lower.substring(0, digits)), unit);
    } catch (NumberFormatException | ArithmeticException e) {
      throw new IllegalArgumentException(otherwise, e);
    }
    throw new IllegalArgumentException(otherwise);
  }

  /** Groups of class, hard limit, soft limit, seconds; classes not named keep theirs. */
  private static String limits(String value, String present) {
    String[] words = value.trim().split(" +");
    if (words.length % 4 != 0) throw new IllegalArgumentException("Wrong number of arguments in buffer limit configuration.");
    String[] shown = present.split(" ");
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < words.length; i += 4) {
      if (!words[i].matches(CLASSES) || !seen.add(words[i])) throw new IllegalArgumentException("Invalid client class specified in buffer limit configuration.");
      int at = "normal".equals(words[i]) ? 0 : "pubsub".equals(words[i]) ? 8 : 4;
      String otherwise = "Error in hard, soft or soft_seconds setting in buffer limit configuration.";
      for (int part = 1; part <= 3; part++) {
        long number = bytes(words[i + part], otherwise);
        if (number < 0) throw new IllegalArgumentException(otherwise);
        shown[at + part] = Long.toString(number);
      }
    }
    return String.join(" ", shown);
  }
}
