package nokv.protocol.resp;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import nokv.api.NoKVException;
import nokv.spi.Environment;
import nokv.spi.Timer;
import org.jspecify.annotations.Nullable;

/**
 * Tells when keys have expired, to those who asked to hear of it: {@code expired} events and tracking clients. A key that has expired is gone by itself; this only looks, when its time has come,
 * whether it is. Known are the keys whose expiry was written by this frontend while somebody wanted to know, {@link #MAX_BYTES} of them at the most: of more, those that expire last are not
 * reported. Thread-safe.
 */
final class Expiries {
  private static final long MAX_BYTES = 64 << 20;
  private static final long ENTRY_BYTES = 100;

  private record Key(int database, PubSub.Name name) {}

  private record Expiry(long millis, Key key) {}

  private final RespFrontend server;
  private final Environment environment;
  private final PriorityQueue<Expiry> queue = new PriorityQueue<>(Comparator.comparingLong(Expiry::millis));
  /** The time that counts of each key; older ones are passed over. */
  private final Map<Key, Long> latest = new HashMap<>();
  private long bytes;
  private Timer.@Nullable Cancellable timer;
  private long timerMillis;
  private boolean active = true;
  private volatile boolean passive;

  Expiries(RespFrontend server, Environment environment) {
    this.server = server;
    this.environment = environment;
  }

  /** A key was given an expiry, and that is committed. */
  synchronized void add(int database, byte[] key, long millis) {
    if (bytes > MAX_BYTES) {
      server.figures().expiriesUnseen.inc();
      return;
    }
    var which = new Key(database, new PubSub.Name(key));
    Long before = latest.put(which, millis);
    if (before != null && before == millis) return;
    queue.add(new Expiry(millis, which));
    bytes += ENTRY_BYTES + key.length;
    schedule();
  }

  private void schedule() {
    Expiry next = queue.peek();
    if (next == null || !active || timer != null && timerMillis <= next.millis) return;
    if (timer != null) timer.cancel();
    timerMillis = next.millis;
    timer = environment.timer().schedule(Duration.ofMillis(Math.max(0, next.millis - environment.clock().millis())), this::fire);
  }

  private void fire() {
    var due = new ArrayList<Expiry>();
    synchronized (this) {
      timer = null;
      long now = environment.clock().millis();
      for (Expiry each; (each = queue.peek()) != null && each.millis <= now; ) {
        queue.remove();
        bytes -= ENTRY_BYTES + each.key.name.bytes().length;
        if (latest.remove(each.key, each.millis)) due.add(each);
      }
      schedule();
    }
    report(due);
  }

  private void report(List<Expiry> due) {
    if (due.isEmpty()) return;
    Keyspace keys = server.newKeyspace();
    for (Expiry each : due) {
      keys.database(each.key.database);
      try {
        if (!keys.exists(each.key.name.bytes())) server.expired(each.key.database, each.key.name.bytes());
      } catch (NoKVException e) {
        server.log().warn("whether a key has expired cannot be read, so nobody is told: {}", e.getMessage());
      }
    }
  }

  /** DEBUG SET-ACTIVE-EXPIRE: while it is off, expiry is noticed by the next command that comes. */
  synchronized void active(boolean on) {
    active = on;
    passive = !on;
    if (!on && timer != null) timer.cancel();
    if (!on) timer = null;
    schedule();
  }

  /** A command was executed. */
  void touched() {
    if (passive) fire();
  }
}
