package nokv.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.codahale.metrics.MetricRegistry;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.Test;

/** A sync that takes long is counted, and seen by the timer while it still hangs. */
class SlowDiskTest implements Clock {
  private final MetricRegistry metrics = new MetricRegistry();
  private final Deque<Runnable> timers = new ArrayDeque<>();
  private long nanos;

  @Override public long millis() {
    return nanos / 1_000_000;
  }

  @Override public long nanos() {
    return nanos;
  }

  /** A disk of which only directories can be synced; to sync "slow" takes three seconds, in which timers run. */
  private Vfs disk() {
    return (Vfs) Proxy.newProxyInstance(Vfs.class.getClassLoader(), new Class<?>[] {Vfs.class}, (proxy, method, arguments) -> {
      if (!method.getName().equals("syncDirectory")) return null;
      nanos += Duration.ofMillis(arguments[0].equals("slow") ? 3000 : 1).toNanos();
      if (arguments[0].equals("slow")) timers.remove().run();
      return null;
    });
  }

  @Test void slowSyncsAreCountedAndHangingOnesLookedForUntilItIsClosed() {
    Timer timer = (delay, task) -> {
      timers.add(task);
      return () -> timers.remove(task);
    };
    var disk = new SlowDisk(disk(), new Environment(this, Runnable::run, Runnable::run, timer, () -> 1, new MemoryBudget(1 << 20), metrics));
    disk.syncDirectory("quick");
    assertEquals(0, metrics.counter("disk.slow_syncs").getCount());
    disk.syncDirectory("slow");
    disk.syncDirectory("slow");
    assertEquals(2, metrics.counter("disk.slow_syncs").getCount());
    assertEquals(3, metrics.timer("disk.sync_latency").getCount());
    assertEquals(1, timers.size());
    disk.close();
    assertEquals(0, timers.size());
  }
}
