package nokv.protocol.resp;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import nokv.api.ColumnFamily;
import nokv.api.Entry;
import nokv.api.KvStore;
import nokv.api.NoKVException;
import nokv.spi.Environment;
import nokv.spi.Timer;
import org.jspecify.annotations.Nullable;

/*
 * How waiting works
 *
 * A command that may block (BLPOP) runs like any other; where it finds nothing it says so with Call.waitFor and writes no reply. Its request then is a Waiter in the list of each of its keys, in
 * order of arrival, and its unit, with the requests behind it, stays here. Whatever writes the metadata of such a key, in whatever command, has the waiters of the key executed again right
 * behind that command and inside the same transaction (Group.serve): nobody can come between, what one takes the next does not see, and if the transaction fails it has not happened and
 * they wait on. A waiter that still finds nothing keeps its place. What waiters write (BLMOVE) wakes others in turn. An EXEC or a script is one command here, so it wakes when it is complete.
 *
 * A waiter is WAITING, or HELD by the one thread that executes it just now, or OVER. Time-outs, CLIENT UNBLOCK and a lost connection end it from any thread: at once where it is WAITING; where
 * it is HELD they leave word, which counts if the holder has not served it. A key written while its waiter was held by another thread is noted too, and the waiter is tried again when released.
 * So no wake-up is lost, and whoever is served has been served once.
 *
 * On a shared store, writes of other gateways are noticed by looking at the store versions of the keys waited for every POLL_MILLIS, KEYS_PER_POLL of them at the most.
 *
 * Invariants: a waiter's unit is touched only by its holder, or by whoever made it OVER; the lists are guarded by this object, a waiter's state by the waiter; the timer starts only when the
 * transaction that parked it is committed.
 */
final class Blocked {
  private static final long POLL_MILLIS = 50;
  private static final int KEYS_PER_POLL = 1000;

  /** A request that waits. */
  static final class Waiter {
    private enum State { WAITING, HELD, OVER }

    final Unit unit;
    /** Executed again when a key was written. */
    final Request request;
    final List<Queued.Watched> keys;
    final long timeoutMillis;
    private final int index;
    /** Where its reply begins. For its holder. */
    int mark;
    private State state = State.HELD;
    private boolean missed;
    private @Nullable Consumer<ReplyWriter> ending;
    private Timer.@Nullable Cancellable timer;

    private Waiter(Unit unit, int index, Request request, Call.Wish wish) {
      this.unit = unit;
      this.index = index;
      this.request = request;
      this.keys = wish.keys();
      this.timeoutMillis = wish.timeoutMillis();
    }

    /** Takes it to be executed; false = somebody else has it, or it is over. */
    synchronized boolean claim() {
      if (state != State.WAITING) {
        missed = true;
        return false;
      }
      state = State.HELD;
      return true;
    }
  }

  private final RespFrontend server;
  private final KvStore store;
  private final Environment environment;
  private final Map<Queued.Watched, Set<Waiter>> waiters = new LinkedHashMap<>();
  private final Map<Queued.Watched, Long> seen = new HashMap<>();
  private final boolean polls;
  private boolean polling;
  private volatile boolean closed;
  private volatile int count;

  /** @param shared whether others than this frontend write to the store */
  Blocked(RespFrontend server, KvStore store, Environment environment, boolean shared) {
    this.server = server;
    this.store = store;
    this.environment = environment;
    this.polls = shared;
  }

  boolean isEmpty() {
    return count == 0;
  }

  /** Requests that wait. */
  int count() {
    return count;
  }

  /** Those who wait for a key, the first come first. */
  synchronized List<Waiter> waitingFor(Queued.Watched key) {
    Set<Waiter> all = waiters.get(key);
    return all == null ? List.of() : List.copyOf(all);
  }

  // For whoever executes

  /** Takes request {@code index} of a unit into the lists; it is held by the caller. */
  Waiter park(Unit unit, int index, Request request, Call.Wish wish) {
    var waiter = new Waiter(unit, index, wish.again() == null ? request : request.with(wish.again()), wish);
    synchronized (this) {
      for (Queued.Watched key : waiter.keys) waiters.computeIfAbsent(key, none -> new LinkedHashSet<>()).add(waiter);
      count++;
    }
    return waiter;
  }

  private synchronized void remove(Waiter waiter) {
    for (Queued.Watched key : waiter.keys) {
      Set<Waiter> all = waiters.get(key);
      if (all == null || !all.remove(waiter)) continue;
      if (!all.isEmpty()) continue;
      waiters.remove(key);
      seen.remove(key);
    }
    count--;
  }

  /** The transaction that parked it is committed: what was replied so far is sent, and it waits. */
  void publish(Waiter waiter) {
    Connection connection = waiter.unit.connection;
    connection.sendSoFar(waiter.unit);
    connection.waiter = waiter;
    if (waiter.timeoutMillis > 0) {
      Timer.Cancellable timer = environment.timer().schedule(Duration.ofMillis(waiter.timeoutMillis), () -> end(waiter, ReplyWriter::nilArray));
      synchronized (waiter) {
        waiter.timer = timer;
      }
    }
    release(waiter);
    if (closed || connection.isGone()) end(waiter, reply -> { });
    poll();
  }

  /** Every key may have been written. */
  void wakeAll() {
    List<Queued.Watched> keys;
    synchronized (this) {
      keys = List.copyOf(waiters.keySet());
    }
    for (Queued.Watched key : keys) server.execution().wake(key);
  }

  /** Gives back a waiter that was not served. */
  void release(Waiter waiter) {
    Consumer<ReplyWriter> ending;
    boolean missed;
    synchronized (waiter) {
      ending = waiter.ending;
      missed = waiter.missed;
      waiter.missed = false;
      waiter.state = ending == null ? Waiter.State.WAITING : Waiter.State.OVER;
    }
    if (ending != null) over(waiter, ending);
    else if (missed) for (Queued.Watched key : waiter.keys) server.execution().wake(key);
  }

  /** The transaction that served them is committed. */
  void served(List<Waiter> served) {
    for (Waiter waiter : served) {
      boolean parkedByCaller;
      synchronized (waiter) {
        waiter.state = Waiter.State.OVER;
        parkedByCaller = waiter.unit.connection.waiter != waiter;
      }
      remove(waiter);
      if (!parkedByCaller) goOn(waiter);
    }
  }

  /** The transaction has failed: those served wait on, those parked have not come yet. */
  void takeBack(List<Waiter> served, List<Waiter> parked) {
    for (Waiter waiter : parked) remove(waiter);
    for (Waiter waiter : served) {
      if (parked.contains(waiter)) continue;
      waiter.unit.reply.rewind(waiter.mark);
      release(waiter);
    }
  }

  /** The transaction that was to serve them has failed for good: that is their reply. */
  void fail(List<Waiter> served, NoKVException failure) {
    for (Waiter waiter : served) {
      waiter.unit.reply.rewind(waiter.mark);
      server.fail(waiter.unit.reply, failure);
    }
    served(served);
  }

  // For everyone else

  /** Ends the waiting with this reply, unless it is over already. From any thread. */
  void end(Waiter waiter, Consumer<ReplyWriter> reply) {
    synchronized (waiter) {
      if (waiter.state == Waiter.State.OVER) return;
      if (waiter.state == Waiter.State.HELD) {
        waiter.ending = reply;
        return;
      }
      waiter.state = Waiter.State.OVER;
    }
    over(waiter, reply);
  }

  private void over(Waiter waiter, Consumer<ReplyWriter> reply) {
    remove(waiter);
    waiter.unit.reply.protocol(waiter.request.resp3());
    reply.accept(waiter.unit.reply);
    goOn(waiter);
  }

  /** The unit goes on behind the request that waited. */
  private void goOn(Waiter waiter) {
    synchronized (waiter) {
      if (waiter.timer != null) waiter.timer.cancel();
    }
    Unit unit = waiter.unit;
    unit.connection.waiter = null;
    unit.next = waiter.index + 1;
    if (unit.finished() || unit.connection.isGone()) unit.connection.executed(unit);
    else server.execute(unit);
  }

  // Other gateways

  private synchronized void poll() {
    if (!polls || polling || closed || waiters.isEmpty()) return;
    polling = true;
    environment.timer().schedule(Duration.ofMillis(POLL_MILLIS), this::look);
  }

  private void look() {
    List<Queued.Watched> keys;
    synchronized (this) {
      keys = waiters.keySet().stream().limit(KEYS_PER_POLL).toList();
      for (Queued.Watched key : keys) waiters.put(key, java.util.Objects.requireNonNull(waiters.remove(key))); // the next poll begins behind them
      polling = false;
    }
    for (Queued.Watched key : keys) {
      store.getEntryAsync(ColumnFamily.REDIS, key.key()).whenComplete((entry, failure) -> {
        if (failure == null) compare(key, entry);
      });
    }
    poll();
  }

  /** The first look at a key is a wake-up too if it is there: nobody knows since when. */
  private void compare(Queued.Watched key, @Nullable Entry entry) {
    long version = entry == null ? 0 : entry.version();
    synchronized (this) {
      if (!waiters.containsKey(key)) return;
      Long before = seen.put(key, version);
      if (before == null ? version == 0 : before == version) return;
    }
    server.execution().wake(key);
  }

  /** Ends all waiting, without a reply: the server closes. */
  void close() {
    var all = new ArrayList<Waiter>();
    synchronized (this) {
      closed = true;
      for (Set<Waiter> each : waiters.values()) all.addAll(each);
    }
    for (Waiter waiter : all) end(waiter, reply -> { });
  }
}
