package nokv.protocol.resp;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What COMMAND INFO and COMMAND DOCS say of a row of the table. */
final class CommandReplies {
  private CommandReplies() {}

  static void info(ReplyWriter reply, RedisCommand command) {
    List<String> flags = flags(command);
    reply.array(10);
    reply.bulk(command.name());
    reply.integer(command.arity());
    statuses(reply, flags);
    reply.integer(command.firstKey());
    reply.integer(command.lastKey());
    reply.integer(command.keyStep());
    statuses(reply, categories(command, flags));
    reply.array(0);
    if (command.firstKey() == 0) reply.array(0);
    else keySpecification(reply, command, flags);
    reply.array(command.subcommands().size());
    for (RedisCommand child : command.subcommands()) info(reply, child);
  }

  private static List<String> flags(RedisCommand command) {
    return command.flags().isEmpty() ? List.of() : List.of(command.flags().split(" "));
  }

  private static void statuses(ReplyWriter reply, java.util.Collection<String> words) {
    reply.set(words.size());
    for (String word : words) reply.simple(word);
  }

  static Set<String> categories(RedisCommand command) {
    return categories(command, flags(command));
  }

  private static Set<String> categories(RedisCommand command, List<String> flags) {
    var categories = new TreeSet<String>();
    categories.add("@" + switch (command.group()) {
      case "generic" -> "keyspace";
      case "sorted-set" -> "sortedset";
      case "transactions" -> "transaction";
      default -> command.group();
    });
    if (flags.contains("write")) categories.add("@write");
    if (flags.contains("readonly")) categories.add("@read");
    if (flags.contains("admin")) categories.add("@admin");
    categories.add(flags.contains("fast") ? "@fast" : "@slow");
    return categories;
  }

  private static void keySpecification(ReplyWriter reply, RedisCommand command, List<String> flags) {
    reply.array(1);
    reply.map(3);
    reply.bulk("flags");
    statuses(reply, flags.contains("write") ? List.of("RW", "UPDATE") : List.of("RO", "ACCESS"));
    reply.bulk("begin_search");
    reply.map(2);
    reply.bulk("type");
    reply.bulk("index");
    reply.bulk("spec");
    reply.map(1);
    reply.bulk("index");
    reply.integer(command.firstKey());
    reply.bulk("find_keys");
    reply.map(2);
    reply.bulk("type");
    reply.bulk("range");
    reply.bulk("spec");
    reply.map(3);
    reply.bulk("lastkey");
    reply.integer(command.lastKey() < 0 ? command.lastKey() : command.lastKey() - command.firstKey());
    reply.bulk("keystep");
    reply.integer(command.keyStep());
    reply.bulk("limit");
    reply.integer(0);
  }

  static void docs(ReplyWriter reply, List<RedisCommand> commands) {
    reply.map(commands.size());
    for (RedisCommand command : commands) {
      reply.bulk(command.name());
      reply.map(command.subcommands().isEmpty() ? 3 : 4);
      reply.bulk("summary");
      reply.bulk(command.summary());
      reply.bulk("since");
      reply.bulk(command.since());
      reply.bulk("group");
      reply.bulk(command.group());
      if (command.subcommands().isEmpty()) continue;
      reply.bulk("subcommands");
      docs(reply, command.subcommands());
    }
  }
}
