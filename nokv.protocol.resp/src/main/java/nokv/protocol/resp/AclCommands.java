package nokv.protocol.resp;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** ACL. */
final class AclCommands {
  private static final int MAX_PASSWORD_BITS = 4096;
  private static final int PASSWORD_BITS = 256;
  private static final long ENTRIES_SHOWN = 10;
  private static final java.security.SecureRandom SECRETS = new java.security.SecureRandom();

  private AclCommands() {}

  private static String latin(Call call, int i) {
    return AclSelector.text(call.arg(i));
  }

  private static List<String> latin(Call call, int from, int to) {
    var words = new ArrayList<String>();
    for (int i = from; i < to; i++) words.add(latin(call, i));
    return words;
  }

  private static void bulk(ReplyWriter reply, String latin) {
    reply.bulk(AclSelector.bytes(latin));
  }

  static void setuser(Call call) {
    String name = latin(call, 2);
    if (Acl.hasBlanks(name)) throw new RedisError("ERR Usernames can't contain spaces or null characters");
    call.server.acl().set(call, name, latin(call, 3, call.count()));
    call.reply().ok();
  }

  static void deluser(Call call) {
    List<String> names = latin(call, 2, call.count());
    if (names.contains(AclUser.DEFAULT)) throw new RedisError("ERR The 'default' user cannot be removed");
    call.reply().integer(call.server.acl().delete(call, names));
  }

  static void getuser(Call call) {
    AclUser user = call.server.acl().user(latin(call, 2));
    ReplyWriter reply = call.reply();
    if (user == null) {
      reply.nil();
      return;
    }
    AclRights rights = user.rights();
    reply.map(6);
    reply.bulk("flags");
    reply.set(rights.flags().size());
    for (String flag : rights.flags()) reply.bulk(flag);
    reply.bulk("passwords");
    reply.array(rights.passwords().size());
    for (String password : rights.passwords()) reply.bulk(password);
    selector(reply, rights.selectors().getFirst());
    reply.bulk("selectors");
    reply.array(rights.selectors().size() - 1);
    for (AclSelector selector : rights.selectors().subList(1, rights.selectors().size())) {
      reply.map(3);
      selector(reply, selector);
    }
  }

  private static void selector(ReplyWriter reply, AclSelector selector) {
    selector.forEachPart((name, rules) -> {
      reply.bulk(name);
      bulk(reply, rules);
    });
  }

  static void list(Call call) {
    var all = List.copyOf(call.server.acl().all());
    call.reply().array(all.size());
    for (AclUser user : all) bulk(call.reply(), "user " + user.name + " " + user.rights().describe());
  }

  static void users(Call call) {
    var all = List.copyOf(call.server.acl().all());
    call.reply().array(all.size());
    for (AclUser user : all) bulk(call.reply(), user.name);
  }

  static void whoami(Call call) {
    bulk(call.reply(), call.session().user.name);
  }

  static void cat(Call call) {
    if (call.count() > 3) throw wrongArguments(call);
    if (call.count() == 2) {
      call.reply().array(AclSelector.CATEGORIES.size());
      for (String category : AclSelector.CATEGORIES) call.reply().bulk(category);
      return;
    }
    String category = call.text(2).toLowerCase(Locale.ROOT);
    if (!AclSelector.CATEGORIES.contains(category)) throw new RedisError("ERR Unknown category '" + call.text(2) + "'");
    var found = CommandTable.allWithSubcommands().stream().filter(command -> command.categories().contains(category)).toList();
    call.reply().array(found.size());
    for (RedisCommand command : found) call.reply().bulk(command.name());
  }

  private static RedisError wrongArguments(Call call) {
    return new RedisError("ERR unknown subcommand or wrong number of arguments for '" + call.text(1) + "'. Try ACL HELP.");
  }

  static void genpass(Call call) {
    if (call.count() > 3) throw wrongArguments(call);
    long bits = call.count() == 3 ? call.integer(2) : PASSWORD_BITS;
    if (bits <= 0 || bits > MAX_PASSWORD_BITS) throw new RedisError("ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to " + MAX_PASSWORD_BITS);
    var password = new StringBuilder();
    for (long i = 0; i < (bits + 3) / 4; i++) password.append(Character.forDigit(SECRETS.nextInt(16), 16));
    call.reply().bulk(password.toString());
  }

  static void log(Call call) {
    if (call.count() > 3) throw wrongArguments(call);
    AclLog log = call.server.acl().log();
    if (call.count() == 3 && call.is(2, "RESET")) {
      log.clear();
      call.reply().ok();
      return;
    }
    List<AclLog.Entry> entries = log.newest(call.count() == 3 ? Math.max(0, call.integer(2)) : ENTRIES_SHOWN);
    ReplyWriter reply = call.reply();
    reply.array(entries.size());
    for (AclLog.Entry entry : entries) {
      reply.map(7);
      reply.bulk("count");
      reply.integer(entry.count());
      reply.bulk("reason");
      reply.bulk(entry.reason());
      reply.bulk("context");
      reply.bulk(entry.context().name().toLowerCase(Locale.ROOT));
      reply.bulk("object");
      reply.bulk(entry.object());
      reply.bulk("username");
      bulk(reply, entry.user());
      reply.bulk("age-seconds");
      reply.real((call.server.clock().millis() - entry.millis()) / 1000.0);
      reply.bulk("client-info");
      reply.bulk(entry.client());
    }
  }

  static void dryrun(Call call) {
    AclUser user = call.server.acl().user(latin(call, 2));
    if (user == null) throw new RedisError("ERR User '" + call.text(2) + "' not found");
    byte[][] args = Arrays.copyOfRange(call.args(), 3, call.count());
    @Nullable RedisCommand command = CommandTable.of(args);
    if (command == null) throw new RedisError("ERR Command '" + call.text(3) + "' not found");
    if (!command.accepts(args.length)) throw RedisError.arity(command.name());
    AclDenial denial = user.rights().check(command, args);
    if (denial == null) call.reply().ok();
    else call.reply().bulk(denial.dryRun(command, args));
  }

  /** ACL SAVE: a user is in the store once ACL SETUSER has replied. */
  static void save(Call call) {
    call.reply().ok();
  }

  static void load(Call call) {
    call.server.acl().reload();
    call.reply().ok();
  }

  static void help(Call call) {
    Help.reply(call, "CAT [<category>]", "    List all commands that belong to <category>, or all command categories", "    when no category is specified.", "DELUSER <username> [<username> ...]",
        "    Delete a list of users.", "DRYRUN <username> <command> [<arg> ...]", "    Returns whether the user can execute the given command without executing the command.", "GETUSER <username>",
        "    Get the user's details.", "GENPASS [<bits>]", "    Generate a secure 256-bit user password. The optional `bits` argument can", "    be used to specify a different size.", "LIST",
        "    Show users details in config file format.", "LOAD", "    Reload users from the store.", "LOG [<count> | RESET]", "    Show the ACL log entries.", "SAVE",
        "    Without effect: users are in the store already.", "SETUSER <username> <attribute> [<attribute> ...]", "    Create or modify a user with the specified attributes.", "USERS",
        "    List all the registered usernames.", "WHOAMI", "    Return the current connection username.");
  }
}
