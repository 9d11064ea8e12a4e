package nokv.engine.local;

import com.codahale.metrics.MetricRegistry;
import java.util.HashMap;
import java.util.Map;
import nokv.engine.lsm.LsmEngineProvider;
import nokv.spi.Clock;
import nokv.spi.Environment;
import nokv.spi.Options;
import nokv.spi.StorageEngine;
import nokv.spi.ValueStore;
import nokv.vfs.MemVfs;
import nokv.vlog.VlogProvider;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same promises on the real engine, small enough that it flushes and compacts, with threads of its own. */
@Timeout(60)
final class RealEngineTest {
  /** An engine over a file system in memory. The wall clock is the test's, for expiry; delays are real. */
  private static final class LsmBed implements ModelTest.Bed, AutoCloseable {
    private final Environment.Owned threads = Environment.system(2, 256 << 20, new MetricRegistry());
    private final Environment environment;
    private final MemVfs files = MemVfs.plain();
    private ValueStore values;
    private StorageEngine engine;

    LsmBed(TestWorld world) {
      Clock clock = new Clock() {
        @Override public long millis() {
          return world.millis();
        }

        @Override public long nanos() {
          return System.nanoTime();
        }
      };
      var real = threads.environment();
      environment = new Environment(clock, real.io(), real.background(), real.timer(), real.random(), real.memory(), real.metrics());
      open();
    }

    private void open() {
      var vlog = new VlogProvider();
      values = vlog.open(environment, Options.parse("vlog", vlog.options(), Map.of("threshold", "32", "segment_size", "64KiB")), files, "db", false);
      var lsm = new LsmEngineProvider();
      var small = new HashMap<String, Object>(Map.of("memtable_size", "64KiB", "block_cache_size", "1MiB", "level_size", "128KiB", "table_size", "32KiB", "wal_segment_size", "64KiB"));
      engine = lsm.open(environment, Options.parse("engine", lsm.options(), small), files, values, "db", false);
    }

    @Override public StorageEngine engine() {
      return engine;
    }

    @Override public void reopen() {
      engine.close();
      values.close();
      open();
    }

    @Override public void close() {
      engine.close();
      values.close();
      threads.close();
    }
  }

  @ParameterizedTest @ValueSource(longs = {11, 12, 13})
  void storeAnswersAsTheModel(long seed) {
    var world = new TestWorld();
    try (var bed = new LsmBed(world)) {
      new ModelTest.Run(seed, world, bed).steps(4_000);
    }
  }

  @Nested final class ManyThreads extends ConcurrencyTest {
    @Override void withStore(Work work) throws Exception {
      var world = new TestWorld();
      try (var bed = new LsmBed(world); var opened = world.open(bed.engine())) {
        work.with(opened);
      }
    }
  }
}
