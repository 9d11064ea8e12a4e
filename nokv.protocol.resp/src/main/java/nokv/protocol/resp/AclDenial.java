package nokv.protocol.resp;

import java.nio.charset.StandardCharsets;

/**
 * Why a user may not run a command, in the words Redis has for it at each place. @param position of the key or the channel among the arguments
 */
record AclDenial(Reason reason, int position) {
  /** In rising order of how near the command was to be allowed. */
  enum Reason {
    COMMAND("can't run this command or subcommand", "no permission to execute the command or subcommand"),
    KEY("can't access at least one of the keys mentioned in the command arguments", "no permission to touch the specified keys"),
    CHANNEL("can't publish to the channel mentioned in the command", "no permission to access one of the channels used as arguments");

    final String inScript;
    final String inTransaction;

    Reason(String inScript, String inTransaction) {
      this.inScript = inScript;
      this.inTransaction = inTransaction;
    }

    String word() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  RedisError refusal(RedisCommand command) {
    return new RedisError("NOPERM this user has no permissions to " + switch (reason) {
      case COMMAND -> "run the '" + command.name() + "' command";
      case KEY -> "access one of the keys used as arguments";
      case CHANNEL -> "access one of the channels used as arguments";
    });
  }

  RedisError refusalInTransaction() {
    return new RedisError("NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is no longer allowed for the following reason: "
        + reason.inTransaction);
  }

  RedisError refusalInScript() {
    return new RedisError("ERR The user executing the script " + reason.inScript);
  }

  /** What ACL DRYRUN says. */
  String dryRun(RedisCommand command, byte[][] args) {
    String object = new String(object(command, args), StandardCharsets.UTF_8);
    return "This user has no permissions to " + (reason == Reason.COMMAND ? "run the '" + object + "' command" : "access the '" + object + "' " + reason.word());
  }

  /** The command, key or channel that is not allowed. */
  byte[] object(RedisCommand command, byte[][] args) {
    return reason == Reason.COMMAND ? command.name().getBytes(StandardCharsets.UTF_8) : args[position];
  }
}
