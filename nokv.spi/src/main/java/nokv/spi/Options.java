package nokv.spi;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import nokv.api.ConfigException;
import org.jspecify.annotations.Nullable;

/** The checked values of one plugin's options. Asking for a name that was not declared is a defect of the plugin and throws {@link IllegalArgumentException}. */
public final class Options {
  private static final Pattern AMOUNT = Pattern.compile("(\\d+(?:\\.\\d+)?)\\s*([a-zA-Z]*)");
  private static final Map<String, Long> SIZE_UNITS = Map.ofEntries(Map.entry("", 1L), Map.entry("b", 1L),
      Map.entry("k", 1L << 10), Map.entry("kib", 1L << 10), Map.entry("kb", 1000L), Map.entry("m", 1L << 20), Map.entry("mib", 1L << 20),
      Map.entry("mb", 1000_000L), Map.entry("g", 1L << 30), Map.entry("gib", 1L << 30), Map.entry("gb", 1000_000_000L),
      Map.entry("t", 1L << 40), Map.entry("tib", 1L << 40));
  private static final Map<String, Long> DURATION_UNITS = Map.of("ns", 1L, "us", 1_000L, "ms", 1_000_000L, "s", 1_000_000_000L, "m", 60_000_000_000L,
      "min", 60_000_000_000L, "h", 3_600_000_000_000L, "d", 86_400_000_000_000L);

  private final Map<String, Option> declared;
  private final Map<String, Object> values;

  private Options(Map<String, Option> declared, Map<String, Object> values) {
    this.declared = declared;
    this.values = values;
  }

  /**
   * Checks a block of raw values against what is declared and fills in defaults.
   *
   * @param where what to name in messages, such as {@code raft_config.json: engine}
   * @param raw from the config file: texts, numbers, booleans, lists and maps
   * @throws ConfigException naming the first key that is unknown or value that is not of its type, with what was expected
   */
  public static Options parse(String where, List<Option> declared, Map<String, ?> raw) {
    var byName = new LinkedHashMap<String, Option>();
    for (Option option : declared) byName.put(option.name(), option);
    for (String key : raw.keySet()) {
      if (!byName.containsKey(key)) throw new ConfigException(where + "." + key + " is not an option" + Nearest.hint(key, byName.keySet()));
    }
    var values = new HashMap<String, Object>();
    for (Option option : byName.values()) {
      Object value = raw.get(option.name());
      if (value == null && !option.defaultText().isEmpty()) value = option.defaultText();
      if (value == null) continue;
      values.put(option.name(), convert(where + "." + option.name(), option, value));
    }
    return new Options(byName, values);
  }

  private static Object convert(String where, Option option, Object value) {
    String text = String.valueOf(value).trim();
    try {
      Object converted = switch (option.type()) {
        case BOOLEAN -> text.equals("true") ? Boolean.TRUE : text.equals("false") ? Boolean.FALSE : null;
        case INTEGER -> Long.valueOf(text);
        case NUMBER -> Double.valueOf(text);
        case SIZE -> amount(text, SIZE_UNITS);
        case DURATION -> amount(text, DURATION_UNITS) instanceof Long nanos ? Duration.ofNanos(nanos) : null;
        case TEXT -> value instanceof Map || value instanceof List ? null : text;
        case ADDRESS -> text.matches("(\\[[0-9a-fA-F:]+\\]|[^:\\s]+):\\d{1,5}") && port(text) <= 65535 ? text : null;
        case ENUM -> option.values().contains(text) ? text : null;
        case LIST -> value instanceof List<?> list ? list : text.isEmpty() || text.equals("[]") ? List.of() : null;
      };
      if (converted != null) return converted;
    } catch (NumberFormatException e) {
      // falls through to the message below, which says the same in the user's terms
    }
    String near = option.type() == Option.Type.ENUM ? Nearest.hint(text, option.values()) : "";
    throw new ConfigException(where + " is \"" + text + "\", expected " + option.expected() + near);
  }

  private static int port(String address) {
    return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
  }

  private static @Nullable Long amount(String text, Map<String, Long> units) {
    var match = AMOUNT.matcher(text);
    if (!match.matches()) return null;
    Long unit = units.get(match.group(2).toLowerCase(Locale.ROOT));
    if (unit == null || (units == DURATION_UNITS && match.group(2).isEmpty())) return null;
    double amount = Double.parseDouble(match.group(1)) * unit;
    return amount > Long.MAX_VALUE ? null : match.group(1).contains(".") ? (long) amount : Math.multiplyExact(Long.parseLong(match.group(1)), unit);
  }

  /** Whether the option has a value, given or by default. */
  public boolean has(String name) {
    return values.containsKey(known(name).name());
  }

  public boolean bool(String name) {
    return (Boolean) get(name, Option.Type.BOOLEAN);
  }

  public long integer(String name) {
    return (Long) get(name, Option.Type.INTEGER);
  }

  public double number(String name) {
    return (Double) get(name, Option.Type.NUMBER);
  }

  /** Bytes. */
  public long size(String name) {
    return (Long) get(name, Option.Type.SIZE);
  }

  public Duration duration(String name) {
    return (Duration) get(name, Option.Type.DURATION);
  }

  /** The text of an option of type TEXT, ENUM or ADDRESS. */
  public String text(String name) {
    return (String) get(name, null);
  }

  public List<?> list(String name) {
    return (List<?>) get(name, Option.Type.LIST);
  }

  /** All values by name, for display. */
  public Map<String, Object> asMap() {
    var map = new LinkedHashMap<String, Object>();
    for (String name : declared.keySet()) if (values.containsKey(name)) map.put(name, String.valueOf(values.get(name)));
    return map;
  }

  private Option known(String name) {
    Option option = declared.get(name);
    if (option == null) throw new IllegalArgumentException("option " + name + " was not declared; declared are " + new ArrayList<>(declared.keySet()));
    return option;
  }

  private Object get(String name, Option.@Nullable Type type) {
    Option option = known(name);
    if (type != null && option.type() != type) throw new IllegalArgumentException("option " + name + " is " + option.type() + ", not " + type);
    Object value = values.get(name);
    if (value == null) throw new ConfigException("option " + name + " has no value; give it one: " + option.expected());
    return value;
  }
}
