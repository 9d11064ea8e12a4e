package nokv.engine.lsm;

import com.codahale.metrics.MetricRegistry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import nokv.spi.Clock;
import nokv.spi.EngineBatch;
import nokv.spi.Environment;
import nokv.spi.MemoryBudget;
import nokv.spi.Options;
import nokv.spi.StorageEngine;
import nokv.spi.Timer;
import nokv.spi.ValueStore;
import nokv.spi.Vfs;
import nokv.vlog.VlogProvider;

/** An engine with its value store in one thread, small enough that a few writes make it flush, compact and collect. Tasks run when {@link #runTasks} is called. */
final class StepNode implements Clock, Timer, AutoCloseable {
  static final String DIRECTORY = "db";

  private final Queue<Runnable> io = new ArrayDeque<>();
  private final Queue<Runnable> background = new ArrayDeque<>();
  private final Queue<Runnable> timers = new ArrayDeque<>();
  private long nanos;
  final Environment environment;
  final ValueStore values;
  final StorageEngine engine;

  StepNode(Vfs vfs, long seed, Map<String, ?> options) {
    this(vfs, seed, options, false);
  }

  StepNode(Vfs vfs, long seed, Map<String, ?> options, boolean readOnly) {
    this(vfs, DIRECTORY, seed, options, readOnly);
  }

  StepNode(Vfs vfs, String directory, long seed, Map<String, ?> options, boolean readOnly) {
    environment = new Environment(this, io::add, background::add, this, new SplittableRandom(seed)::nextLong, new MemoryBudget(1 << 30), new MetricRegistry());
    var vlog = new VlogProvider();
    values = vlog.open(environment, Options.parse("vlog", vlog.options(), Map.of("threshold", "200", "segment_size", "64KiB", "gc_ratio", "0.2")), vfs, directory, readOnly);
    var lsm = new LsmEngineProvider();
    var all = new HashMap<String, Object>(Map.of("memtable_size", "64KiB", "block_cache_size", "1MiB", "level_size", "128KiB", "table_size", "32KiB", "wal_segment_size", "64KiB",
        "manifest_size", "4KiB"));
    all.putAll(options);
    try {
      engine = lsm.open(environment, Options.parse("engine", lsm.options(), all), vfs, values, directory, readOnly);
    } catch (Throwable e) {
      values.close();
      throw e;
    }
  }

  void runTasks() {
    while (runTask()) {}
  }

  private boolean runTask() {
    Runnable task = io.isEmpty() ? background.poll() : io.poll();
    if (task == null) return false;
    task.run();
    return true;
  }

  /** Writes; flush, compaction and collection go on only as far as the write has to wait for them. */
  void write(EngineBatch batch) {
    var future = engine.writeAsync(batch).toCompletableFuture();
    while (!future.isDone()) {
      if (!runTask()) timers.remove().run();
    }
    result(future);
  }

  /** Lets the time of all timers pass that wait now, and runs tasks. */
  void passTime() {
    for (int waiting = timers.size(); waiting > 0; waiting--) timers.remove().run();
    runTasks();
  }

  /** Runs tasks until the stage is complete, and throws what it failed with. */
  <T> T await(CompletionStage<T> stage) {
    runTasks();
    return result(stage.toCompletableFuture());
  }

  private static <T> T result(CompletableFuture<T> future) {
    if (!future.isDone()) throw new AssertionError("nothing left to do, but the stage is not complete");
    try {
      return future.join();
    } catch (java.util.concurrent.CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) throw cause;
      throw e;
    }
  }

  @Override public long millis() {
    return nanos / 1_000_000;
  }

  @Override public long nanos() {
    return nanos += 1000;
  }

  @Override public Cancellable schedule(Duration delay, Runnable task) {
    timers.add(task);
    return () -> timers.remove(task);
  }

  @Override public void close() {
    engine.close();
    values.close();
  }
}
