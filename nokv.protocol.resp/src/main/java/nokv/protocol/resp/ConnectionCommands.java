package nokv.protocol.resp;

import java.util.Locale;

/** Commands on the connection itself. Those of {@link Access#SESSION} run on its event loop when they arrive. */
final class ConnectionCommands {
  private ConnectionCommands() {}

  static void ping(Call call) {
    if (call.count() > 2) throw RedisError.arity("ping");
    if (call.count() == 2) call.reply().bulk(call.arg(1));
    else call.reply().simple("PONG");
  }

  static void echo(Call call) {
    call.reply().bulk(call.arg(1));
  }

  static void quit(Call call) {
    call.reply().ok();
    call.connection().end();
  }

  static void reset(Call call) {
    call.server.pubSub().leave(call.connection());
    call.server.monitors().remove(call.connection());
    call.server.tracking().leave(call.connection());
    forgetWatches(call);
    call.session().reset();
    call.server.acl().welcome(call.session());
    call.reply().protocol(false);
    call.reply().simple("RESET");
  }

  static void select(Call call) {
    call.session().db = database(call.integer(1));
    call.reply().ok();
  }

  /** @throws RedisError there is no such database */
  static int database(long index) {
    if (index < Integer.MIN_VALUE || index > Integer.MAX_VALUE) throw new RedisError("ERR value is out of range, value must between -2147483648 and 2147483647");
    if (index < 0 || index >= KeyCommands.DATABASES) throw RedisError.DB_INDEX;
    return (int) index;
  }

  static void auth(Call call) {
    if (call.count() > 3) throw RedisError.SYNTAX;
    Acl acl = call.server.acl();
    boolean nameGiven = call.count() == 3;
    if (!nameGiven && acl.defaultUser().rights().needsNoPassword()) {
      throw new RedisError("ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?");
    }
    acl.logIn(call.session(), call.arg(0), nameGiven ? call.arg(1) : AclSelector.bytes(AclUser.DEFAULT), call.arg(nameGiven ? 2 : 1));
    call.reply().ok();
  }

  static void hello(Call call) {
    Session session = call.session();
    boolean resp3 = session.resp3;
    int options = 1;
    if (call.count() > 1) {
      long version = Numbers.integer(call.arg(1), new RedisError("ERR Protocol version is not an integer or out of range"));
      if (version < 2 || version > 3) throw new RedisError("NOPROTO unsupported protocol version");
      resp3 = version == 3;
      options = 2;
    }
    String name = null;
    int user = 0;
    for (int i = options; i < call.count(); i++) {
      int more = call.count() - i - 1;
      if (call.is(i, "AUTH") && more >= 2) {
        user = i + 1;
        i += 2;
      } else if (call.is(i, "SETNAME") && more >= 1) {
        name = checkedName(call.text(++i));
      } else {
        throw new RedisError("ERR Syntax error in HELLO option '" + call.text(i) + "'");
      }
    }
    if (user > 0) call.server.acl().logIn(session, call.arg(0), call.arg(user), call.arg(user + 1));
    if (!call.server.acl().isAuthenticated(session)) {
      throw new RedisError("NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and"
          + " select the RESP protocol version at the same time");
    }
    if (name != null) session.name = name;
    session.resp3 = resp3;
    ReplyWriter reply = call.reply();
    reply.protocol(resp3);
    reply.map(7);
    reply.bulk("server");
    reply.bulk("redis");
    reply.bulk("version");
    reply.bulk(ServerCommands.REDIS_VERSION);
    reply.bulk("proto");
    reply.integer(resp3 ? 3 : 2);
    reply.bulk("id");
    reply.integer(session.id);
    reply.bulk("mode");
    reply.bulk("standalone");
    reply.bulk("role");
    reply.bulk("master");
    reply.bulk("modules");
    reply.array(0);
  }

  private static String checkedName(String name) {
    for (int i = 0; i < name.length(); i++) {
      if (name.charAt(i) < '!' || name.charAt(i) > '~') throw new RedisError("ERR Client names cannot contain spaces, newlines or special characters.");
    }
    return name;
  }

  static void clientSetname(Call call) {
    call.session().name = checkedName(call.text(2));
    call.reply().ok();
  }

  static void clientGetname(Call call) {
    String name = call.session().name;
    if (name.isEmpty()) call.reply().nil();
    else call.reply().bulk(name);
  }

  static void clientId(Call call) {
    call.reply().integer(call.session().id);
  }

  static void clientInfo(Call call) {
    call.reply().verbatim(call.session().describe(call.server.clock().millis()) + "\n");
  }

  static void clientSetinfo(Call call) {
    String value = call.text(3);
    for (int i = 0; i < value.length(); i++) {
      if (value.charAt(i) < '!' || value.charAt(i) > '~') throw new RedisError("ERR " + call.text(2).toLowerCase(Locale.ROOT) + " cannot contain spaces, newlines or special characters.");
    }
    switch (call.upper(2)) {
      case "LIB-NAME" -> call.session().libraryName = value;
      case "LIB-VER" -> call.session().libraryVersion = value;
      default -> throw new RedisError("ERR Unrecognized option '" + call.text(2) + "'");
    }
    call.reply().ok();
  }

  /** CLIENT NO-EVICT: nothing is evicted here anyway. */
  static void clientSwitch(Call call) {
    if (!call.is(2, "ON") && !call.is(2, "OFF")) throw RedisError.SYNTAX;
    call.reply().ok();
  }

  static void multi(Call call) {
    if (call.session().multi) throw new RedisError("ERR MULTI calls can not be nested");
    call.session().multi = true;
    call.reply().ok();
  }

  static void discard(Call call) {
    if (!call.session().multi) throw new RedisError("ERR DISCARD without MULTI");
    forgetWatches(call);
    call.session().discard();
    call.reply().ok();
  }

  private static void forgetWatches(Call call) {
    if (call.session().queued instanceof Queued queued) call.server.watches().forget(queued);
  }

  static void unwatch(Call call) {
    forgetWatches(call);
    call.session().queued = null;
    call.reply().ok();
  }

  static void watch(Call call) {
    Queued queued = java.util.Objects.requireNonNull(call.request().transaction());
    for (int i = 1; i < call.count(); i++) {
      var entry = call.entry(i);
      var key = new Queued.Watched(call.keys.metadataKey(call.arg(i)));
      queued.watched.putIfAbsent(key, entry == null ? 0 : entry.version());
      if (entry == null) call.server.watches().add(key, queued);
    }
    call.reply().ok();
  }

  static void exec(Call call) {
    Request exec = call.request();
    Queued queued = java.util.Objects.requireNonNull(exec.transaction());
    call.keys.afterwards(() -> call.server.watches().forget(queued));
    for (var watch : queued.watched.entrySet()) {
      if (queued.changed || call.keys.version(watch.getKey().key()) != watch.getValue()) {
        call.reply().nilArray();
        return;
      }
    }
    call.reply().array(queued.requests.size());
    for (Request request : queued.requests) call.server.perform(call.of(request, call.reply(), null));
    call.of(exec, call.reply(), null);
  }
}
