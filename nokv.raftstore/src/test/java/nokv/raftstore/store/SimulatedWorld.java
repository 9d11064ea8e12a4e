package nokv.raftstore.store;

import com.codahale.metrics.MetricRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import nokv.spi.Clock;
import nokv.spi.Environment;
import nokv.spi.MemoryBudget;
import nokv.spi.Timer;
import org.jspecify.annotations.Nullable;

/** Time and tasks of a whole cluster in one thread from one seed: tasks run in an order drawn by lot, timers when their time has come. */
final class SimulatedWorld {
  /** One life of a process; when it ends, its tasks and timers are gone. Its wall clock may step, its monotonic clock is the world's. */
  final class Life implements Timer, Clock {
    private boolean over;
    private final long number = lives++;
    private final Random seeds = new Random(random.nextLong());
    private long stepMillis;

    Environment environment() {
      return new Environment(this, this::submit, this::submit, this, seeds::nextLong, new MemoryBudget(1 << 30), new MetricRegistry());
    }

    @Override public long millis() {
      return SimulatedWorld.this.millis() + stepMillis;
    }

    @Override public long nanos() {
      return nanos;
    }

    /** Its wall clock is set. */
    void stepClock(Duration by) {
      stepMillis += by.toMillis();
    }

    private void submit(Runnable work) {
      tasks.add(new Task(this, work));
    }

    @Override public Cancellable schedule(Duration delay, Runnable work) {
      var timed = new Timed(nanos + delay.toNanos(), order++, new Task(this, work));
      timers.add(timed);
      return () -> timers.remove(timed);
    }

    /** Runs what the process has begun and no timer, until nothing is left. */
    void drain() {
      for (int i = 0; i < tasks.size(); ) {
        if (tasks.get(i).life != this) i++;
        else {
          tasks.remove(i).work.run();
          i = 0;
        }
      }
    }

    void end() {
      over = true;
    }
  }

  private record Task(Life life, Runnable work) {}

  private record Timed(long atNanos, long order, Task task) {}

  final Random random;
  private final List<Task> tasks = new ArrayList<>();
  private final PriorityQueue<Timed> timers = new PriorityQueue<>(Comparator.comparingLong(Timed::atNanos).thenComparingLong(Timed::order));
  private long nanos = 1;
  private long order;
  private long lives;
  private long trace;
  /** Whose task was the last. */
  @Nullable Life ran;

  SimulatedWorld(long seed) {
    random = new Random(seed);
  }

  Life begin() {
    return new Life();
  }

  long millis() {
    return 1_780_000_000_000L + nanos / 1_000_000;
  }

  long nanos() {
    return nanos;
  }

  /** Runs one task if there is any. */
  boolean step() {
    if (tasks.isEmpty()) return false;
    Task task = tasks.remove(random.nextInt(tasks.size()));
    trace(task.life.number * 1_000_003 + nanos);
    ran = task.life;
    if (!task.life.over) task.work.run();
    return true;
  }

  /** Something has happened: two runs of a seed tell the same. */
  void trace(long what) {
    trace = Long.rotateLeft(trace, 7) * 0x9E3779B97F4A7C15L + what;
  }

  /** Of all that has happened, in its order. */
  long trace() {
    return trace;
  }

  /** Lets time pass to the next timer, at most by a limit, and what is due become tasks. */
  void pass(Duration most) {
    long limit = nanos + most.toNanos();
    nanos = timers.isEmpty() ? limit : Math.clamp(timers.peek().atNanos, nanos, limit);
    while (!timers.isEmpty() && timers.peek().atNanos <= nanos) tasks.add(timers.remove().task);
  }
}
