package nokv.protocol.resp;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import nokv.api.Entry;
import nokv.spi.Environment;
import org.jspecify.annotations.Nullable;

/*
 * Which clients hold copies of which keys, so that they are told when these change (CLIENT TRACKING)
 *
 * Keys that a tracking client reads are remembered in the table, by name alone as in Redis, until they change once. A read outside of a transaction remembers its keys before it reads, so whatever
 * is committed after the value was read finds them. One inside of a transaction does so behind its commit, after the changes before it in the same transaction: nothing else writes these keys
 * meanwhile, since the lane is serial and latches are held until then. Changes are reported behind the commit too; to the client itself, behind the reply.
 *
 * Clients in broadcast mode have prefixes, and get the keys below each that were written together in one message.
 *
 * The table is bounded: beyond tracking-table-max-keys, or TABLE_BYTES, the keys remembered first are reported as if they had changed. A client that has gone is left in it until then.
 *
 * Where others write to the store too (gateways of one cluster), their changes are not seen here. So a copy is good for LEASE_MILLIS at the most: then the key is reported in any case, and clients in
 * broadcast mode are told that everything has changed.
 *
 * Thread-safe; messages leave through Connection.push, in the order of the changes.
 */
final class Tracking {
  private static final byte[] CHANNEL = AclSelector.bytes("__redis__:invalidate");
  private static final long TABLE_BYTES = 64 << 20;
  private static final long ENTRY_BYTES = 200;
  private static final long LEASE_MILLIS = 5000;
  private static final long LOOK_MILLIS = 500;

  /** Who has read a key, by their IDs. */
  private record Readers(Set<Long> ids, long sinceMillis) {}

  private final RespFrontend server;
  private final Environment environment;
  private final boolean shared;
  private final Map<Long, Connection> clients = new HashMap<>();
  private final Map<PubSub.Name, Readers> table = new LinkedHashMap<>();
  private final Map<PubSub.Name, Set<Connection>> prefixes = new LinkedHashMap<>();
  private long tableBytes;
  private long items;
  private boolean looking;
  private long broadcastsEndMillis;
  private volatile boolean active;

  /** @param shared whether others than this frontend write to the store */
  Tracking(RespFrontend server, Environment environment, boolean shared) {
    this.server = server;
    this.environment = environment;
    this.shared = shared;
  }

  /** Whether there is anybody to tell. */
  boolean isActive() {
    return active;
  }

  static boolean startsWith(byte[] key, byte[] prefix) {
    return key.length >= prefix.length && java.util.Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
  }

  // Who tracks

  /** Called on the connection's event loop. */
  synchronized void enter(Connection connection, ClientTracking tracking) {
    connection.session().tracking = tracking;
    clients.put(connection.session().id, connection);
    for (PubSub.Name prefix : tracking.prefixes) prefixes.computeIfAbsent(prefix, none -> new LinkedHashSet<>()).add(connection);
    active = true;
    look();
  }

  synchronized void leave(Connection connection) {
    ClientTracking tracking = connection.session().tracking;
    if (tracking == null) return;
    connection.session().tracking = null;
    clients.remove(connection.session().id);
    for (PubSub.Name prefix : tracking.prefixes) {
      Set<Connection> all = prefixes.get(prefix);
      if (all != null && all.remove(connection) && all.isEmpty()) prefixes.remove(prefix);
    }
    active = !clients.isEmpty();
    if (active) return;
    table.clear();
    tableBytes = 0;
    items = 0;
  }

  synchronized int clientCount() {
    return clients.size();
  }

  synchronized int keyCount() {
    return table.size();
  }

  synchronized long itemCount() {
    return items;
  }

  synchronized int prefixCount() {
    return prefixes.size();
  }

  // Reads

  /** The keys of this request may be kept by its client from now on. */
  void read(Call call, Request request) {
    Connection client = call.origin();
    RedisCommand command = request.command();
    if (client == null || command == null) return;
    int[] keys = command.keys(request.args());
    if (keys.length == 0) return;
    for (int position : keys) {
      Entry entry = call.keys.entry(request.args()[position]);
      if (entry != null && entry.expiryMillis() != 0) server.expiries().add(call.keys.database(), request.args()[position], entry.expiryMillis());
    }
    call.keys.afterwards(() -> remember(client.session().id, request.args(), keys));
  }

  private synchronized void remember(long id, byte[][] args, int[] keys) {
    if (!clients.containsKey(id)) return;
    for (int position : keys) {
      var key = new PubSub.Name(args[position]);
      Readers readers = table.get(key);
      if (readers == null) {
        readers = new Readers(new HashSet<>(), environment.clock().millis());
        table.put(key, readers);
        tableBytes += ENTRY_BYTES + key.bytes().length;
      }
      if (readers.ids.add(id)) items++;
    }
    limit();
  }

  /** Reports keys until the table is within its bounds again. */
  synchronized void limit() {
    long max = server.settings().number("tracking-table-max-keys");
    while (tableBytes > TABLE_BYTES || max > 0 && table.size() > max) invalidate(table.keySet().iterator().next(), null);
  }

  // Changes

  /** A command has changed keys: whoever has them is told once that is committed. */
  void changed(Call call) {
    Connection origin = call.origin();
    var changed = new LinkedHashSet<PubSub.Name>();
    for (Keyspace.Change change : call.keys.changes()) changed.add(new PubSub.Name(change.key()));
    for (PubSub.Name key : changed) {
      call.keys.afterwards(() -> invalidate(key, origin));
      call.keys.written(this::broadcast).put(key, origin == null ? List.of() : List.of(origin));
    }
  }

  /** A key has expired. */
  void expired(byte[] key) {
    var name = new PubSub.Name(key);
    invalidate(name, null);
    broadcast(Map.of(name, List.of()));
  }

  private synchronized void invalidate(PubSub.Name key, @Nullable Connection origin) {
    Readers readers = table.remove(key);
    if (readers == null) return;
    tableBytes -= ENTRY_BYTES + key.bytes().length;
    items -= readers.ids.size();
    for (long id : readers.ids) {
      Connection client = clients.get(id);
      if (client != null && client.session().tracking instanceof ClientTracking tracking && !tracking.broadcast && !(tracking.noLoop && client == origin)) send(client, tracking, List.of(key));
    }
  }

  /** @param written keys, and by whom */
  private synchronized void broadcast(Map<PubSub.Name, List<Connection>> written) {
    prefixes.forEach((prefix, all) -> {
      for (Connection client : all) {
        ClientTracking tracking = client.session().tracking;
        if (tracking == null) continue;
        var keys = new ArrayList<PubSub.Name>();
        written.forEach((key, origin) -> {
          if (startsWith(key.bytes(), prefix.bytes()) && !(tracking.noLoop && origin.contains(client))) keys.add(key);
        });
        if (!keys.isEmpty()) send(client, tracking, keys);
      }
    });
  }

  /** All keys of a database, or of all of them, are gone. */
  synchronized void flushed() {
    for (Connection client : clients.values()) if (client.session().tracking instanceof ClientTracking tracking) send(client, tracking, null);
    table.clear();
    tableBytes = 0;
    items = 0;
  }

  /** @param keys null = all there are */
  private void send(Connection client, ClientTracking tracking, @Nullable List<PubSub.Name> keys) {
    Connection redirect = tracking.redirect;
    if (redirect != null && redirect.isLeaving()) {
      tracking.redirectBroken = true;
      client.push(reply -> {
        if (!reply.resp3()) return;
        reply.push(2);
        reply.bulk("tracking-redir-broken");
        reply.integer(tracking.redirectId);
      });
      return;
    }
    Connection target = redirect == null ? client : redirect;
    target.push(reply -> {
      if (reply.resp3()) {
        reply.push(2);
        reply.bulk("invalidate");
      } else if (redirect != null && target.session().isSubscribed()) {
        reply.push(3);
        reply.bulk("message");
        reply.bulk(CHANNEL);
      } else {
        return;
      }
      if (keys == null) {
        reply.nil();
        return;
      }
      reply.array(keys.size());
      for (PubSub.Name key : keys) reply.bulk(key.bytes());
    });
  }

  // Where others write too

  private void look() {
    if (!shared || looking || !active) return;
    looking = true;
    environment.timer().schedule(Duration.ofMillis(LOOK_MILLIS), this::endLeases);
  }

  private synchronized void endLeases() {
    looking = false;
    long now = environment.clock().millis();
    while (!table.isEmpty()) {
      var oldest = table.entrySet().iterator().next();
      if (oldest.getValue().sinceMillis + LEASE_MILLIS > now) break;
      invalidate(oldest.getKey(), null);
    }
    if (now >= broadcastsEndMillis) {
      broadcastsEndMillis = now + LEASE_MILLIS;
      for (Connection client : clients.values()) if (client.session().tracking instanceof ClientTracking tracking && tracking.broadcast) send(client, tracking, null);
    }
    look();
  }
}
