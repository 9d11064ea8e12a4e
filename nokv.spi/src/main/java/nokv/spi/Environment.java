package nokv.spi;

import com.codahale.metrics.MetricRegistry;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Everything a part needs from outside, handed to every provider: nothing in NoKV makes threads, reads clocks or rolls dice by itself, so that a whole node can run in
 * one thread from one seed.
 *
 * @param clock time
 * @param io for short blocking file work that somebody waits for (a sync, a read); tasks are few and bounded by their submitters
 * @param background for long work (flush, compaction, collection); yields to the foreground
 * @param timer runs tasks later, on {@code io}
 * @param random seeds; each part takes one at opening and makes its own generator from it
 * @param memory the node's budget
 * @param metrics where every part registers its figures, named {@code group.name} in lower snake case
 */
public record Environment(Clock clock, Executor io, Executor background, Timer timer, LongSupplier random, MemoryBudget memory, MetricRegistry metrics) {
  /** Milliseconds a closing {@link Owned} waits for its tasks. */
  private static final long CLOSE_MILLIS = 30_000;

  /** An environment with threads of its own, which end when it is closed. */
  public record Owned(Environment environment, AutoCloseable threads) implements AutoCloseable {
    @Override public void close() {
      try {
        threads.close();
      } catch (Exception e) {
        throw new IllegalStateException("closing the threads of an environment", e);
      }
    }
  }

  /** The environment of a normal process: system clock, one virtual thread per I/O task, {@code backgroundThreads} daemon threads for the rest. */
  public static Owned system(int backgroundThreads, long memoryBytes, MetricRegistry metrics) {
    var io = Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("nokv-io-", 0).factory());
    var background = Executors.newFixedThreadPool(backgroundThreads, Thread.ofPlatform().name("nokv-background-", 0).daemon().factory());
    var scheduler = new ScheduledThreadPoolExecutor(1, Thread.ofPlatform().name("nokv-timer").daemon().factory());
    scheduler.setRemoveOnCancelPolicy(true);
    Timer timer = (Duration delay, Runnable task) -> {
      var scheduled = scheduler.schedule(() -> io.execute(task), delay.toNanos(), TimeUnit.NANOSECONDS);
      return () -> scheduled.cancel(false);
    };
    var seeds = new SplittableRandom();
    LongSupplier random = () -> {
      synchronized (seeds) {
        return seeds.nextLong();
      }
    };
    var environment = new Environment(Clock.SYSTEM, io, background, timer, random, new MemoryBudget(memoryBytes), metrics);
    return new Owned(environment, () -> {
      scheduler.shutdownNow();
      background.shutdown();
      io.shutdown();
      if (!background.awaitTermination(CLOSE_MILLIS, TimeUnit.MILLISECONDS)) background.shutdownNow();
    });
  }
}
