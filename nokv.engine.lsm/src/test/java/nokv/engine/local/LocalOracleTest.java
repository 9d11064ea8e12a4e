package nokv.engine.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import nokv.api.ClosedException;
import nokv.api.DiskFullException;
import nokv.api.KvStore;
import nokv.api.Timestamp;
import nokv.spi.Oracle;
import nokv.spi.Register;
import nokv.spi.Replicator;
import nokv.spi.txn.Stages;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Goal: every timestamp is above all before it, whatever the clock does and whenever the process ends. */
@Timeout(30)
final class LocalOracleTest {
  /** A register that outlives oracles and can be told to fail. */
  private static final class Stored implements Replicator, Register {
    final AtomicLong value = new AtomicLong();
    long newest;
    RuntimeException failure;

    @Override public Register register(String name) {
      return this;
    }

    @Override public CompletionStage<Long> read() {
      return CompletableFuture.completedFuture(value.get());
    }

    @Override public CompletionStage<Boolean> compareAndSet(long expected, long next) {
      return failure != null ? CompletableFuture.failedFuture(failure) : CompletableFuture.completedFuture(value.compareAndSet(expected, next));
    }

    @Override public KvStore store(Oracle oracle) {
      throw new UnsupportedOperationException();
    }

    @Override public CompletionStage<Long> newestVersion() {
      return CompletableFuture.completedFuture(newest);
    }

    @Override public Map<String, Object> stats() {
      return Map.of();
    }

    @Override public void close() {}
  }

  private static final Duration WINDOW = Duration.ofSeconds(3);
  private final Stored stored = new Stored();

  private LocalOracle open(TestWorld world) {
    return new LocalOracle(world.environment, stored, WINDOW, false);
  }

  private static long next(Oracle oracle) {
    return Stages.await(oracle.next());
  }

  @Test void timestampsGrowThroughRestartsAndStepsOfTheClock() {
    for (long seed = 1; seed <= 20; seed++) {
      var random = new SplittableRandom(seed);
      var world = new TestWorld();
      LocalOracle oracle = open(world);
      long last = 0;
      for (int i = 0; i < 2_000; i++) {
        switch (random.nextInt(20)) {
          case 0 -> {
            oracle.close();
            oracle = open(world);
          }
          case 1 -> world.step(Duration.ofMillis(random.nextInt(-20_000, 20_000)));
          case 2 -> world.pass(Duration.ofMillis(random.nextInt(10_000)));
          default -> {
            long timestamp = random.nextBoolean() ? next(oracle) : oracle.tryNext();
            if (timestamp == 0) continue;
            assertTrue(timestamp > last, "seed " + seed + ", step " + i);
            assertTrue(timestamp < stored.value.get(), "seed " + seed + ", step " + i + ": at or above the stored ceiling");
            assertTrue(Timestamp.physicalMillis(timestamp) >= world.millis(), "seed " + seed + ", step " + i + ": behind the clock");
            last = timestamp;
          }
        }
      }
    }
  }

  @Test void theFirstTimestampIsAboveTheNewestVersionAndTheCeilingAndNotBehindTheClock() {
    var world = new TestWorld();
    assertEquals(Timestamp.of(world.millis(), 0), next(open(world)));
    stored.newest = Timestamp.of(world.millis() + 50_000, 7);
    assertEquals(stored.newest + 1, next(open(world)));
    stored.value.set(Timestamp.of(world.millis() + 90_000, 3));
    assertEquals(Timestamp.of(world.millis() + 90_000, 4), next(open(world)));
  }

  @Test void onlyAnExhaustedCeilingMakesSomebodyWait() {
    var tasks = new ArrayDeque<Runnable>();
    var world = new TestWorld(tasks::add);
    var oracle = open(world);
    assertEquals(0, oracle.tryNext());
    var waiting = oracle.next().toCompletableFuture();
    tasks.poll().run();
    assertNotEquals(0L, waiting.join());
    world.pass(Duration.ofMillis(1400));
    oracle.tryNext();
    assertTrue(tasks.isEmpty(), "more than half a window is left");
    world.pass(Duration.ofMillis(200));
    assertNotEquals(0, oracle.tryNext());
    assertEquals(1, tasks.size(), "extended ahead, once");
    world.pass(Duration.ofMillis(1399));
    assertNotEquals(0, oracle.tryNext());
    world.pass(Duration.ofMillis(10));
    assertEquals(0, oracle.tryNext());
    var late = oracle.next().toCompletableFuture();
    assertFalse(late.isDone());
    tasks.poll().run();
    assertTrue(late.join() >= Timestamp.of(world.millis(), 0));
  }

  @Test void aCeilingThatCannotBeStoredFailsWhoWaitsAndIsTriedAgain() {
    var world = new TestWorld();
    stored.failure = new DiskFullException("full");
    var oracle = open(world);
    var failed = oracle.next().toCompletableFuture();
    assertInstanceOf(DiskFullException.class, failed.exceptionNow());
    stored.failure = null;
    assertTrue(next(oracle) > 0);
    oracle.close();
    assertThrows(ClosedException.class, oracle::tryNext);
  }

  @Test void threadsGetEachTimestampOnceAndInOrder() throws Exception {
    var world = new TestWorld();
    var oracle = open(world);
    next(oracle);
    try (var threads = Executors.newFixedThreadPool(4)) {
      var results = IntStream.range(0, 4).mapToObj(i -> threads.submit(() -> LongStream.generate(() -> next(oracle)).limit(20_000).toArray())).toList();
      long[] all = new long[0];
      for (Future<long[]> result : results) {
        long[] one = result.get();
        for (int i = 1; i < one.length; i++) assertTrue(one[i] > one[i - 1]);
        all = LongStream.concat(Arrays.stream(all), Arrays.stream(one)).toArray();
      }
      assertEquals(all.length, Arrays.stream(all).distinct().count());
    }
  }

  @Test void readOnlyNothingIsStored() {
    var world = new TestWorld();
    var oracle = new LocalOracle(world.environment, stored, WINDOW, true);
    assertTrue(oracle.tryNext() > 0);
    assertEquals(0, stored.value.get());
  }
}
