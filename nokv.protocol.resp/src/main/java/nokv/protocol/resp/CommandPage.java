package nokv.protocol.resp;

import java.util.Map;
import java.util.TreeMap;

/** Writes {@code docs/redis-commands.md} from the table. */
final class CommandPage {
  private CommandPage() {}

  static String text() {
    var page = new StringBuilder("""
        # Redis commands

        Written from the command table (`CommandTable` in `nokv.protocol.resp`); a test fails when this page is stale. Replies and error texts are those of Redis 7.0. A command
        that is not listed answers `ERR unknown command`, a subcommand that is not listed `ERR unknown subcommand`.

        Every command is atomic. What one connection sends without waiting for replies is executed together and made durable by one sync; a reply leaves when its write is as durable as
        `engine.sync` says. Keys have at most 64 KiB. The errors of the store: `MISCONF` the disk is full, `READONLY` the log failed or the store is opened read-only, `TRYAGAIN` nothing
        was written and the command may be sent again, `CLUSTERDOWN` no majority answers, `ERR Outcome unknown` only reading can tell whether it was carried out.
        """);
    var groups = new TreeMap<String, Map<String, RedisCommand>>();
    for (RedisCommand command : CommandTable.ALL) groups.computeIfAbsent(command.group(), none -> new TreeMap<>()).put(command.name(), command);
    groups.forEach((group, commands) -> {
      page.append("\n## ").append(group).append("\n\n| command | arity | since | what it does | differs from Redis |\n|---|---|---|---|---|\n");
      for (RedisCommand command : commands.values()) {
        row(page, command);
        for (RedisCommand child : command.subcommands()) row(page, child);
      }
    });
    return page.toString();
  }

  private static void row(StringBuilder page, RedisCommand command) {
    String name = command.name().replace('|', ' ').toUpperCase(java.util.Locale.ROOT);
    page.append("| ").append(name).append(" | ").append(command.arity()).append(" | ").append(command.since()).append(" | ").append(command.summary()).append(" | ")
        .append(command.differs()).append(" |\n");
  }
}
