package nokv.engine.local;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import nokv.api.ClosedException;
import nokv.api.Timestamp;
import nokv.spi.Environment;
import nokv.spi.Oracle;
import nokv.spi.Register;
import nokv.spi.Replicator;
import nokv.spi.txn.Stages;
import org.jspecify.annotations.Nullable;

/*
 * How the local oracle works
 *
 * A timestamp is the clock's millisecond, or one more than the last timestamp, whichever is greater: one CAS. What was given is below a ceiling that a register keeps. It is moved
 * ahead in the background when less than half a window is left, so that a restart, whatever its clock says, begins above all that was given by beginning at the ceiling.
 *
 * When the clock steps back, timestamps go on from the last one in steps of the logical counter until it has caught up. When it runs past the ceiling (a step forward, or nobody
 * asked for a while), no timestamp is given until the register has followed: one that is behind the clock would make entries live too long.
 *
 * Invariants: every timestamp given < `ceiling` ≤ what the register holds; the first one given > what the register held at opening, and > the replicator's newest version.
 */

/** The {@code local} oracle. Thread-safe, lock-free where it need not wait. */
final class LocalOracle implements Oracle {
  static final String REGISTER = "oracle.ceiling";

  private final Environment environment;
  private final Replicator replicator;
  private final Register register;
  private final long window;
  private final AtomicLong last = new AtomicLong();
  private volatile long ceiling;
  private final AtomicBoolean extending = new AtomicBoolean();
  private final List<CompletableFuture<Long>> waiting = new ArrayList<>();
  private final AtomicLong extensions = new AtomicLong();
  private volatile boolean started;
  private volatile boolean closed;

  /** @param readOnly gives timestamps without a ceiling: nothing will be written at them */
  LocalOracle(Environment environment, Replicator replicator, Duration window, boolean readOnly) {
    this.environment = environment;
    this.replicator = replicator;
    this.register = replicator.register(REGISTER);
    this.window = window.toMillis() << Timestamp.LOGICAL_BITS;
    if (readOnly) {
      last.set(Stages.await(replicator.newestVersion()));
      ceiling = Long.MAX_VALUE;
    } else {
      extend();
    }
  }

  @Override public long tryNext() {
    if (closed) throw closedException();
    long now = Timestamp.of(environment.clock().millis(), 0);
    while (true) {
      long previous = last.get();
      long next = Math.max(previous + 1, now);
      long limit = ceiling;
      if (next >= limit) {
        extend();
        return 0;
      }
      if (last.compareAndSet(previous, next)) {
        if (limit - next < window / 2) extend();
        return next;
      }
    }
  }

  @Override public CompletionStage<Long> next() {
    var result = new CompletableFuture<Long>();
    give(result);
    return result;
  }

  private void give(CompletableFuture<Long> result) {
    try {
      long timestamp = tryNext();
      if (timestamp != 0) {
        result.complete(timestamp);
        return;
      }
    } catch (ClosedException e) {
      result.completeExceptionally(e);
      return;
    }
    synchronized (waiting) {
      waiting.add(result);
    }
    extend();
  }

  /** Moves the ceiling ahead on another thread, unless that is under way. */
  private void extend() {
    if (extending.get() || !extending.compareAndSet(false, true)) return;
    try {
      environment.io().execute(() -> register.read().whenComplete(this::extendFrom));
    } catch (RejectedExecutionException e) {
      extended(0, new ClosedException("the executor has ended", e));
    }
  }

  private void extendFrom(@Nullable Long stored, @Nullable Throwable error) {
    if (stored == null) {
      extended(0, error);
      return;
    }
    if (started) {
      raise(stored);
    } else {
      replicator.newestVersion().whenComplete((newest, failure) -> {
        if (newest == null) {
          extended(0, failure);
          return;
        }
        last.accumulateAndGet(Math.max(stored, newest), Math::max);
        raise(stored);
      });
    }
  }

  private void raise(long stored) {
    long target = Math.max(stored, Math.max(last.get(), Timestamp.of(environment.clock().millis(), 0)) + window);
    register.compareAndSet(stored, target).whenComplete((done, failure) -> {
      if (done != null && !done) register.read().whenComplete(this::extendFrom);
      else extended(target, failure);
    });
  }

  private void extended(long target, @Nullable Throwable error) {
    if (error == null) {
      started = true;
      ceiling = target;
      extensions.incrementAndGet();
    }
    // Whoever comes after this begins another extension; whoever came before is in the list below.
    extending.set(false);
    List<CompletableFuture<Long>> served;
    synchronized (waiting) {
      served = List.copyOf(waiting);
      waiting.clear();
    }
    for (var waiter : served) {
      if (error == null) give(waiter);
      else waiter.completeExceptionally(Stages.cause(error));
    }
  }

  @Override public Map<String, Object> stats() {
    var stats = new LinkedHashMap<String, Object>();
    stats.put("last", last.get());
    stats.put("ceiling", ceiling);
    stats.put("extensions", extensions.get());
    return stats;
  }

  @Override public void close() {
    closed = true;
    List<CompletableFuture<Long>> left;
    synchronized (waiting) {
      left = List.copyOf(waiting);
      waiting.clear();
    }
    for (var waiter : left) waiter.completeExceptionally(closedException());
  }

  private static ClosedException closedException() {
    return new ClosedException("the oracle was closed");
  }
}
