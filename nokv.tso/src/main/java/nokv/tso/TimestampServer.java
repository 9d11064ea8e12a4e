package nokv.tso;

import com.codahale.metrics.Counter;
import com.codahale.metrics.Histogram;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import nokv.api.Timestamp;
import nokv.api.UnavailableException;
import nokv.spi.Clock;
import nokv.spi.Environment;
import nokv.spi.Register;
import nokv.spi.Replicator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * How the timestamp server works
 *
 * Any number of these run, in any processes; at most one serves at a time. All they share is a linearizable register, the ceiling: no timestamp at or above it has been given by
 * anyone. Who sets it from a to b by compare-and-set, a < b, may give what lies between. The value only grows, so a value seen twice means that nothing happened in between.
 *
 * Two servers never have the same range. What remains is that a server which does not know yet that another has gone past it gives a timestamp that is lower than one already
 * given. A lease prevents it, and compares no two clocks:
 *   - A server serves only while less than lease - margin has passed since its last successful compare-and-set *began*.
 *   - Whoever wants to take over sees the same value for a whole lease, from the moment the first *answer* with it came, and then sets it from that very value. The holder's last
 *     set took effect before it was seen, hence it began before the watch did; so the holder has stopped before the watch ends. Had it set the value again, the take-over fails.
 *   - The margin (an eighth of the lease) allows for clocks that run at different speeds. Wall clocks may do what they like; they only make timestamps readable.
 *
 * Each server has a number of its own, from a second register, in the low bits of the ceilings it sets. So one whose set has an unknown outcome (its answer was lost) reads the
 * register: its own number there means that nobody came between, and it goes on from that value without a watch. Otherwise it watches like anyone.
 *
 * Pauses. `take` reads the clock after it has taken the timestamps. If the lease holds then, at that moment no one else has given anything, so they are greater than all that was
 * answered until then, and the request began before. A pause after that, or an answer that is late on its way, does no harm: a timestamp promises to be greater than what was
 * answered before its request *began*, not before its answer came. A pause before that makes the lease end, and nothing is given. The client gives a timestamp only to callers
 * who came before its request was sent. What breaks the lease is a monotonic clock that stands still while the world goes on (a virtual machine frozen as a whole, not a stopped
 * process); its first renewal fails, so that takes at most a third of the lease.
 *
 * A timestamp is the clock's millisecond or last + 1, whichever is greater. The ceiling runs a lease ahead of the clock; where the clock has run past it, last + 1 is given until
 * the next renewal. A take-over begins at the ceiling it found, at most a lease ahead of the clock, and takes a lease to happen: timestamps cannot run away from the clock.
 *
 * Invariants: every timestamp given < `ceiling` ≤ the register; `last` ≥ everything given by anyone below the range; one chain of register operations at a time (`step`).
 */

/** Gives timestamps while it holds the lease, and tries to get the lease while nobody does. Thread-safe; parks nobody. */
final class TimestampServer implements AutoCloseable {
  static final String CEILING = "tso.ceiling";
  static final String SERVERS = "tso.servers";
  static final int MAX_COUNT = 1 << 16;
  private static final Logger LOG = LoggerFactory.getLogger("nokv.tso");

  private final Environment environment;
  private final Clock clock;
  private final Replicator replicator;
  private final Register register;
  private final Register servers;
  private final String name;
  private final long leaseNanos;
  private final long marginNanos;
  private final long windowMillis;

  // What the chain of register operations knows; only it touches these.
  private long number;
  private long held;
  private long watched;
  private long watchedSinceNanos;
  private long newest;

  // What take needs, under this monitor.
  private long last;
  private long ceiling;
  private long leaseEndNanos;
  private boolean leased;
  private long given;
  private final Histogram batches;
  private final Counter renewals;
  private final Counter takeovers;
  private volatile boolean closed;

  /** @param name what to call it in the log, such as its address */
  TimestampServer(Environment environment, Replicator replicator, Duration lease, String name) {
    this.environment = environment;
    this.clock = environment.clock();
    this.replicator = replicator;
    this.register = replicator.register(CEILING);
    this.servers = replicator.register(SERVERS);
    this.name = name;
    this.leaseNanos = lease.toNanos();
    this.marginNanos = leaseNanos / 8;
    this.windowMillis = lease.toMillis();
    var metrics = environment.metrics();
    batches = metrics.histogram("tso.batch_size");
    takeovers = metrics.counter("tso.takeovers");
    renewals = metrics.counter("tso.renewals");
    metrics.gauge("tso.serving", () -> () -> serving() ? 1 : 0);
    metrics.gauge("tso.lease_left_millis", () -> this::leaseLeftMillis);
  }

  /** Begins to look after the lease, until it is closed. */
  void start() {
    ask(replicator::newestVersion, (version, error) -> {
      if (version == null) {
        later(retryNanos(), this::start);
      } else {
        newest = version;
        enrol();
      }
    });
  }

  /**
   * The first of {@code count} timestamps in a row, each greater than all that were given by any server before this call began; 0 where this server does not serve.
   *
   * @param count 1 to {@value #MAX_COUNT}
   */
  synchronized long take(int count) {
    if (count < 1 || count > MAX_COUNT) throw new IllegalArgumentException("count is " + count + ", expected 1 to " + MAX_COUNT);
    if (!leased) return 0;
    long first = Math.max(last + 1, Timestamp.of(clock.millis(), 0));
    if (first + count > ceiling) first = last + 1;
    if (first + count > ceiling) return 0;
    last = first + count - 1;
    if (!leaseHolds()) return 0;
    given += count;
    batches.update(count);
    return first;
  }

  synchronized boolean serving() {
    return leased && leaseHolds();
  }

  /** Of the lease that it serves under; 0 = it does not serve. */
  private synchronized long leaseLeftMillis() {
    return leased ? Math.max(0, leaseEndNanos - clock.nanos()) / 1_000_000 : 0;
  }

  private boolean leaseHolds() {
    return leaseEndNanos - clock.nanos() > 0;
  }

  /**
   * Gets a number of its own: the register counts servers in its upper half. The lower half is chance, so that no two servers ever set the same value: a replicator that asks again after a
   * lost answer says "done" to whoever finds the value already there.
   */
  private void enrol() {
    ask(servers::read, (before, error) -> {
      if (before == null) {
        later(retryNanos(), this::enrol);
        return;
      }
      long count = (before >>> Integer.SIZE) + 1;
      long after = count << Integer.SIZE | (environment.random().getAsLong() & 0xffff_ffffL);
      ask(() -> servers.compareAndSet(before, after), (done, failure) -> {
        if (!Boolean.TRUE.equals(done)) {
          later(retryNanos(), this::enrol);
        } else {
          number = 1 + count % (Timestamp.LOGICAL_COUNT - 1);
          step();
        }
      });
    });
  }

  private void step() {
    if (held != 0) renew(held);
    else look();
  }

  /** Reads the register; takes over where its value is one's own, nobody's, or has not changed for a lease. */
  private void look() {
    ask(register::read, (value, error) -> {
      long now = clock.nanos();
      if (value == null) {
        later(retryNanos(), this::step);
      } else if (value == 0 || mine(value) || (value == watched && now - watchedSinceNanos >= leaseNanos)) {
        renew(value);
      } else {
        if (value != watched) {
          watched = value;
          watchedSinceNanos = now;
        }
        later(Math.min(leaseNanos / 3, watchedSinceNanos + leaseNanos - now), this::step);
      }
    });
  }

  /** Raises the ceiling from {@code found}; where that succeeds, a new lease has begun. */
  private void renew(long found) {
    if (!mine(found)) skipTo(Math.max(found, newest));
    long target = above(found);
    long beganNanos = clock.nanos();
    ask(() -> register.compareAndSet(found, target), (done, error) -> {
      if (done == null) {
        // It may have been set or not, and the lease goes on meanwhile; the number in the register will tell.
        held = 0;
        later(retryNanos(), this::step);
      } else if (done) {
        held = target;
        renewed(target, beganNanos);
        later(Math.max(0, beganNanos + leaseNanos / 3 - clock.nanos()), this::step);
      } else {
        held = 0;
        lost();
        step();
      }
    });
  }

  private boolean mine(long value) {
    return Timestamp.logical(value) == number;
  }

  private synchronized void skipTo(long floor) {
    last = Math.max(last, floor);
  }

  /** A window above the clock and the last timestamp, above {@code found}, with this server's number. */
  private synchronized long above(long found) {
    long millis = Math.max(clock.millis(), Timestamp.physicalMillis(last)) + windowMillis;
    return Timestamp.of(Math.max(millis, Timestamp.physicalMillis(found) + 1), number);
  }

  private synchronized void renewed(long target, long beganNanos) {
    if (closed) return;
    ceiling = target;
    leaseEndNanos = beganNanos + leaseNanos - marginNanos;
    renewals.inc();
    if (leased) return;
    leased = true;
    takeovers.inc();
    LOG.info("{} gives the timestamps now, from {}", name, last);
  }

  private synchronized void lost() {
    if (leased) LOG.info("{} gives no timestamps any more: another server does", name);
    leased = false;
  }

  private long retryNanos() {
    return leaseNanos / 10;
  }

  private void later(long nanos, Runnable step) {
    if (closed) return;
    try {
      environment.timer().schedule(Duration.ofNanos(Math.max(0, nanos)), step);
    } catch (RejectedExecutionException e) {
      LOG.debug("the timer has ended before {}", name, e);
    }
  }

  /** One register operation, the answer of which is not waited for longer than a lease: one that comes later is not looked at. */
  private <T> void ask(Supplier<CompletionStage<T>> operation, BiConsumer<@Nullable T, @Nullable Throwable> then) {
    if (closed) return;
    var answered = new AtomicBoolean();
    BiConsumer<@Nullable T, @Nullable Throwable> once = (value, error) -> {
      if (answered.compareAndSet(false, true) && !closed) then.accept(value, error);
    };
    try {
      var limit = environment.timer().schedule(Duration.ofNanos(leaseNanos), () -> once.accept(null, new UnavailableException("no answer from the register in time")));
      operation.get().whenComplete((value, error) -> {
        limit.cancel();
        if (error != null) LOG.debug("{}: a register did not answer", name, error);
        once.accept(value, error);
      });
    } catch (RejectedExecutionException e) {
      LOG.debug("the executors have ended before {}", name, e);
    } catch (RuntimeException e) {
      once.accept(null, e);
    }
  }

  synchronized Map<String, Object> stats() {
    var stats = new LinkedHashMap<String, Object>();
    stats.put("serving", leased && leaseHolds());
    stats.put("lease_left_millis", leaseLeftMillis());
    stats.put("last", last);
    stats.put("ceiling", ceiling);
    stats.put("timestamps", given);
    stats.put("renewals", renewals.getCount());
    stats.put("takeovers", takeovers.getCount());
    return stats;
  }

  /** Serves no more. The lease runs out by itself. */
  @Override public synchronized void close() {
    closed = true;
    leased = false;
  }
}
