package nokv.protocol.resp;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Commands on the server. */
final class ServerCommands {
  /** The Redis whose replies these are; clients choose features by it. */
  static final String REDIS_VERSION = "7.0.15";

  private ServerCommands() {}

  static void time(Call call) {
    long millis = call.keys.now();
    call.reply().array(2);
    call.reply().bulk(Long.toString(millis / 1000));
    call.reply().bulk(Long.toString(millis % 1000 * 1000));
  }

  static void info(Call call) {
    call.reply().verbatim(InfoPage.of(call));
  }

  static void configGet(Call call) {
    var patterns = new String[call.count() - 2];
    for (int i = 2; i < call.count(); i++) patterns[i - 2] = call.text(i).toLowerCase(Locale.ROOT);
    var found = call.server.settings().matching(patterns);
    call.reply().map(found.size());
    found.forEach((name, value) -> {
      call.reply().bulk(name);
      call.reply().bulk(value);
    });
  }

  /** A password is the default user's, who is kept in the store. */
  static Access configSetAccess(byte[][] args) {
    for (int i = 2; i < args.length; i += 2) if (Call.equalsIgnoreCase(args[i], "REQUIREPASS")) return Access.ALONE;
    return Access.NONE;
  }

  static void configSet(Call call) {
    if (call.count() % 2 != 0) throw RedisError.SYNTAX;
    var changes = new java.util.LinkedHashMap<String, String>();
    for (int i = 2; i < call.count(); i += 2) if (changes.put(call.text(i).toLowerCase(Locale.ROOT), call.text(i + 1)) != null) throw ServerSettings.duplicate(call.text(i));
    String password = changes.get("requirepass");
    if (password != null) call.server.acl().checkNotGiven(AclUser.DEFAULT);
    call.server.settings().set(changes);
    call.server.tracking().limit();
    if (password != null) call.server.acl().set(call, AclUser.DEFAULT, password.isEmpty() ? List.of("nopass") : List.of("resetpass", ">" + password));
    call.reply().ok();
  }

  static void configHelp(Call call) {
    Help.reply(call, "GET <pattern>", "    Return parameters matching the glob-like <pattern> and their values.", "SET <directive> <value>", "    Set the configuration <directive> to <value>.", "RESETSTAT",
        "    Reset statistics reported by the INFO command.", "REWRITE", "    Rewrite the configuration file.");
  }

  static void commandHelp(Call call) {
    Help.reply(call, "(no subcommand)", "    Return details about all Redis commands.", "COUNT", "    Return the total number of commands in this Redis server.", "LIST",
        "    Return a list of all commands in this Redis server.", "INFO [<command-name> ...]", "    Return details about multiple Redis commands.", "    If no command names are given, documentation details for all",
        "    commands are returned.", "DOCS [<command-name> ...]", "    Return documentation details about multiple Redis commands.", "    If no command names are given, documentation details for all",
        "    commands are returned.", "GETKEYS <full-command>", "    Return the keys from a full Redis command.", "GETKEYSANDFLAGS <full-command>", "    Return the keys and the access flags from a full Redis command.");
  }

  static void memoryHelp(Call call) {
    Help.reply(call, "DOCTOR", "    Return memory problems reports.", "MALLOC-STATS", "    Return internal statistics report from the memory allocator.", "PURGE", "    Attempt to purge dirty pages for reclamation by the allocator.",
        "STATS", "    Return information about the memory usage of the server.", "USAGE <key> [SAMPLES <count>]", "    Return memory in bytes used by <key> and its value. Nested values are",
        "    sampled up to <count> times (default: 5, 0 means sample all).");
  }

  static void memoryDoctor(Call call) {
    call.reply().verbatim("The heap holds " + RespFrontend.usedMemoryBytes() + " bytes of " + Runtime.getRuntime().maxMemory() + " at the most, what could be collected included.");
  }

  static void memoryStats(Call call) {
    ReplyWriter reply = call.reply();
    reply.map(4);
    reply.bulk("peak.allocated");
    reply.integer(Runtime.getRuntime().totalMemory());
    reply.bulk("total.allocated");
    reply.integer(RespFrontend.usedMemoryBytes());
    reply.bulk("lua.caches");
    reply.integer(call.server.scripts().cached());
    reply.bulk("keys.count");
    KeyCommands.dbsize(call);
  }

  /** Ends the process as SIGTERM does: requests under way are answered, the store is closed. */
  static void shutdown(Call call) {
    for (int i = 1; i < call.count(); i++) {
      if (call.is(i, "ABORT")) throw new RedisError("ERR No shutdown in progress.");
      if (!call.is(i, "SAVE") && !call.is(i, "NOSAVE") && !call.is(i, "NOW") && !call.is(i, "FORCE")) throw RedisError.SYNTAX;
    }
    call.server.log().info("stopping: SHUTDOWN by client {}", call.session().address);
    call.connection().end();
    Thread.ofPlatform().name("nokv-shutdown").start(() -> Runtime.getRuntime().exit(0));
  }

  static void configResetstat(Call call) {
    call.server.commandFigures().reset();
    call.server.figures().reset();
    call.reply().ok();
  }

  /** SAVE: what is acknowledged is in the store already. */
  static void save(Call call) {
    call.reply().ok();
  }

  static void bgsave(Call call) {
    if (call.count() > 2 || call.count() == 2 && !call.is(1, "SCHEDULE")) throw RedisError.SYNTAX;
    call.reply().simple("Background saving started");
  }

  static void bgrewriteaof(Call call) {
    call.reply().simple("Background append only file rewriting started");
  }

  static void lastsave(Call call) {
    call.reply().integer(call.server.clock().millis() / 1000);
  }

  static void wait(Call call) {
    call.integer(1);
    if (Numbers.integer(call.arg(2), new RedisError("ERR timeout is not an integer or out of range")) < 0) throw new RedisError("ERR timeout is negative");
    call.reply().integer(0);
  }

  static void role(Call call) {
    call.reply().array(3);
    call.reply().bulk("master");
    call.reply().integer(0);
    call.reply().array(0);
  }

  static void lolwut(Call call) {
    call.reply().verbatim("Redis ver. " + REDIS_VERSION + "\n");
  }

  static void configRewrite(Call call) {
    throw new RedisError("ERR The server is running without a config file");
  }

  static void command(Call call) {
    call.reply().array(CommandTable.ALL.size());
    for (RedisCommand command : CommandTable.ALL) CommandReplies.info(call.reply(), command);
  }

  static void commandCount(Call call) {
    call.reply().integer(CommandTable.ALL.size());
  }

  static void commandInfo(Call call) {
    var asked = new ArrayList<RedisCommand>();
    if (call.count() == 2) asked.addAll(CommandTable.ALL);
    for (int i = 2; i < call.count(); i++) asked.add(CommandTable.named(call.text(i)));
    call.reply().array(asked.size());
    for (RedisCommand command : asked) {
      if (command == null) call.reply().nil();
      else CommandReplies.info(call.reply(), command);
    }
  }

  static void commandDocs(Call call) {
    var asked = new ArrayList<RedisCommand>();
    if (call.count() == 2) asked.addAll(CommandTable.ALL);
    for (int i = 2; i < call.count(); i++) if (CommandTable.named(call.text(i)) instanceof RedisCommand command) asked.add(command);
    CommandReplies.docs(call.reply(), asked);
  }

  static void commandList(Call call) {
    java.util.function.Predicate<RedisCommand> asked = command -> true;
    if (call.count() == 5 && call.is(2, "FILTERBY")) {
      String value = call.text(4).toLowerCase(Locale.ROOT);
      var glob = new Glob(value.getBytes(java.nio.charset.StandardCharsets.UTF_8));
      asked = switch (call.upper(3)) {
        case "MODULE" -> command -> false;
        case "ACLCAT" -> command -> command.categories().contains(value);
        case "PATTERN" -> command -> glob.matches(command.name().getBytes(java.nio.charset.StandardCharsets.UTF_8));
        default -> throw RedisError.SYNTAX;
      };
    } else if (call.count() != 2) {
      throw RedisError.SYNTAX;
    }
    var found = new ArrayList<String>();
    for (RedisCommand command : CommandTable.ALL) {
      if (asked.test(command)) found.add(command.name());
      for (RedisCommand child : command.subcommands()) if (asked.test(child)) found.add(child.name());
    }
    call.reply().array(found.size());
    for (String name : found) call.reply().bulk(name);
  }

  static void commandGetkeys(Call call) {
    var args = java.util.Arrays.copyOfRange(call.args(), 2, call.count());
    int[] keys = keys(args);
    call.reply().array(keys.length);
    for (int key : keys) call.reply().bulk(args[key]);
  }

  static void commandGetkeysandflags(Call call) {
    var args = java.util.Arrays.copyOfRange(call.args(), 2, call.count());
    keys(args);
    var uses = CommandIntake.find(args).keyUses(args);
    call.reply().array(uses.size());
    for (RedisCommand.KeyUse use : uses) {
      call.reply().array(2);
      call.reply().bulk(args[use.position()]);
      CommandReplies.statuses(call.reply(), use.flags());
    }
  }

  private static int[] keys(byte[][] args) {
    RedisCommand command = CommandTable.of(args);
    if (command == null || args.length == 1 && !command.subcommands().isEmpty()) throw new RedisError("ERR Invalid command specified");
    if (command.keySpecs().isEmpty()) throw new RedisError("ERR The command has no key arguments");
    if (!command.accepts(args.length)) throw new RedisError("ERR Invalid number of arguments specified for command");
    int[] keys = command.keys(args);
    if (keys.length == 0 && !command.has(Flag.NO_MANDATORY_KEYS)) throw new RedisError("ERR Invalid arguments specified for command");
    return keys;
  }
}
