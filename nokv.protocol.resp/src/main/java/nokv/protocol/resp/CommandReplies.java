package nokv.protocol.resp;

import java.util.List;
import java.util.Map;

/** What COMMAND INFO and COMMAND DOCS say of a row of the table. */
final class CommandReplies {
  private CommandReplies() {}

  static void info(ReplyWriter reply, RedisCommand command) {
    reply.array(10);
    reply.bulk(command.name());
    reply.integer(command.arity());
    statuses(reply, command.flags().stream().filter(Flag::isShown).map(Flag::word).toList());
    reply.integer(command.firstKey());
    reply.integer(command.lastKey());
    reply.integer(command.keyStep());
    statuses(reply, command.categories().stream().map(category -> "@" + category).toList());
    reply.array(0);
    reply.set(command.keySpecs().size());
    for (KeySpec spec : command.keySpecs()) specification(reply, spec);
    reply.array(command.subcommands().size());
    for (RedisCommand child : command.subcommands()) info(reply, child);
  }

  static void statuses(ReplyWriter reply, List<String> words) {
    reply.set(words.size());
    for (String word : words) reply.simple(word);
  }

  private static void specification(ReplyWriter reply, KeySpec spec) {
    reply.map(3);
    reply.bulk("flags");
    statuses(reply, spec.flags());
    String keyword = spec.keyword();
    reply.bulk("begin_search");
    if (spec.index() < 0) part(reply, "unknown", Map.of());
    else if (keyword == null) part(reply, "index", Map.of("index", spec.index()));
    else part(reply, "keyword", Map.of("keyword", keyword, "startfrom", spec.index()));
    reply.bulk("find_keys");
    int last = keyword != null ? spec.half() ? -1 : 0 : spec.last() < 0 ? spec.last() : spec.last() - spec.index();
    if (spec.index() < 0) part(reply, "unknown", Map.of());
    else if (spec.counted()) part(reply, "keynum", Map.of("keynumidx", 0, "firstkey", 1, "keystep", 1));
    else part(reply, "range", Map.of("lastkey", last, "keystep", spec.step(), "limit", spec.half() ? 2 : 0));
  }

  private static void part(ReplyWriter reply, String type, Map<String, ?> fields) {
    reply.map(2);
    reply.bulk("type");
    reply.bulk(type);
    reply.bulk("spec");
    reply.map(fields.size());
    fields.forEach((name, value) -> {
      reply.bulk(name);
      if (value instanceof Integer number) reply.integer(number);
      else reply.bulk(value.toString());
    });
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
