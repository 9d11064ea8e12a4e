package nokv.protocol.resp;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Who listens to which channel. Subscriptions are changed on the subscriber's event loop, messages come from any thread; a message reaches those who were subscribed when it was published. It
 * concerns the clients of this frontend; other gateways of a cluster have their own.
 */
final class PubSub {
  /** What is listened to. The words are those of the replies. */
  enum Kind {
    CHANNEL(""), PATTERN("p"), SHARD("s");

    final String prefix;

    Kind(String prefix) {
      this.prefix = prefix;
    }
  }

  /** A channel's or a pattern's name that compares by content. */
  record Name(byte[] bytes) {
    @Override public boolean equals(Object other) {
      return other instanceof Name that && Arrays.equals(bytes, that.bytes);
    }

    @Override public int hashCode() {
      return Arrays.hashCode(bytes);
    }
  }

  private final List<Map<Name, Set<Connection>>> listeners = List.of(new ConcurrentHashMap<>(), new ConcurrentHashMap<>(), new ConcurrentHashMap<>());

  private Map<Name, Set<Connection>> of(Kind kind) {
    return listeners.get(kind.ordinal());
  }

  boolean isEmpty() {
    return of(Kind.CHANNEL).isEmpty() && of(Kind.PATTERN).isEmpty();
  }

  private void add(Kind kind, Name name, Connection connection) {
    of(kind).compute(name, (same, before) -> {
      var after = before == null ? new LinkedHashSet<Connection>() : new LinkedHashSet<>(before);
      after.add(connection);
      return after;
    });
  }

  private void remove(Kind kind, Name name, Connection connection) {
    of(kind).computeIfPresent(name, (same, before) -> {
      var after = new LinkedHashSet<>(before);
      after.remove(connection);
      return after.isEmpty() ? null : after;
    });
  }

  /** Ends every subscription of a connection, without a reply. */
  void leave(Connection connection) {
    for (Kind kind : Kind.values()) {
      for (Name name : connection.session().subscriptions(kind)) remove(kind, name, connection);
      connection.session().subscriptions(kind).clear();
    }
  }

  /** How many a message would reach. */
  private int receivers(boolean shard, byte[] channel) {
    int receivers = of(shard ? Kind.SHARD : Kind.CHANNEL).getOrDefault(new Name(channel), Set.of()).size();
    if (!shard) for (var each : of(Kind.PATTERN).entrySet()) if (new Glob(each.getKey().bytes).matches(channel)) receivers += each.getValue().size();
    return receivers;
  }

  /** Sends a message to all who listen. From any thread. */
  void publish(boolean shard, byte[] channel, byte[] message) {
    for (Connection connection : of(shard ? Kind.SHARD : Kind.CHANNEL).getOrDefault(new Name(channel), Set.of())) {
      connection.push(reply -> {
        reply.push(3);
        reply.bulk(shard ? "smessage" : "message");
        reply.bulk(channel);
        reply.bulk(message);
      });
    }
    if (shard) return;
    of(Kind.PATTERN).forEach((pattern, all) -> {
      if (!new Glob(pattern.bytes).matches(channel)) return;
      for (Connection connection : all) {
        connection.push(reply -> {
          reply.push(4);
          reply.bulk("pmessage");
          reply.bulk(pattern.bytes);
          reply.bulk(channel);
          reply.bulk(message);
        });
      }
    });
  }

  // The commands

  static void subscribe(Call call) {
    call.session().pushed = true;
    Kind kind = kind(call.name());
    for (int i = 1; i < call.count(); i++) {
      var name = new Name(call.arg(i));
      if (call.session().subscriptions(kind).add(name)) call.server.pubSub().add(kind, name, call.connection());
      told(call, kind, "subscribe", name.bytes);
    }
  }

  static void unsubscribe(Call call) {
    call.session().pushed = true;
    Kind kind = kind(call.name());
    Set<Name> own = call.session().subscriptions(kind);
    var names = new ArrayList<Name>();
    for (int i = 1; i < call.count(); i++) names.add(new Name(call.arg(i)));
    if (call.count() == 1) names.addAll(own);
    for (Name name : names) {
      if (own.remove(name)) call.server.pubSub().remove(kind, name, call.connection());
      told(call, kind, "unsubscribe", name.bytes);
    }
    if (!names.isEmpty()) return;
    call.reply().push(3);
    call.reply().bulk(kind.prefix + "unsubscribe");
    call.reply().nil();
    call.reply().integer(subscribed(call, kind));
  }

  private static Kind kind(String command) {
    return command.startsWith("p") ? Kind.PATTERN : command.startsWith("ss") || command.startsWith("sun") ? Kind.SHARD : Kind.CHANNEL;
  }

  private static void told(Call call, Kind kind, String what, byte[] name) {
    call.reply().push(3);
    call.reply().bulk(kind.prefix + what);
    call.reply().bulk(name);
    call.reply().integer(subscribed(call, kind));
  }

  private static int subscribed(Call call, Kind kind) {
    Session session = call.session();
    return kind == Kind.SHARD ? session.subscriptions(kind).size() : session.subscriptions(Kind.CHANNEL).size() + session.subscriptions(Kind.PATTERN).size();
  }

  static void publish(Call call) {
    boolean shard = "spublish".equals(call.name());
    PubSub pubSub = call.server.pubSub();
    byte[] channel = call.arg(1);
    byte[] message = call.arg(2);
    call.reply().integer(pubSub.receivers(shard, channel));
    call.keys.afterwards(() -> pubSub.publish(shard, channel, message));
  }

  static void channels(Call call) {
    if (call.count() > 3) throw RedisError.arity(call.name());
    var glob = new Glob(call.count() == 3 ? call.arg(2) : "*".getBytes(StandardCharsets.UTF_8));
    var found = call.server.pubSub().of(call.name().contains("shard") ? Kind.SHARD : Kind.CHANNEL).keySet().stream().filter(name -> glob.matches(name.bytes)).toList();
    call.reply().array(found.size());
    for (Name name : found) call.reply().bulk(name.bytes);
  }

  static void numsub(Call call) {
    var channels = call.server.pubSub().of(call.name().contains("shard") ? Kind.SHARD : Kind.CHANNEL);
    call.reply().array(2 * (call.count() - 2));
    for (int i = 2; i < call.count(); i++) {
      call.reply().bulk(call.arg(i));
      call.reply().integer(channels.getOrDefault(new Name(call.arg(i)), Set.of()).size());
    }
  }

  static void numpat(Call call) {
    call.reply().integer(call.server.pubSub().of(Kind.PATTERN).size());
  }

  static void help(Call call) {
    Help.reply(call, "CHANNELS [<pattern>]", "    Return the currently active channels matching a <pattern> (default: '*').", "NUMPAT", "    Return number of subscriptions to patterns.",
        "NUMSUB [<channel> ...]", "    Return the number of subscribers for the specified channels, excluding", "    pattern subscriptions(default: no channels).", "SHARDCHANNELS [<pattern>]",
        "    Return the currently active shard level channels matching a <pattern> (default: '*').", "SHARDNUMSUB [<shardchannel> ...]",
        "    Return the number of subscribers for the specified shard level channel(s)");
  }
}
