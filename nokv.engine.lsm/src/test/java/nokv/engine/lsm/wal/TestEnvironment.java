package nokv.engine.lsm.wal;

import com.codahale.metrics.MetricRegistry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import nokv.spi.Clock;
import nokv.spi.Environment;
import nokv.spi.MemoryBudget;
import nokv.spi.Timer;

/** A node in one thread: tasks run when {@link #runTasks} is called, timers when {@link #advance} passes their time. */
final class TestEnvironment implements Clock, Timer {
  private record Due(long nanos, Runnable task) {}

  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private final List<Due> timers = new ArrayList<>();
  private long nanos;
  final Environment environment = new Environment(this, tasks::add, tasks::add, this, () -> 1, new MemoryBudget(1 << 30), new MetricRegistry());

  @Override public long millis() {
    return nanos / 1_000_000;
  }

  @Override public long nanos() {
    return nanos;
  }

  @Override public Cancellable schedule(Duration delay, Runnable task) {
    var due = new Due(nanos + delay.toNanos(), task);
    timers.add(due);
    return () -> timers.remove(due);
  }

  void runTasks() {
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) task.run();
  }

  void advance(Duration time) {
    nanos += time.toNanos();
    var due = timers.stream().filter(t -> t.nanos <= nanos).toList();
    timers.removeAll(due);
    due.forEach(t -> t.task.run());
    runTasks();
  }

  int waitingTimers() {
    return timers.size();
  }
}
