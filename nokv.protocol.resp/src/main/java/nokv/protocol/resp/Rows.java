package nokv.protocol.resp;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import nokv.protocol.resp.RedisCommand.Handler;

/**
 * Rows of one group of commands, added to the table. In the column of flags, {@code @word} is a category it has beyond those its group and its flags give it, {@code -@word} one that it has not.
 */
record Rows(List<RedisCommand> table, String group) {
  void add(String command, int arity, String flags, String keys, Access access, String since, String summary, Handler handler) {
    add(command, arity, flags, keys, access, since, summary, handler, "");
  }

  void add(String command, int arity, String flags, String keys, Access access, String since, String summary, Handler handler, String differs, RedisCommand... children) {
    table.add(row(command, arity, flags, keys, args -> access, since, summary, handler, differs, List.of(children)));
  }

  /** @param access what it does depends on its arguments */
  void add(String command, int arity, String flags, String keys, Function<byte[][], Access> access, String since, String summary, Handler handler) {
    add(command, arity, flags, keys, access, since, summary, handler, "");
  }

  void add(String command, int arity, String flags, String keys, Function<byte[][], Access> access, String since, String summary, Handler handler, String differs) {
    table.add(row(command, arity, flags, keys, access, since, summary, handler, differs, List.of()));
  }

  /** A subcommand. */
  RedisCommand row(String command, int arity, String flags, Access access, String since, String summary, Handler handler) {
    return row(command, arity, flags, "", access, since, summary, handler);
  }

  RedisCommand row(String command, int arity, String flags, String keys, Access access, String since, String summary, Handler handler) {
    return row(command, arity, flags, keys, args -> access, since, summary, handler, "", List.of());
  }

  /** @param access what it does depends on its arguments */
  RedisCommand row(String command, int arity, String flags, Function<byte[][], Access> access, String since, String summary, Handler handler) {
    return row(command, arity, flags, "", access, since, summary, handler, "", List.of());
  }

  private RedisCommand row(String command, int arity, String words, String keys, Function<byte[][], Access> access, String since, String summary, Handler handler, String differs,
      List<RedisCommand> children) {
    var specs = new ArrayList<KeySpec>();
    for (String spec : keys.isEmpty() ? new String[0] : keys.split(", ")) specs.add(KeySpec.of(spec));
    Set<Flag> flags = EnumSet.noneOf(Flag.class);
    var categories = new TreeSet<String>();
    boolean container = arity == -2 && !children.isEmpty();
    if (!container && !group.equals("server")) categories.add(category());
    for (String word : words.isEmpty() ? new String[0] : words.split(" ")) {
      if (word.startsWith("@")) categories.add(word.substring(1));
      else if (!word.startsWith("-@")) flags.add(Flag.valueOf(word.toUpperCase(Locale.ROOT)));
    }
    if (specs.stream().anyMatch(spec -> !spec.isRange())) flags.add(Flag.MOVABLEKEYS);
    if (flags.contains(Flag.WRITE)) categories.add("write");
    if (flags.contains(Flag.READONLY) && !group.equals("scripting")) categories.add("read");
    if (flags.contains(Flag.ADMIN)) categories.addAll(Set.of("admin", "dangerous"));
    if (flags.contains(Flag.PUBSUB)) categories.add("pubsub");
    if (flags.contains(Flag.BLOCKING)) categories.add("blocking");
    categories.add(flags.contains(Flag.FAST) ? "fast" : "slow");
    for (String word : words.split(" ")) if (word.startsWith("-@")) categories.remove(word.substring(2));
    return new RedisCommand(command, arity, flags, List.copyOf(specs), group, categories, since, summary, access, handler, differs, children);
  }

  private String category() {
    return switch (group) {
      case "generic" -> "keyspace";
      case "sorted-set" -> "sortedset";
      case "transactions" -> "transaction";
      default -> group;
    };
  }

  /** A container called without a subcommand never gets here: its arity is -2. */
  static void container(Call call) {
    throw RedisError.SYNTAX;
  }
}
