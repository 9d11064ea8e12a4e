package nokv.raftstore.client;

import com.codahale.metrics.MetricRegistry;
import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import nokv.spi.Clock;
import nokv.spi.Environment;
import nokv.spi.MemoryBudget;
import nokv.spi.Timer;

/** Time that passes only when there is nothing else to do: a whole client in one thread, from one seed. */
final class VirtualTime implements Clock, Timer {
  private record Task(long atNanos, long order, Runnable work) {}

  private final PriorityQueue<Task> tasks = new PriorityQueue<>(Comparator.comparingLong(Task::atNanos).thenComparingLong(Task::order));
  private long nanos;
  private long order;

  Environment environment(long seed) {
    var random = new SplittableRandom(seed);
    return new Environment(this, Runnable::run, Runnable::run, this, random::nextLong, new MemoryBudget(1 << 20), new MetricRegistry());
  }

  @Override public long millis() {
    return nanos / 1_000_000;
  }

  @Override public long nanos() {
    return nanos;
  }

  @Override public Cancellable schedule(Duration delay, Runnable work) {
    var task = new Task(nanos + delay.toNanos(), order++, work);
    tasks.add(task);
    return () -> tasks.remove(task);
  }

  /** Runs what is due in order until nothing is left to do. */
  void run() {
    for (var task = tasks.poll(); task != null; task = tasks.poll()) {
      nanos = Math.max(nanos, task.atNanos);
      task.work.run();
    }
  }
}
