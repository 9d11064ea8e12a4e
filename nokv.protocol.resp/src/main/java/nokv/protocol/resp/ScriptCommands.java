package nokv.protocol.resp;

import java.util.Locale;

/** EVAL and its kin, and SCRIPT. */
final class ScriptCommands {
  private ScriptCommands() {}

  /** Where the arguments behind the keys begin. */
  static int firstArgument(Call call, RedisError otherwise) {
    long keys = Numbers.integer(call.arg(2), otherwise);
    if (keys > call.count() - 3) throw new RedisError("ERR Number of keys can't be greater than number of args");
    if (keys < 0) throw new RedisError("ERR Number of keys can't be negative");
    return 3 + (int) keys;
  }

  static void eval(Call call) {
    int firstArgument = firstArgument(call, RedisError.NOT_INTEGER);
    String sha = call.server.scripts().load(call.arg(1));
    call.server.scripts().run(call, sha, firstArgument, call.name().endsWith("_ro"));
  }

  static void evalsha(Call call) {
    int firstArgument = firstArgument(call, RedisError.NOT_INTEGER);
    call.server.scripts().run(call, call.text(1).toLowerCase(Locale.ROOT), firstArgument, call.name().endsWith("_ro"));
  }

  static void load(Call call) {
    call.reply().bulk(call.server.scripts().load(call.arg(2)));
  }

  static void exists(Call call) {
    call.reply().array(call.count() - 2);
    for (int i = 2; i < call.count(); i++) call.reply().integer(call.server.scripts().knows(call.text(i).toLowerCase(Locale.ROOT)) ? 1 : 0);
  }

  static void flush(Call call) {
    if (call.count() > 3 || call.count() == 3 && !call.is(2, "SYNC") && !call.is(2, "ASYNC")) throw new RedisError("ERR SCRIPT FLUSH only support SYNC|ASYNC option");
    call.server.scripts().flush();
    call.reply().ok();
  }

  static void kill(Call call) {
    call.server.scripts().kill(false);
    call.reply().ok();
  }

  static void debug(Call call) {
    if (!call.is(2, "NO")) throw new RedisError("ERR The Lua debugger is not offered here");
    call.reply().ok();
  }

  static void help(Call call) {
    Help.reply(call, "DEBUG (YES|SYNC|NO)", "    Set the debug mode for subsequent scripts executed.", "EXISTS <sha1> [<sha1> ...]",
        "    Return information about the existence of the scripts in the script cache.", "FLUSH [ASYNC|SYNC]", "    Flush the Lua scripts cache. Very dangerous on replicas.",
        "    When called without the optional mode argument, the behavior is determined by the", "    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
        "    * ASYNC: Asynchronously flush the scripts cache.", "    * SYNC: Synchronously flush the scripts cache.", "KILL", "    Kill the currently executing Lua script.",
        "LOAD <script>", "    Load a script into the scripts cache without executing it.");
  }
}
