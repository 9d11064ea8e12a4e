package nokv.protocol.resp;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What a user may do by one set of rules: commands, and on which keys and channels. A command is allowed where one selector of the user allows all of it. Text is Latin-1: bytes as they came.
 * Rules are applied before it is published, by one thread; afterwards it is only read.
 */
final class AclSelector {
  /** Every category there is, in Redis's order. */
  static final List<String> CATEGORIES = List.of("keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap", "hyperloglog", "geo", "stream", "pubsub", "admin", "fast", "slow",
      "blocking", "dangerous", "connection", "transaction", "scripting");
  private static final RedisError UNKNOWN = new RedisError("Unknown command or category name in ACL");
  private static final RedisError SYNTAX = new RedisError("Syntax error");
  private static final int READS = 1;
  private static final int WRITES = 2;

  private boolean allKeys;
  private boolean allChannels;
  /** Also those that a later version has. */
  private boolean allCommands;
  /** Patterns and what a key that matches may be used for. */
  private final Map<String, Integer> keys = new LinkedHashMap<>();
  private final Set<String> channels = new java.util.LinkedHashSet<>();
  /** Full names. */
  private final Set<String> commands = new HashSet<>();
  /** Of a command that is not allowed otherwise, the first arguments it is allowed with. */
  private final Map<String, List<String>> firstArguments = new HashMap<>();

  AclSelector() {}

  AclSelector(AclSelector original) {
    allKeys = original.allKeys;
    allChannels = original.allChannels;
    allCommands = original.allCommands;
    keys.putAll(original.keys);
    channels.addAll(original.channels);
    commands.addAll(original.commands);
    original.firstArguments.forEach((command, arguments) -> firstArguments.put(command, new ArrayList<>(arguments)));
  }

  /** Whether nothing is forbidden. */
  boolean allowsEverything() {
    return allKeys && allChannels && allCommands && commands.size() == CommandTable.allWithSubcommands().size();
  }

  boolean allowsAllChannels() {
    return allChannels;
  }

  boolean readsEveryKey() {
    return allKeys || (keys.getOrDefault("*", 0) & READS) != 0;
  }

  // Rules

  /** @throws RedisError it is no rule; the text is without a code word */
  void apply(String rule) {
    switch (rule.toLowerCase(Locale.ROOT)) {
      case "allkeys", "~*" -> keys(true);
      case "resetkeys" -> keys(false);
      case "allchannels", "&*" -> channels(true);
      case "resetchannels" -> channels(false);
      case "allcommands", "+@all" -> commands(true);
      case "nocommands", "-@all" -> commands(false);
      default -> {
        switch (rule.charAt(0)) {
          case '~', '%' -> key(rule);
          case '&' -> channel(rule.substring(1));
          case '+', '-' -> command(rule);
          default -> throw SYNTAX;
        }
      }
    }
  }

  private void keys(boolean all) {
    allKeys = all;
    keys.clear();
  }

  private void channels(boolean all) {
    allChannels = all;
    channels.clear();
  }

  private void commands(boolean all) {
    allCommands = all;
    commands.clear();
    firstArguments.clear();
    if (all) for (RedisCommand command : CommandTable.allWithSubcommands()) commands.add(command.name());
  }

  private void key(String rule) {
    if (allKeys) {
      throw new RedisError("Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try 'resetkeys' to start with an empty list of patterns");
    }
    int tilde = rule.indexOf('~');
    int uses = tilde == 0 ? READS | WRITES : 0;
    for (int i = 1; i < tilde; i++) {
      int use = switch (rule.charAt(i)) {
        case 'r', 'R' -> READS;
        case 'w', 'W' -> WRITES;
        default -> 0;
      };
      if (use == 0 || (uses & use) != 0) throw SYNTAX;
      uses |= use;
    }
    if (tilde < 0 || uses == 0 || Acl.hasBlanks(rule)) throw SYNTAX;
    keys.merge(rule.substring(tilde + 1), uses, (before, more) -> before | more);
  }

  private void channel(String pattern) {
    if (allChannels) {
      throw new RedisError("Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. Try 'resetchannels' to start with an empty list of channels");
    }
    if (Acl.hasBlanks(pattern)) throw SYNTAX;
    channels.add(pattern);
  }

  private void command(String rule) {
    boolean allow = rule.charAt(0) == '+';
    String name = rule.substring(1).toLowerCase(Locale.ROOT);
    if (name.startsWith("@")) {
      if (!CATEGORIES.contains(name.substring(1))) throw UNKNOWN;
      for (RedisCommand each : CommandTable.allWithSubcommands()) if (each.categories().contains(name.substring(1))) set(each, allow);
      return;
    }
    int bar = name.lastIndexOf('|');
    RedisCommand command = CommandTable.named(bar < 0 || !allow ? name : name.substring(0, bar));
    if (command == null) throw UNKNOWN;
    if (bar < 0 || !allow) {
      set(command, allow);
      return;
    }
    if (command.name().indexOf('|') >= 0) throw new RedisError("Allowing first-arg of a subcommand is not supported");
    if (bar == name.length() - 1) throw SYNTAX;
    if (command.subcommands().isEmpty()) {
      List<String> arguments = firstArguments.computeIfAbsent(command.name(), none -> new ArrayList<>());
      if (!arguments.contains(name.substring(bar + 1))) arguments.add(name.substring(bar + 1));
      return;
    }
    RedisCommand child = CommandTable.named(name);
    if (child == null) throw UNKNOWN;
    set(child, true);
  }

  private void set(RedisCommand command, boolean allow) {
    firstArguments.remove(command.name());
    if (allow) commands.add(command.name());
    else commands.remove(command.name());
    for (RedisCommand child : command.subcommands()) set(child, allow);
  }

  // Checks

  /** Null = allowed. */
  @Nullable AclDenial check(RedisCommand command, byte[][] args) {
    if (!command.has(Flag.NO_AUTH) && !commands.contains(command.name()) && !allowsFirstArgument(command, args)) return new AclDenial(AclDenial.Reason.COMMAND, 0);
    if (!allKeys && !command.keySpecs().isEmpty()) {
      for (RedisCommand.KeyUse use : command.keyUses(args)) if (!allows(args[use.position()], use.flags())) return new AclDenial(AclDenial.Reason.KEY, use.position());
    }
    if (allChannels) return null;
    int last = switch (command.name()) {
      case "publish", "spublish" -> 1;
      case "subscribe", "psubscribe", "ssubscribe" -> args.length - 1;
      default -> 0;
    };
    for (int i = 1; i <= last; i++) if (!allowsChannel(args[i], command.name().equals("psubscribe"))) return new AclDenial(AclDenial.Reason.CHANNEL, i);
    return null;
  }

  private boolean allowsFirstArgument(RedisCommand command, byte[][] args) {
    List<String> allowed = firstArguments.get(command.name());
    return allowed != null && args.length > 1 && allowed.contains(text(args[1]).toLowerCase(Locale.ROOT));
  }

  private boolean allows(byte[] key, List<String> flags) {
    int needed = (KeySpec.reads(flags) ? READS : 0) | (KeySpec.writes(flags) ? WRITES : 0);
    for (var pattern : keys.entrySet()) if ((pattern.getValue() & needed) == needed && new Glob(bytes(pattern.getKey())).matches(key)) return true;
    return false;
  }

  /** @param pattern whether it is a pattern itself, which must be one of the rules' then */
  boolean allowsChannel(byte[] channel, boolean pattern) {
    if (allChannels) return true;
    if (pattern) return channels.contains(text(channel));
    for (String each : channels) if (new Glob(bytes(each)).matches(channel)) return true;
    return false;
  }

  // Descriptions

  /** As ACL LIST shows it. */
  String describe() {
    String shownKeys = describeKeys();
    String shownChannels = describeChannels();
    return (shownKeys.isEmpty() ? "" : shownKeys + " ") + (allChannels ? "" : "resetchannels ") + (shownChannels.isEmpty() ? "" : shownChannels + " ") + describeCommands();
  }

  String describeKeys() {
    if (allKeys) return "~*";
    var shown = new ArrayList<String>();
    keys.forEach((pattern, uses) -> shown.add((uses == READS ? "%R" : uses == WRITES ? "%W" : "") + "~" + pattern));
    return String.join(" ", shown);
  }

  String describeChannels() {
    if (allChannels) return "&*";
    var shown = new ArrayList<String>();
    for (String pattern : channels) shown.add("&" + pattern);
    return String.join(" ", shown);
  }

  /**
   * Rules that give just these commands: all or none first, then category by category, the one with the fewest exceptions first, as long as one has more that fits than not; then the exceptions.
   */
  String describeCommands() {
    var rules = new StringBuilder(allCommands ? "+@all" : "-@all");
    var described = new AclSelector();
    described.commands(allCommands);
    var rest = new AclSelector(this);
    char sign = allCommands ? '-' : '+';
    for (String category; (category = rest.bestCategory(allCommands, rules.toString())) != null; ) {
      described.command(sign + "@" + category);
      rest.command((allCommands ? '+' : '-') + "@" + category);
      rules.append(' ').append(sign).append('@').append(category);
    }
    for (RedisCommand command : CommandTable.allWithSubcommands()) {
      boolean allowed = commands.contains(command.name());
      if (allowed != described.commands.contains(command.name())) {
        rules.append(allowed ? " +" : " -").append(command.name());
        described.set(command, allowed);
      }
      if (!allowed) for (String argument : firstArguments.getOrDefault(command.name(), List.of())) rules.append(" +").append(command.name()).append('|').append(argument);
    }
    return rules.toString();
  }

  private @Nullable String bestCategory(boolean subtract, String applied) {
    String best = null;
    int fewestWrong = Integer.MAX_VALUE;
    int mostRight = 0;
    for (String category : CATEGORIES) {
      if ((applied + " ").contains("@" + category + " ")) continue;
      int on = 0;
      int off = 0;
      for (RedisCommand command : CommandTable.allWithSubcommands()) {
        if (!command.categories().contains(category)) continue;
        if (commands.contains(command.name())) on++;
        else off++;
      }
      int wrong = subtract ? on : off;
      int right = subtract ? off : on;
      if (right <= wrong || wrong > fewestWrong || wrong == fewestWrong && right <= mostRight) continue;
      best = category;
      fewestWrong = wrong;
      mostRight = right;
    }
    return best;
  }

  /** The three lines that ACL GETUSER has of a selector. */
  void forEachPart(BiConsumer<String, String> part) {
    part.accept("commands", describeCommands());
    part.accept("keys", describeKeys());
    part.accept("channels", describeChannels());
  }

  static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
