package nokv.protocol.resp;

/** DEBUG, as far as tools and Redis's own tests use it on a server whose data lie in a store. */
final class DebugCommands {
  private DebugCommands() {}

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

  /** What expires is gone at once for every reader, however it is reclaimed; there is nothing to switch off. */
  static void setActiveExpire(Call call) {
    call.integer(2);
    call.reply().ok();
  }
}
