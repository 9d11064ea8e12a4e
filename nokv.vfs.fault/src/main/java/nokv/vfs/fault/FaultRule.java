package nokv.vfs.fault;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import nokv.api.ConfigException;
import nokv.spi.Option;
import nokv.spi.Options;
import org.jspecify.annotations.Nullable;

/**
 * One rule of the fault file system: when it is due and what it then does. It counts the operations that match it; the count and its own random numbers, which follow
 * from the seed and the rule's index, are all its state. Thread-safe.
 */
final class FaultRule {
  /** What happens to the operation. */
  enum Action {
    FAIL, DELAY, TEAR, FULL, POWER_CUT;

    final String word = name().toLowerCase(Locale.ROOT).replace('_', '-');

    boolean suits(Operation operation) {
      return switch (this) {
        case TEAR -> operation == Operation.WRITE;
        case FULL -> operation.takesSpace();
        case FAIL, DELAY, POWER_CUT -> true;
      };
    }
  }

  private static final List<Option> KEYS = List.of(
      Option.oneOf("op", "", "the operation; without it, every one that the action suits", Operation.words().toArray(String[]::new)),
      Option.of("path", Option.Type.TEXT, "**", "a glob for the end of the path, from a / on"),
      Option.of("nth", Option.Type.INTEGER, "", "due on the n-th match only, from 1"),
      Option.of("after", Option.Type.INTEGER, "", "due on every match after the n-th"),
      Option.of("probability", Option.Type.NUMBER, "", "due on each match with this probability"),
      Option.oneOf("action", "", "what happens", "fail", "delay", "tear", "full", "power-cut"),
      Option.of("delay", Option.Type.DURATION, "", "how long action = delay holds the operation up"),
      Option.of("survival", Option.Type.NUMBER, "", "how likely action = power-cut keeps each unsynced piece, 0 if absent"));

  final int index;
  final Action action;
  final Duration delay;
  final double survival;
  private final String text;
  private final @Nullable Operation operation;
  private final Pattern path;
  private final long nth;
  private final long after;
  private final double probability;
  private final SplittableRandom random;
  private long matches;
  private long fired;

  private FaultRule(int index, Options options, String where, long seed) {
    this.index = index;
    if (!options.has("action")) throw new ConfigException(where + " has no action; expected one of fail, delay, tear, full, power-cut");
    action = Action.valueOf(options.text("action").toUpperCase(Locale.ROOT).replace('-', '_'));
    operation = options.has("op") ? Operation.of(options.text("op")) : null;
    path = glob(options.text("path"));
    nth = options.has("nth") ? options.integer("nth") : 0;
    after = options.has("after") ? options.integer("after") : 0;
    probability = options.has("probability") ? options.number("probability") : 1;
    delay = options.has("delay") ? options.duration("delay") : Duration.ZERO;
    survival = options.has("survival") ? options.number("survival") : 0;
    text = where + " " + options.asMap();
    random = new SplittableRandom(seed + (index + 1) * 0x9E3779B97F4A7C15L);
    check(options, where);
  }

  private void check(Options options, String where) {
    var triggers = new ArrayList<String>();
    for (String trigger : List.of("nth", "after", "probability")) if (options.has(trigger)) triggers.add(trigger);
    if (triggers.size() > 1) throw new ConfigException(where + " has " + String.join(" and ", triggers) + "; expected at most one of nth, after, probability");
    if (options.has("nth") && nth < 1) throw new ConfigException(where + ".nth is " + nth + ", expected 1 or more");
    if (after < 0) throw new ConfigException(where + ".after is " + after + ", expected 0 or more");
    if (!(probability >= 0 && probability <= 1)) throw new ConfigException(where + ".probability is " + probability + ", expected 0 to 1");
    if (!(survival >= 0 && survival <= 1)) throw new ConfigException(where + ".survival is " + survival + ", expected 0 to 1");
    if (action == Action.DELAY && !options.has("delay")) throw new ConfigException(where + " has action = delay but no delay; expected one such as delay = 10ms");
    if (action != Action.DELAY && options.has("delay")) throw new ConfigException(where + ".delay goes with action = delay, not with " + action.word);
    if (action != Action.POWER_CUT && options.has("survival")) throw new ConfigException(where + ".survival goes with action = power-cut, not with " + action.word);
    if (operation != null && !action.suits(operation)) {
      var suited = new ArrayList<String>();
      for (Operation o : Operation.values()) if (action.suits(o)) suited.add(o.word);
      throw new ConfigException(where + ".op is \"" + operation.word + "\", but action = " + action.word + " suits " + String.join(", ", suited));
    }
  }

  /** @throws ConfigException naming the rule by its index and the key */
  static List<FaultRule> parse(String where, List<?> raw, long seed) {
    var rules = new ArrayList<FaultRule>();
    for (Object item : raw) {
      String rule = where + "[" + rules.size() + "]";
      if (!(item instanceof Map<?, ?> map)) throw new ConfigException(rule + " is \"" + item + "\", expected a block such as { op = sync, path = \"*.wal\", nth = 5, action = fail }");
      var keys = new LinkedHashMap<String, Object>();
      map.forEach((key, value) -> keys.put(String.valueOf(key), value));
      rules.add(new FaultRule(rules.size(), Options.parse(rule, KEYS, keys), rule, seed));
    }
    return List.copyOf(rules);
  }

  /** {@code *} any text without /, {@code **} any text, {@code ?} one character but /. Matches the end of a path, beginning at its start or after a /. */
  private static Pattern glob(String glob) {
    var regex = new StringBuilder("(.*/)?");
    for (int i = 0; i < glob.length(); i++) {
      char c = glob.charAt(i);
      boolean twice = c == '*' && i + 1 < glob.length() && glob.charAt(i + 1) == '*';
      regex.append(twice ? ".*" : c == '*' ? "[^/]*" : c == '?' ? "[^/]" : Pattern.quote(String.valueOf(c)));
      if (twice) i++;
    }
    return Pattern.compile(regex.toString(), Pattern.DOTALL);
  }

  /** Counts the operation if it matches; says whether the rule is due. */
  boolean due(Operation given, String onPath, @Nullable String orPath) {
    if (operation == null ? !action.suits(given) : operation != given) return false;
    if (!path.matcher(onPath).matches() && (orPath == null || !path.matcher(orPath).matches())) return false;
    synchronized (random) {
      matches++;
      boolean due = nth > 0 ? matches == nth : matches > after && (probability == 1 || random.nextDouble() < probability);
      if (due) fired++;
      return due;
    }
  }

  /** Bytes of a write of {@code length} that get through before it fails: any number but all. */
  long prefix(long length) {
    synchronized (random) {
      return length == 0 ? 0 : random.nextLong(length);
    }
  }

  SplittableRandom split() {
    synchronized (random) {
      return random.split();
    }
  }

  long fired() {
    synchronized (random) {
      return fired;
    }
  }

  @Override public String toString() {
    synchronized (random) {
      return text + ", at its match " + matches;
    }
  }
}
