package nokv.protocol.resp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What happens to a command when it arrives, on the event loop: it is found in the table, its arity checked, queued if the connection is between MULTI and EXEC; and
 * whatever changes the connection's state is done here, in order of arrival. What comes out depends on the connection no more.
 */
final class CommandIntake {
  private static final byte[] QUEUED = "+QUEUED\r\n".getBytes(StandardCharsets.ISO_8859_1);
  private static final int MAX_NAME_SHOWN = 128;

  private static final java.util.Set<String> IN_SUBSCRIPTION = java.util.Set.of("subscribe", "psubscribe", "ssubscribe", "unsubscribe", "punsubscribe", "sunsubscribe", "ping", "quit", "reset");

  private CommandIntake() {}

  /** PING's reply to who is subscribed, in RESP2. */
  private static byte[] pong(byte[][] args) {
    if (args.length > 2) return "-ERR wrong number of arguments for 'ping' command\r\n".getBytes(StandardCharsets.ISO_8859_1);
    ByteBuf encoded = Unpooled.buffer(64);
    var reply = new ReplyWriter(encoded, Integer.MAX_VALUE);
    reply.array(2);
    reply.bulk("pong");
    reply.bulk(args.length == 2 ? args[1] : new byte[0]);
    var bytes = new byte[encoded.readableBytes()];
    encoded.readBytes(bytes);
    return bytes;
  }

  static Request request(RespFrontend server, Connection connection, byte[][] args) {
    Session session = connection.session();
    Request request = take(server, connection, args);
    ClientTracking tracking = session.tracking;
    if (tracking != null && !session.multi && !Call.equalsIgnoreCase(args[0], "CLIENT")) tracking.caching = false; // it was for this one
    return request;
  }

  private static Request take(RespFrontend server, Connection connection, byte[][] args) {
    Session session = connection.session();
    RedisCommand command = CommandTable.of(args);
    try {
      command = checked(command, args);
      server.acl().admit(session, command, args);
      RedisError busy = server.scripts().busy();
      if (busy != null && !command.has(Flag.ALLOW_BUSY)) throw busy;
      if (session.multi && "watch".equals(command.name())) return refused(server, "ERR WATCH inside MULTI is not allowed");
      if (command.has(Flag.DENYOOM) || session.multi && command.name().equals("exec") && session.queued().addsData()) server.checkMemory();
      if (command.has(Flag.WRITE) && server.lacksReplicas()) throw RedisError.NO_REPLICAS;
      if (session.multi && command.has(Flag.NO_MULTI)) throw new RedisError("ERR Command not allowed inside a transaction");
      if (!session.resp3 && session.isSubscribed() && !IN_SUBSCRIPTION.contains(command.name())) {
        throw new RedisError("ERR Can't execute '" + command.name() + "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context");
      }
    } catch (RedisError e) {
      server.rejected(command, e.text());
      return refused(afterRefusal(server, session, args, e.text()));
    }
    session.lastCommand = command.name();
    server.count();
    server.monitored(session.db, session.address, command, args);
    if (!session.resp3 && "ping".equals(command.name()) && session.isSubscribed()) return Request.prepared(pong(args));
    if (session.multi && !command.has(Flag.IMMEDIATE)) {
      session.queued().requests.add(request(session, command, args, command.access().apply(args), null));
      return Request.prepared(QUEUED);
    }
    Access access = command.access().apply(args);
    if (access == Access.SESSION) return now(server, connection, command, args);
    return switch (command.name()) {
      case "watch" -> watch(session, command, args);
      case "exec" -> exec(server, connection, command, args);
      default -> request(session, command, args, access, null);
    };
  }

  private static Request request(Session session, RedisCommand command, byte[][] args, Access access, @Nullable Queued transaction) {
    ClientTracking tracking = session.tracking;
    return new Request(command, args, access, session.db, session.resp3, null, transaction, tracking != null && tracking.remembers(), false);
  }

  /** Between MULTI and EXEC a command that is refused spoils the transaction; a wrong EXEC ends it at once. */
  private static String afterRefusal(RespFrontend server, Session session, byte[][] args, String text) {
    if (!session.multi) return text;
    session.queued().refused = true;
    if (!Call.equalsIgnoreCase(args[0], "EXEC")) return text;
    server.watches().forget(session.queued());
    session.discard();
    return "EXECABORT Transaction discarded because of: " + (text.startsWith("ERR ") ? text.substring("ERR ".length()) : text);
  }

  private static Request watch(Session session, RedisCommand command, byte[][] args) {
    session.queued().watching = true;
    return request(session, command, args, Access.ALONE, session.queued());
  }

  /** What was queued is bound to the connection's state only now, so that a SELECT among it counts for what follows. */
  private static Request exec(RespFrontend server, Connection connection, RedisCommand command, byte[][] args) {
    Session session = connection.session();
    Queued queued = session.queued();
    boolean multi = session.multi;
    session.discard();
    if (!multi || queued.refused) server.watches().forget(queued);
    if (!multi) return refused(server, "ERR EXEC without MULTI");
    if (queued.refused) return refused(server, "EXECABORT Transaction discarded because of previous errors.");
    List<Request> planned = List.copyOf(queued.requests);
    queued.requests.clear();
    for (Request request : planned) {
      var each = java.util.Objects.requireNonNull(request.command());
      AclDenial denial = server.acl().check(session, each, request.args(), AclLog.Context.MULTI);
      if (denial != null) queued.requests.add(refused(server, denial.refusalInTransaction().text()));
      else queued.requests.add(request.access() == Access.SESSION ? now(server, connection, each, request.args()) : request(session, each, request.args(), request.access(), null));
    }
    return request(session, command, args, queued.access(), queued);
  }

  /** Runs a command that only concerns the connection. */
  private static Request now(RespFrontend server, Connection connection, RedisCommand command, byte[][] args) {
    ByteBuf encoded = Unpooled.buffer(64);
    var reply = new ReplyWriter(encoded, server.options().outputLimitBytes());
    var request = request(connection.session(), command, args, Access.SESSION, null);
    try {
      server.run(new Call(server, server.directKeys()).of(request, reply, connection));
    } catch (RedisError e) {
      return refused(server, e.text());
    }
    var bytes = new byte[encoded.readableBytes()];
    encoded.readBytes(bytes);
    return Request.prepared(bytes);
  }

  private static Request refused(RespFrontend server, String text) {
    server.failed(text);
    return refused(text);
  }

  private static Request refused(String text) {
    return Request.prepared(("-" + text.replace('\r', ' ').replace('\n', ' ') + "\r\n").getBytes(StandardCharsets.UTF_8));
  }

  /** The command these arguments call. @throws RedisError there is none, or not with so many arguments */
  static RedisCommand find(byte[][] args) {
    return checked(CommandTable.of(args), args);
  }

  private static RedisCommand checked(@Nullable RedisCommand command, byte[][] args) {
    if (command == null && CommandTable.find(args[0]) instanceof RedisCommand container) {
      throw new RedisError("ERR unknown subcommand '" + shown(args[1], MAX_NAME_SHOWN) + "'. Try " + container.name().toUpperCase(java.util.Locale.ROOT) + " HELP.");
    }
    if (command == null) throw unknown(args);
    if (!command.accepts(args.length)) throw RedisError.arity(command.name());
    return command;
  }

  private static RedisError unknown(byte[][] args) {
    var shown = new StringBuilder();
    for (int i = 1; i < args.length && shown.length() < MAX_NAME_SHOWN; i++) {
      String argument = shown(args[i], MAX_NAME_SHOWN - shown.length());
      shown.append('\'').append(argument).append("' ");
    }
    return new RedisError("ERR unknown command '" + shown(args[0], MAX_NAME_SHOWN) + "', with args beginning with: " + shown);
  }

  private static String shown(byte[] bytes, int limit) {
    return new String(bytes, 0, Math.min(bytes.length, limit), StandardCharsets.UTF_8);
  }
}
