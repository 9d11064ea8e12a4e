package nokv.engine.lsm;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import nokv.api.ClosedException;
import nokv.api.DiskFullException;
import nokv.spi.Environment;
import nokv.spi.VfsException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * How background work is kept going
 *
 * There is no thread here and no loop: whoever changes something that may call for work - a sealed memtable, an installed table, a request - calls `wake`, which hands tasks to
 * the environment's background executor until there is enough at work, and every task calls `wake` at its end. One flush runs at a time, oldest memtables first, so tables come to
 * level 0 in the order of their age. Other jobs run beside it, one fewer than there are threads, so that a flush never waits behind a long compaction where there are two threads.
 *
 * What fails for lack of space is tried again, since nothing was changed: at once if there is a Reserve to be had, otherwise after a pause; any other failure makes the store read-only, and nothing runs after that.
 */

/** Runs flushes, compactions and collections when there is something to do. Thread-safe. */
final class Background implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Background.class);
  private static final Duration PAUSE_WHEN_FULL = Duration.ofSeconds(1);

  /** One thing to do; runs on the background executor. */
  @FunctionalInterface
  interface Work {
    void run();
  }

  private record Request(Supplier<@Nullable Work> work, CompletableFuture<Void> done) {}

  private final Environment environment;
  private final int parallelJobs;
  private final Supplier<@Nullable Work> flushes;
  private final Supplier<@Nullable Work> jobs;
  private final java.util.function.UnaryOperator<Throwable> onFailure;
  private final Reserve reserve;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition idle = lock.newCondition();
  private final Deque<Request> requests = new ArrayDeque<>();
  private final List<CompletableFuture<Void>> flushWaiters = new ArrayList<>();
  private boolean flushing;
  private int runningJobs;
  /** Tasks that a thread is inside of; those that merely wait in the executor find {@link #closed} when they start. */
  private int active;
  private boolean pausing;
  private volatile @Nullable Throwable failure;
  private volatile @Nullable DiskFullException full;
  private volatile boolean closed;

  /**
   * @param flushes gives the next flush, or null; called under a lock, must be quick
   * @param jobs gives the next other job, claimed already, or null; likewise
   * @param onFailure makes the store read-only and returns what to tell those who wait
   */
  Background(Environment environment, int threads, Supplier<@Nullable Work> flushes, Supplier<@Nullable Work> jobs, java.util.function.UnaryOperator<Throwable> onFailure,
      Reserve reserve) {
    this.environment = environment;
    this.parallelJobs = Math.max(1, threads - 1);
    this.flushes = flushes;
    this.jobs = jobs;
    this.onFailure = onFailure;
    this.reserve = reserve;
  }

  /** Looks for something to do. */
  void wake() {
    List<CompletableFuture<Void>> nothingDue = List.of();
    lock.lock();
    try {
      if (closed || failure != null || pausing) return;
      if (!flushing) {
        Work flush = flushes.get();
        if (flush != null) {
          flushing = true;
          environment.background().execute(() -> runFlush(flush));
        } else {
          nothingDue = takeFlushWaiters();
        }
      }
      startRequests();
      // A request waits for claims to be given back; until it has its own, no new job may take them.
      while (requests.isEmpty() && runningJobs < parallelJobs) {
        Work job = jobs.get();
        if (job == null) break;
        runningJobs++;
        environment.background().execute(() -> runJob(job, null));
      }
    } finally {
      lock.unlock();
    }
    for (var waiter : nothingDue) waiter.complete(null);
  }

  private List<CompletableFuture<Void>> takeFlushWaiters() {
    var waiters = List.copyOf(flushWaiters);
    flushWaiters.clear();
    return waiters;
  }

  private void startRequests() {
    while (!requests.isEmpty() && runningJobs < parallelJobs) {
      Request request = requests.peek();
      Work work = request.work.get();
      if (work == null) {
        if (runningJobs > 0) return;
        // Nothing is in its way, so there is nothing to do.
        requests.poll();
        environment.background().execute(() -> request.done.complete(null));
        continue;
      }
      requests.poll();
      runningJobs++;
      environment.background().execute(() -> runJob(work, request.done));
    }
  }

  /** Runs something before any other job: {@code work} gives it once nothing is in its way, or null. */
  CompletableFuture<Void> request(Supplier<@Nullable Work> work) {
    var done = new CompletableFuture<Void>();
    lock.lock();
    try {
      Throwable refused = refusal();
      if (refused != null) return CompletableFuture.failedFuture(refused);
      requests.add(new Request(work, done));
    } finally {
      lock.unlock();
    }
    wake();
    return done;
  }

  /** Completes at the end of the next flush, however it ends; at once where none is under way or due. */
  CompletableFuture<Void> nextFlush() {
    var done = new CompletableFuture<Void>();
    lock.lock();
    try {
      Throwable refused = refusal();
      if (refused != null) return CompletableFuture.failedFuture(refused);
      flushWaiters.add(done);
    } finally {
      lock.unlock();
    }
    wake();
    return done;
  }

  private @Nullable Throwable refusal() {
    return closed ? new ClosedException("the store was closed") : failure;
  }

  /** The last flush found the disk full, or null. */
  @Nullable DiskFullException full() {
    return full;
  }

  /** What writers are told while the disk's last space is kept for this work, or null. */
  @Nullable DiskFullException spent() {
    return reserve.spent();
  }

  /** @throws ClosedException running work should give up */
  void requireOpen() {
    if (closed) throw new ClosedException("the store was closed");
  }

  /** Whether running work should give up. */
  boolean isClosed() {
    return closed;
  }

  private void runFlush(Work flush) {
    Throwable error = runGuarded(flush);
    List<CompletableFuture<Void>> waiters;
    lock.lock();
    try {
      flushing = false;
      full = error instanceof DiskFullException e ? e : null;
      waiters = takeFlushWaiters();
    } finally {
      lock.unlock();
    }
    wake();
    for (var waiter : waiters) complete(waiter, error);
  }

  private void runJob(Work job, @Nullable CompletableFuture<Void> done) {
    Throwable error = runGuarded(job);
    lock.lock();
    try {
      runningJobs--;
    } finally {
      lock.unlock();
    }
    wake();
    if (done != null) complete(done, error);
  }

  private static void complete(CompletableFuture<Void> waiter, @Nullable Throwable error) {
    if (error == null) waiter.complete(null);
    else waiter.completeExceptionally(error);
  }

  /** Runs, and returns what those who wait are to be told. */
  private @Nullable Throwable runGuarded(Work work) {
    lock.lock();
    try {
      Throwable refused = refusal();
      if (refused != null) return refused;
      active++;
    } finally {
      lock.unlock();
    }
    Throwable error = null;
    try {
      work.run();
    } catch (Throwable e) {
      error = e;
    }
    if (error == null) reserve.restore();
    else error = judge(error);
    lock.lock();
    try {
      active--;
      idle.signalAll();
    } finally {
      lock.unlock();
    }
    return error;
  }

  private Throwable judge(Throwable error) {
    if (error instanceof ClosedException) return error;
    if (error instanceof VfsException e && e.kind() == VfsException.Cause.NO_SPACE) error = new DiskFullException("no space for a table; writes resume when space returns. " + e.getMessage(), e);
    if (error instanceof DiskFullException full) {
      LOG.warn("background work waits for space: {}", error.getMessage());
      if (reserve.spend(full)) environment.metrics().counter("write.reserve_spent").inc();
      else pause();
      return error;
    }
    LOG.error("background work failed; the store is read-only until it is opened again", error);
    Throwable told = onFailure.apply(error);
    failure = told;
    return told;
  }

  private void pause() {
    lock.lock();
    try {
      pausing = true;
    } finally {
      lock.unlock();
    }
    environment.timer().schedule(PAUSE_WHEN_FULL, () -> {
      lock.lock();
      try {
        pausing = false;
      } finally {
        lock.unlock();
      }
      environment.background().execute(() -> {
        if (!closed) reserve.restore();
        wake();
      });
    });
  }

  /** Starts nothing more and waits for what runs, which finds {@link #isClosed} and gives up. */
  @Override public void close() {
    var refused = new ArrayList<CompletableFuture<Void>>();
    lock.lock();
    try {
      closed = true;
      while (active > 0) idle.awaitUninterruptibly();
      for (Request request : requests) refused.add(request.done);
      requests.clear();
      refused.addAll(takeFlushWaiters());
    } finally {
      lock.unlock();
    }
    for (var waiter : refused) waiter.completeExceptionally(new ClosedException("the store was closed"));
  }
}
