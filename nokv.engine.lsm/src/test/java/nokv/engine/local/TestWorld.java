package nokv.engine.local;

import com.codahale.metrics.MetricRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import nokv.api.KvStore;
import nokv.spi.Clock;
import nokv.spi.Environment;
import nokv.spi.MemoryBudget;
import nokv.spi.NodeConfig;
import nokv.spi.Oracle;
import nokv.spi.Replicator;
import nokv.spi.StorageEngine;
import nokv.spi.Timer;

/** An environment whose time stands until a test moves it, and whose tasks run where they are submitted unless another executor is given. */
public final class TestWorld {
  /** When the clock begins: a day in 2026. */
  public static final long BEGIN_MILLIS = 1_780_000_000_000L;

  private final AtomicLong wallMillis = new AtomicLong(BEGIN_MILLIS);
  private final AtomicLong nanos = new AtomicLong();
  private final PriorityQueue<Task> tasks = new PriorityQueue<>();
  private long taskCount;
  public final Environment environment;

  private record Task(long atNanos, long order, Runnable work) implements Comparable<Task> {
    @Override public int compareTo(Task other) {
      return atNanos != other.atNanos ? Long.compare(atNanos, other.atNanos) : Long.compare(order, other.order);
    }
  }

  public TestWorld() {
    this(Runnable::run);
  }

  /** @param executor for I/O and background tasks */
  public TestWorld(Executor executor) {
    Clock clock = new Clock() {
      @Override public long millis() {
        return wallMillis.get();
      }

      @Override public long nanos() {
        return nanos.get();
      }
    };
    var seeds = new SplittableRandom(1);
    environment = new Environment(clock, executor, executor, this::schedule, seeds::nextLong, new MemoryBudget(1L << 30), new MetricRegistry());
  }

  private synchronized Timer.Cancellable schedule(Duration delay, Runnable work) {
    var task = new Task(nanos.get() + delay.toNanos(), taskCount++, work);
    tasks.add(task);
    return () -> {
      synchronized (this) {
        tasks.remove(task);
      }
    };
  }

  /** Lets time pass and runs what falls due. */
  public void pass(Duration time) {
    long until = nanos.get() + time.toNanos();
    for (Task due; (due = dueBy(until)) != null; ) {
      moveTo(Math.max(nanos.get(), due.atNanos));
      due.work.run();
    }
    moveTo(until);
  }

  private synchronized Task dueBy(long limitNanos) {
    Task first = tasks.peek();
    return first == null || first.atNanos > limitNanos ? null : tasks.poll();
  }

  private void moveTo(long toNanos) {
    long before = nanos.getAndSet(toNanos);
    wallMillis.addAndGet(toNanos / 1_000_000 - before / 1_000_000);
  }

  /** Steps the wall clock, as a correction does; no time passes. */
  public void step(Duration by) {
    wallMillis.addAndGet(by.toMillis());
  }

  public long millis() {
    return wallMillis.get();
  }

  /** A store over an engine, with all that lies between. Closing it leaves the engine open. */
  public record Opened(Replicator replicator, Oracle oracle, KvStore store) implements AutoCloseable {
    @Override public void close() {
      store.close();
      oracle.close();
      replicator.close();
    }
  }

  /** A store with default options. */
  public Opened open(StorageEngine engine) {
    return open(engine, Map.of());
  }

  /** @param txn options of the replicator, as in the config file */
  public Opened open(StorageEngine engine, Map<String, Object> txn) {
    var config = NodeConfig.embedded("test");
    for (var option : txn.entrySet()) config = config.with("txn", option.getKey(), option.getValue());
    var replicators = new LocalReplicatorProvider();
    var oracles = new LocalOracleProvider();
    var replicator = replicators.open(environment, config.options(replicators), config, () -> engine);
    var oracle = oracles.open(environment, config.options(oracles), config, replicator);
    return new Opened(replicator, oracle, replicator.store(oracle));
  }
}
