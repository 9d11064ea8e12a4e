package nokv.protocol.resp;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** CLIENT's commands on other connections and on what a connection is sent. */
final class ClientCommands {
  private ClientCommands() {}

  private static List<Connection> connections(Call call) {
    return call.server.connections().stream().filter(Connection::admitted).sorted(Comparator.comparingLong(connection -> connection.session().id)).toList();
  }

  static void list(Call call) {
    Predicate<Connection> asked = each -> true;
    if (call.count() == 4 && call.is(2, "TYPE")) {
      asked = ofType(call, 3);
    } else if (call.count() > 3 && call.is(2, "ID")) {
      var ids = new java.util.HashSet<Long>();
      for (int i = 3; i < call.count(); i++) ids.add(Numbers.integer(call.arg(i), new RedisError("ERR Invalid client ID")));
      asked = each -> ids.contains(each.session().id);
    } else if (call.count() != 2) {
      throw RedisError.SYNTAX;
    }
    var list = new StringBuilder();
    for (Connection each : connections(call)) if (asked.test(each)) list.append(each.session().describe(call.server.clock().millis())).append('\n');
    call.reply().verbatim(list.toString());
  }

  private static long id(Call call, int i, String otherwise) {
    var wrong = new RedisError(otherwise);
    long id = Numbers.integer(call.arg(i), wrong);
    if (id < 1) throw wrong;
    return id;
  }

  private static Predicate<Connection> ofType(Call call, int i) {
    return switch (call.text(i).toLowerCase(Locale.ROOT)) {
      case "normal" -> each -> !each.session().isSubscribed();
      case "pubsub" -> each -> each.session().isSubscribed();
      case "master", "replica", "slave" -> each -> false;
      default -> throw new RedisError("ERR Unknown client type '" + call.text(i) + "'");
    };
  }

  static void kill(Call call) {
    if (call.count() == 3) {
      Connection found = null;
      for (Connection each : connections(call)) if (each.session().address.equals(call.text(2))) found = each;
      if (found == null) throw new RedisError("ERR No such client");
      end(call, found);
      call.reply().ok();
      return;
    }
    Predicate<Connection> asked = each -> true;
    boolean skipMe = true;
    for (int i = 2; i < call.count(); i += 2) {
      if (i + 1 == call.count()) throw RedisError.SYNTAX;
      String value = call.text(i + 1);
      asked = asked.and(switch (call.upper(i)) {
        case "ID" -> {
          long id = id(call, i + 1, "ERR client-id should be greater than 0");
          yield each -> each.session().id == id;
        }
        case "TYPE" -> ofType(call, i + 1);
        case "ADDR" -> each -> each.session().address.equals(value);
        case "LADDR" -> each -> each.session().localAddress.equals(value);
        case "USER" -> {
          AclUser user = call.server.acl().user(AclSelector.text(call.arg(i + 1)));
          if (user == null) throw new RedisError("ERR No such user '" + value + "'");
          yield each -> each.session().user == user;
        }
        case "SKIPME" -> {
          skipMe = yes(call, i + 1);
          yield each -> true;
        }
        default -> throw RedisError.SYNTAX;
      });
    }
    int killed = 0;
    for (Connection each : connections(call)) {
      if (!asked.test(each) || skipMe && each == call.connection()) continue;
      end(call, each);
      killed++;
    }
    call.reply().integer(killed);
  }

  private static boolean yes(Call call, int i) {
    if (!call.is(i, "YES") && !call.is(i, "NO")) throw RedisError.SYNTAX;
    return call.is(i, "YES");
  }

  private static void end(Call call, Connection connection) {
    if (connection == call.connection()) connection.end();
    else connection.kill();
  }

  static void unblock(Call call) {
    if (call.count() > 4 || call.count() == 4 && !call.is(3, "TIMEOUT") && !call.is(3, "ERROR")) {
      throw new RedisError("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
    }
    long id = call.integer(2);
    Blocked.@Nullable Waiter waiter = null;
    for (Connection each : connections(call)) if (each.session().id == id) waiter = each.waiter;
    if (waiter != null) {
      boolean error = call.count() == 4 && call.is(3, "ERROR");
      call.server.blocked().end(waiter, reply -> {
        if (error) reply.error("UNBLOCKED client unblocked via CLIENT UNBLOCK");
        else reply.nilArray();
      });
    }
    call.reply().integer(waiter == null ? 0 : 1);
  }

  static void reply(Call call) {
    Session session = call.session();
    switch (call.upper(2)) {
      case "ON" -> {
        session.replies = Session.Replies.ON;
        call.reply().ok();
      }
      case "OFF" -> session.replies = Session.Replies.OFF;
      case "SKIP" -> {
        if (session.replies == Session.Replies.ON) session.replies = Session.Replies.SKIPPING;
      }
      default -> throw RedisError.SYNTAX;
    }
  }

  static void help(Call call) {
    Help.reply(call, "CACHING (YES|NO)", "    Enable/disable tracking of the keys for next command in OPTIN/OPTOUT modes.", "GETREDIR", "    Return the client ID we are redirecting to when tracking is enabled.", "GETNAME",
        "    Return the name of the current connection.", "ID", "    Return the ID of the current connection.", "INFO", "    Return information about the current client connection.", "KILL <ip:port>",
        "    Kill connection made from <ip:port>.", "KILL <option> <value> [<option> <value> [...]]", "    Kill connections. Options are:", "    * ADDR (<ip:port>|<unixsocket>:0)",
        "      Kill connections made from the specified address", "    * LADDR (<ip:port>|<unixsocket>:0)", "      Kill connections made to specified local address", "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
        "      Kill connections by type.", "    * USER <username>", "      Kill connections authenticated by <username>.", "    * SKIPME (YES|NO)", "      Skip killing current connection (default: yes).",
        "LIST [options ...]", "    Return information about client connections. Options:", "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)", "      Return clients of specified type.", "UNPAUSE",
        "    Stop the current client pause, resuming traffic.", "PAUSE <timeout> [WRITE|ALL]", "    Suspend all, or just write, clients for <timeout> milliseconds.", "REPLY (ON|OFF|SKIP)",
        "    Control the replies sent to the current connection.", "SETNAME <name>", "    Assign the name <name> to the current connection.", "UNBLOCK <clientid> [TIMEOUT|ERROR]",
        "    Unblock the specified blocked client.", "TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]", "         [OPTIN] [OPTOUT] [NOLOOP]",
        "    Control server assisted client side caching.", "TRACKINGINFO", "    Report tracking status for the current connection.", "NO-EVICT (ON|OFF)",
        "    Protect current client connection from eviction.");
  }

  /** MONITOR: from now on this connection is sent every command. */
  static void monitor(Call call) {
    call.server.monitors().add(call.connection());
    call.session().monitoring = true;
    call.reply().ok();
  }

  /** A line of MONITOR. @param origin an address, or lua */
  static String line(long micros, int db, String origin, byte[][] args) {
    var line = new StringBuilder().append(micros / 1_000_000).append('.').append(String.format(Locale.ROOT, "%06d", micros % 1_000_000)).append(" [").append(db).append(' ').append(origin).append(']');
    for (byte[] arg : Secrets.hidden(args)) {
      line.append(" \"");
      quote(line, arg);
      line.append('"');
    }
    return line.toString();
  }

  private static void quote(StringBuilder line, byte[] arg) {
    for (byte b : arg) {
      switch (b) {
        case '\\', '"' -> line.append('\\').append((char) b);
        case '\n' -> line.append("\\n");
        case '\r' -> line.append("\\r");
        case '\t' -> line.append("\\t");
        default -> {
          if (b >= ' ' && b <= '~') line.append((char) b);
          else line.append(String.format(Locale.ROOT, "\\x%02x", b & 0xff));
        }
      }
    }
  }
}
