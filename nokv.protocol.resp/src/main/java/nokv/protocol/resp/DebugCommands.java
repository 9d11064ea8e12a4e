package nokv.protocol.resp;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** DEBUG, as far as tools and Redis's own tests use it on a server whose data lie in a store. */
final class DebugCommands {
  /** What may stand behind DEBUG. To Redis these are arguments, not commands of their own, and ACL rules name them so. */
  private record Subcommand(int arity, Access access, RedisCommand.Handler handler) {}

  private static final Map<String, Subcommand> SUBCOMMANDS = new TreeMap<>(Map.ofEntries(
      entry("change-repl-id", 2, Access.NONE, DebugCommands::noReplication), entry("digest", 2, Access.READ, DatasetDigest::ofAll), entry("digest-value", -2, Access.READ, DatasetDigest::ofValues),
      entry("help", 2, Access.NONE, DebugCommands::help), entry("jmap", -2, Access.NONE, DebugCommands::jmap), entry("loadaof", 2, Access.ALONE, DebugCommands::reload),
      entry("object", -3, Access.READ, ObjectCommands::debugObject), entry("pause-cron", 3, Access.NONE, DebugCommands::accept), entry("protocol", 3, Access.NONE, DebugCommands::protocol),
      entry("quicklist-packed-threshold", 3, Access.NONE, DebugCommands::accept), entry("reload", -2, Access.ALONE, DebugCommands::reload),
      entry("replybuffer", -3, Access.NONE, DebugCommands::accept), entry("set-active-expire", 3, Access.NONE, DebugCommands::setActiveExpire),
      entry("set-disable-deny-scripts", 3, Access.NONE, DebugCommands::setDisableDenyScripts), entry("sleep", 3, Access.ALONE, DebugCommands::sleep)));

  private DebugCommands() {}

  private static Map.Entry<String, Subcommand> entry(String name, int arity, Access access, RedisCommand.Handler handler) {
    return Map.entry(name, new Subcommand(arity, access, handler));
  }

  private static @Nullable Subcommand find(byte[][] args) {
    Subcommand found = SUBCOMMANDS.get(new String(args[1], StandardCharsets.UTF_8).toLowerCase(Locale.ROOT));
    return found == null || (found.arity < 0 ? args.length < -found.arity : args.length != found.arity) ? null : found;
  }

  static Access access(byte[][] args) {
    Subcommand found = find(args);
    return found == null ? Access.NONE : found.access;
  }

  static void debug(Call call) {
    Subcommand found = find(call.args());
    if (found == null) throw new RedisError("ERR unknown subcommand or wrong number of arguments for '" + call.text(1) + "'. Try DEBUG HELP.");
    found.handler.run(call);
  }

  /** For the page of commands. */
  static String names() {
    return String.join(", ", SUBCOMMANDS.keySet()).toUpperCase(Locale.ROOT);
  }

  private static void help(Call call) {
    call.reply().array(SUBCOMMANDS.size() + 1);
    call.reply().simple("DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
    for (String name : SUBCOMMANDS.keySet()) call.reply().simple(name.toUpperCase(Locale.ROOT));
  }

  /** One reply of every kind there is, for those who write clients. */
  static void protocol(Call call) {
    ReplyWriter reply = call.reply();
    switch (call.upper(2)) {
      case "STRING" -> reply.bulk("Hello World");
      case "INTEGER" -> reply.integer(12345);
      case "DOUBLE" -> reply.real(3.141);
      case "NULL" -> reply.nil();
      case "ARRAY" -> {
        reply.array(3);
        for (int i = 0; i < 3; i++) reply.integer(i);
      }
      case "SET" -> {
        reply.set(3);
        for (int i = 0; i < 3; i++) reply.integer(i);
      }
      case "MAP" -> {
        reply.map(3);
        for (int i = 0; i < 3; i++) {
          reply.integer(i);
          reply.truth(i == 1);
        }
      }
      case "ATTRIB" -> {
        if (!reply.resp3()) throw new RedisError("ERR RESP2 clients don't support attributes");
        reply.attributes(1);
        reply.bulk("key-popularity");
        reply.array(2);
        reply.bulk("key:123");
        reply.integer(90);
        reply.bulk("Some real reply following the attribute");
      }
      case "PUSH" -> {
        reply.push(2);
        reply.bulk("server-cpu-usage");
        reply.integer(42);
      }
      case "TRUE" -> reply.truth(true);
      case "FALSE" -> reply.truth(false);
      case "VERBATIM" -> reply.verbatim("This is a verbatim\nstring");
      case "BIGNUM" -> reply.bigNumber("1234567999999999999999999999999999999");
      default -> throw new RedisError("ERR Wrong protocol type name. Please use one of the following: string|integer|double|null|array|set|map|attrib|push|verbatim|true|false");
    }
  }

  /** All data are in the store and read from there; what else is in memory is forgotten and made anew from it. */
  static void reload(Call call) {
    call.server.scripts().reload(call);
    call.reply().ok();
  }

  /** Holds up everything that writes for so many seconds. */
  static void sleep(Call call) {
    double seconds = Numbers.real(call.arg(2), RedisError.NOT_FLOAT);
    long end = call.server.clock().nanos() + (long) (seconds * 1e9);
    for (long rest; (rest = end - call.server.clock().nanos()) > 0; ) java.util.concurrent.locks.LockSupport.parkNanos(rest);
    call.reply().ok();
  }

  static void accept(Call call) {
    call.reply().ok();
  }

  static void jmap(Call call) {
    call.reply().verbatim("heap in use: " + RespFrontend.usedMemoryBytes() + " bytes");
  }

  static void noReplication(Call call) {
    throw new RedisError("ERR there is no replication ID: this server has no replicas of Redis's kind");
  }

  static void setDisableDenyScripts(Call call) {
    call.server.scripts().allowAll(call.integer(2) != 0);
    call.reply().ok();
  }

  /** What expires is gone at once for every reader, however it is reclaimed; this is about when others are told. */
  static void setActiveExpire(Call call) {
    call.server.expiries().active(call.integer(2) != 0);
    call.reply().ok();
  }
}
