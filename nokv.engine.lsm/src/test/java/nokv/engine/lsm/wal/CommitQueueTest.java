package nokv.engine.lsm.wal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.codahale.metrics.MetricRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.HashSet;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import nokv.api.BusyException;
import nokv.api.ClosedException;
import nokv.api.ConflictException;
import nokv.api.DiskFullException;
import nokv.api.ReadOnlyException;
import nokv.spi.EngineBatch;
import nokv.spi.EngineLog;
import nokv.spi.Environment;
import nokv.spi.Vfs;
import nokv.vfs.MemVfs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Goal: what was acknowledged is there, all of it or a prefix as the policy promises; one failure fails what it must and nothing else. */
final class CommitQueueTest {
  private static final int WRITES = 40;
  private final TestEnvironment test = new TestEnvironment();

  /** Batch {@code i}: two keys, one of them with a value that goes to the value log at every third. */
  private static EngineBatch batch(int i) {
    return new EngineBatch().put(0, key(i, "a"), i, 0, 0, value(i, "a")).put(0, key(i, "b"), i, 0, 0, value(i, "b"));
  }

  private static byte[] key(int i, String name) {
    return (name + i).getBytes();
  }

  private static byte[] value(int i, String name) {
    var value = new byte[i % 3 == 0 && name.equals("b") ? 150 + 97 * (i % 7) : 5 + i % 40];
    for (int j = 0; j < value.length; j++) value[j] = (byte) (i * 7 + j);
    return value;
  }

  private static int workload(Vfs vfs, SyncPolicy policy, TestEnvironment test, int[] acknowledged) {
    try (var engine = new MiniEngine(test.environment, vfs, policy)) {
      for (int i = 1; i <= WRITES; i++) {
        engine.queue.write(batch(i));
        acknowledged[0] = i;
        if (i % 20 == 0) {
          engine.queue.sync();
          acknowledged[1] = i;
        }
      }
    }
    return acknowledged[0];
  }

  @ParameterizedTest
  @CsvSource({"ALWAYS, 0", "ALWAYS, 0.5", "ALWAYS, 1", "NONE, 0", "NONE, 0.5", "NONE, 1"})
  void theStateAfterPowerLossAtEveryOperationIsAPrefixOfTheAcknowledged(SyncPolicy policy, double survival) {
    var dry = MemVfs.strict(5);
    workload(dry, policy, test, new int[2]);
    long operations = dry.operations();
    for (long at = 1; at <= operations; at++) {
      String where = "power lost at operation " + at + " of " + operations + ", " + policy + ", survival " + survival + ", seed " + at;
      var disk = MemVfs.strict(at);
      disk.cutPowerAt(at);
      var acknowledged = new int[2];
      try {
        workload(disk, policy, test, acknowledged);
      } catch (RuntimeException e) {
        assertTrue(MemVfs.isPowerOff(e), where);
      }
      int durable = policy == SyncPolicy.ALWAYS ? acknowledged[0] : acknowledged[1];
      MemVfs after = disk.afterPowerLoss(survival);
      int survived = assertPrefix(after, durable, acknowledged[0] + 1, where);
      // And once more, after other writes where the lost ones were.
      try (var engine = new MiniEngine(test.environment, after, policy)) {
        for (int i = survived + 1; i <= survived + 3; i++) engine.queue.write(batch(i));
        engine.queue.sync();
        assertEquals(List.of(), engine.values.check(), where);
      }
      assertPrefix(after.afterPowerLoss(survival), survived + 3, survived + 3, where + ", then again");
    }
  }

  private int assertPrefix(MemVfs disk, int atLeast, int atMost, String where) {
    try (var engine = new MiniEngine(test.environment, disk, SyncPolicy.ALWAYS)) {
      int survived = engine.replayed.size();
      assertTrue(survived >= atLeast && survived <= atMost, where + ": " + survived + " survived of " + atLeast + " to " + atMost);
      for (int i = 1; i <= survived; i++) {
        MiniEngine.Applied applied = engine.replayed.get(i - 1);
        assertEquals(i, applied.sequence(), where);
        assertEquals(2, applied.values().size(), where);
        assertArrayEquals(value(i, "a"), applied.values().get("a" + i), where);
        assertArrayEquals(value(i, "b"), applied.values().get("b" + i), where);
      }
      return survived;
    }
  }

  @Test void concurrentWritersOfEveryKindShareSyncsAndSeeTheirWrites() throws Exception {
    var metrics = new MetricRegistry();
    var disk = MemVfs.strict(1);
    int threads = 8;
    int each = 400;
    var visibleOrder = Collections.synchronizedList(new ArrayList<Long>());
    try (Environment.Owned owned = Environment.system(2, 1 << 30, metrics); var engine = new MiniEngine(owned.environment(), disk, SyncPolicy.ALWAYS);
        var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      var done = new ArrayList<CompletableFuture<Void>>();
      for (int t = 0; t < threads; t++) {
        int thread = t;
        done.add(CompletableFuture.runAsync(() -> write(engine, thread, each, visibleOrder), pool));
      }
      for (var d : done) d.get();
      engine.queue.close();
      int writes = threads * each;
      assertEquals(writes, engine.queue.lastSequence() + (long) threads * each / 4, "a quarter were records");
      assertEquals(engine.queue.lastSequence(), engine.visible);
      assertFalse(engine.appends.isLocked());
      assertEquals(0, engine.queue.queuedBytes());
      for (int i = 0; i < engine.appliedSequences.size(); i++) assertEquals(i + 1, engine.appliedSequences.get(i));
      assertEquals(engine.appliedSequences, visibleOrder);
      assertThrows(ClosedException.class, () -> engine.queue.write(batch(1)));
    }
    try (var engine = new MiniEngine(test.environment, disk.afterPowerLoss(0), SyncPolicy.ALWAYS)) {
      assertEquals(threads * each / 4, engine.records.size());
      var all = new TreeMap<String, byte[]>();
      engine.replayed.forEach(r -> all.putAll(r.values()));
      for (int t = 0; t < threads; t++) {
        for (int i = 0; i < each; i++) {
          if (i % 4 < 2) assertArrayEquals(value(t * each + i, "b"), all.get("b" + (t * each + i)));
        }
      }
    }
  }

  private static void write(MiniEngine engine, int thread, int each, List<Long> visibleOrder) {
    for (int i = 0; i < each; i++) {
      int n = thread * each + i;
      var batch = new EngineBatch() {
        @Override protected void visible(long sequence) {
          visibleOrder.add(sequence);
        }
      };
      batch(n).entries().forEach(batch::add);
      switch (i % 4) {
        case 0 -> engine.queue.write(batch);
        case 1 -> engine.queue.writeAsync(batch).toCompletableFuture().join();
        case 2 -> engine.queue.apply(batch).toCompletableFuture().join();
        default -> {
          var position = engine.queue.append(List.of(new EngineLog.Record(70, java.nio.ByteBuffer.allocate(8).putLong(Long.reverseBytes(n)).array()))).toCompletableFuture().join().getFirst();
          assertEquals(n, java.nio.ByteBuffer.wrap(engine.wal.read(position).payload()).order(java.nio.ByteOrder.LITTLE_ENDIAN).getLong());
        }
      }
      if (i % 4 != 3) assertArrayEquals(value(n, "b"), engine.get("b" + n));
    }
  }

  /** Method: writers of all kinds while the disk fills and empties, memtables fill up, and at the end a sync fails. Nobody may hang; each is told the truth. */
  @Test void writersInAStormAreToldTheTruth() throws Exception {
    long seed = System.nanoTime();
    var random = new SplittableRandom(seed);
    var disk = MemVfs.strict(seed);
    var broken = new AtomicBoolean();
    var vfs = new FailingVfs(disk, (operation, path) -> broken.get() && operation.equals("sync") && path.endsWith(".wal"));
    var acknowledged = ConcurrentHashMap.<Integer>newKeySet();
    var unknown = ConcurrentHashMap.<Integer>newKeySet();
    var next = new AtomicInteger();
    int threads = 6;
    try (Environment.Owned owned = Environment.system(2, 1 << 30, new MetricRegistry()); var engine = new MiniEngine(owned.environment(), vfs, SyncPolicy.ALWAYS)) {
      var writers = new ArrayList<Thread>();
      for (int t = 0; t < threads; t++) {
        boolean async = t % 2 == 0;
        writers.add(Thread.ofPlatform().daemon().start(() -> {
          while (true) {
            int n = next.incrementAndGet();
            try {
              if (async) engine.queue.writeAsync(batch(n)).toCompletableFuture().join();
              else engine.queue.write(batch(n));
              acknowledged.add(n);
            } catch (RuntimeException e) {
              Throwable cause = e instanceof CompletionException ? e.getCause() : e;
              if (cause instanceof DiskFullException) continue;
              unknown.add(n);
              if (!(cause instanceof ReadOnlyException)) throw e;
              return;
            }
          }
        }));
      }
      for (int i = 0; i < 25; i++) {
        var room = new CompletableFuture<Void>();
        switch (random.nextInt(3)) {
          case 0 -> disk.capacity(1);
          case 1 -> engine.noRoom = room;
          default -> engine.delayNanosPerByte = random.nextInt(2) * 1000;
        }
        int until = next.get() + random.nextInt(50);
        for (int spins = 0; next.get() < until && spins < 200_000; spins++) Thread.onSpinWait();
        disk.capacity(Long.MAX_VALUE);
        engine.noRoom = null;
        room.complete(null);
        int goal = acknowledged.size() + 10;
        for (int patience = 0; acknowledged.size() < goal && patience < 100_000; patience++) Thread.yield();
      }
      assertNull(engine.wal.failure(), "seed " + seed);
      broken.set(true);
      for (Thread writer : writers) assertTrue(writer.join(Duration.ofSeconds(30)), "a writer hangs, seed " + seed);
      assertEquals(0, engine.queue.queuedBytes());
    }
    try (var engine = new MiniEngine(test.environment, disk.afterProcessCrash(), SyncPolicy.ALWAYS)) {
      var found = new HashSet<Integer>();
      for (MiniEngine.Applied applied : engine.replayed) applied.values().keySet().forEach(key -> found.add(Integer.valueOf(key.substring(1))));
      assertTrue(found.containsAll(acknowledged), "seed " + seed);
      found.removeAll(acknowledged);
      assertTrue(unknown.containsAll(found), () -> "a write that was refused is there: " + found + ", seed " + seed);
      assertTrue(acknowledged.size() > 100, "only " + acknowledged.size() + " writes, seed " + seed);
    }
  }

  @Test void aBatchThatIsRefusedFailsAlone() {
    try (var engine = new MiniEngine(test.environment, MemVfs.strict(1), SyncPolicy.ALWAYS)) {
      var refusal = new ConflictException("no");
      var refused = engine.queue.writeAsync(new EngineBatch() {
        @Override protected void prepare() {
          throw refusal;
        }

        @Override protected void failed(Throwable cause) {
          throw new AssertionError("it was never prepared");
        }
      }).toCompletableFuture();
      var good = engine.queue.writeAsync(batch(1)).toCompletableFuture();
      assertFalse(good.isDone(), "the caller does no I/O");
      test.runTasks();
      assertEquals(1, good.join());
      assertSame(refusal, assertThrows(CompletionException.class, refused::join).getCause());
    }
  }

  @Test void aBlockingWriterTakesTheLeadThatAnIdleTaskHasNotTakenUp() {
    try (var engine = new MiniEngine(test.environment, MemVfs.strict(1), SyncPolicy.ALWAYS)) {
      assertEquals(1, engine.queue.write(batch(1)));
      var continued = engine.queue.writeAsync(batch(2)).thenApply(sequence -> engine.queue.write(batch(3))).toCompletableFuture();
      test.runTasks();
      assertEquals(3, continued.join(), "a continuation may write and wait");
    }
  }

  @ParameterizedTest @EnumSource(SyncPolicy.class)
  void aFullDiskFailsTheGroupAndLeavesNoTraceInFilesOrSequences(SyncPolicy policy) {
    var disk = MemVfs.strict(1);
    var told = new ArrayList<Throwable>();
    try (var engine = new MiniEngine(test.environment, disk, policy)) {
      engine.queue.write(batch(1));
      engine.queue.write(batch(3));
      disk.capacity(1);
      for (int size : new int[] {150, 3000, 100_000}) {
        var big = new EngineBatch() {
          @Override protected void failed(Throwable cause) {
            told.add(cause);
          }
        };
        big.put(0, key(9, "x"), 1, 0, 0, new byte[size]).put(0, key(9, "y"), 1, 0, 0, new byte[99]).put(0, key(8, "y"), 1, 0, 0, new byte[size]);
        assertThrows(DiskFullException.class, () -> engine.queue.write(big), "size " + size);
      }
      assertEquals(2, told.size(), "the third needed a new segment before it was prepared");
      assertInstanceOf(DiskFullException.class, told.getFirst());
      assertArrayEquals(value(3, "b"), engine.get("b3"), "reads go on");
      assertNull(engine.get("x9"));
      disk.capacity(Long.MAX_VALUE);
      assertEquals(3, engine.queue.write(batch(6)));
      assertEquals(List.of(), engine.values.check());
    }
    try (var engine = new MiniEngine(test.environment, disk.afterProcessCrash(), SyncPolicy.NONE)) {
      assertEquals(List.of(1L, 2L, 3L), engine.replayed.stream().map(MiniEngine.Applied::sequence).toList());
      assertArrayEquals(value(6, "b"), engine.replayed.get(2).values().get("b6"));
    }
  }

  @ParameterizedTest @CsvSource({"wal, sync", "vlog, sync", "wal, write", "vlog, write"})
  void anyOtherFailureIsFinalAndEveryLaterWriteGetsItsCause(String file, String operation) {
    var broken = new boolean[1];
    var vfs = new FailingVfs(MemVfs.strict(1), (op, path) -> broken[0] && op.equals(operation) && path.endsWith(file));
    try (var engine = new MiniEngine(test.environment, vfs, SyncPolicy.ALWAYS)) {
      engine.queue.write(batch(3));
      broken[0] = true;
      var failed = new ArrayList<Throwable>();
      var batch = new EngineBatch() {
        @Override protected void failed(Throwable cause) {
          failed.add(cause);
        }
      };
      batch(6).entries().forEach(batch::add);
      var e = assertThrows(ReadOnlyException.class, () -> engine.queue.write(batch));
      assertTrue(e.getMessage().contains("injected"), e.getMessage());
      assertEquals(1, failed.size());
      broken[0] = false;
      assertThrows(ReadOnlyException.class, () -> engine.queue.write(batch(1)));
      assertNull(engine.get("a6"));
      assertArrayEquals(value(3, "b"), engine.get("b3"), "reads go on");
      assertEquals(1, engine.visible);
    }
  }

  @Test void withAnIntervalWritesAreSyncedWithinItAndAnIdleStoreHasNoTimer() {
    var disk = MemVfs.strict(1);
    try (var engine = new MiniEngine(test.environment, disk, SyncPolicy.INTERVAL)) {
      engine.queue.write(batch(1));
      engine.queue.write(batch(2));
      assertEquals(1, test.waitingTimers());
      assertPrefix(disk.afterPowerLoss(0), 0, 0, "before the interval");
      test.advance(Duration.ofMillis(10));
      assertPrefix(disk.afterPowerLoss(0), 2, 2, "after the interval");
      assertEquals(0, test.waitingTimers());
      engine.queue.write(batch(4));
      assertEquals(1, test.waitingTimers());
      engine.queue.close();
      assertEquals(0, test.waitingTimers());
    }
  }

  @Test void whileTheMemtableIsFullWritesWaitWithoutAThread() {
    try (var engine = new MiniEngine(test.environment, MemVfs.strict(1), SyncPolicy.ALWAYS)) {
      var room = new CompletableFuture<Void>();
      engine.noRoom = room;
      var first = engine.queue.writeAsync(batch(1)).toCompletableFuture();
      var second = engine.queue.apply(batch(2)).toCompletableFuture();
      test.runTasks();
      assertFalse(first.isDone() || second.isDone());
      engine.noRoom = null;
      room.complete(null);
      test.runTasks();
      assertEquals(1, first.join());
      assertEquals(2, second.join());
      var never = new CompletableFuture<Void>();
      engine.noRoom = never;
      var refused = engine.queue.writeAsync(batch(3)).toCompletableFuture();
      test.runTasks();
      never.completeExceptionally(new DiskFullException("no space to flush"));
      test.runTasks();
      assertInstanceOf(DiskFullException.class, assertThrows(CompletionException.class, refused::join).getCause());
      engine.noRoom = null;
      assertEquals(3, engine.queue.write(batch(4)));
    }
  }

  /** A store of a cluster syncs raft's log nearly all the time. */
  @Test void whatItsCallerHasLoggedDoesNotWaitForTheSyncOfRecordsOnlyForThatOfBatches() {
    var engines = new ArrayList<MiniEngine>();
    var applied = new ArrayList<CompletableFuture<Long>>();
    var doneWithin = new ArrayList<Boolean>();
    var vfs = new FailingVfs(MemVfs.strict(1), (operation, path) -> {
      if (operation.equals("sync") && path.endsWith(".wal") && !engines.isEmpty()) {
        applied.add(engines.getFirst().queue.apply(batch(applied.size() + 1)).toCompletableFuture());
        doneWithin.add(applied.getLast().isDone());
      }
      return false;
    });
    try (var engine = new MiniEngine(test.environment, vfs, SyncPolicy.ALWAYS)) {
      engines.add(engine);
      engine.queue.append(List.of(new EngineLog.Record(70, new byte[8])));
      test.runTasks();
      engine.queue.writeAsync(batch(7));
      test.runTasks();
      engines.clear();
      assertEquals(List.of(true, false), doneWithin);
      assertEquals(List.of(1L, 3L), applied.stream().map(CompletableFuture::join).toList());
      assertEquals(List.of(1L, 2L, 3L), engine.appliedSequences);
    }
  }

  @Test void debtSlowsWritersInProportion() {
    try (var engine = new MiniEngine(test.environment, MemVfs.strict(1), SyncPolicy.ALWAYS)) {
      engine.delayNanosPerByte = 100_000;
      var writes = new ArrayList<CompletableFuture<Long>>();
      for (int i = 0; i < 10; i++) {
        writes.add(engine.queue.writeAsync(batch(1)).toCompletableFuture());
        test.runTasks();
      }
      assertTrue(writes.getFirst().isDone());
      assertFalse(writes.get(1).isDone());
      test.advance(Duration.ofMillis(500));
      test.advance(Duration.ofMillis(500));
      assertTrue(writes.getLast().isDone());
    }
  }

  @Test void theQueueIsBoundedInBytes() {
    try (var engine = new MiniEngine(test.environment, MemVfs.strict(1), SyncPolicy.ALWAYS)) {
      var futures = new ArrayList<CompletableFuture<Long>>();
      for (int i = 0; i < 4; i++) futures.add(engine.queue.writeAsync(new EngineBatch().put(0, key(i, "k"), 1, 0, 0, new byte[400_000])).toCompletableFuture());
      assertInstanceOf(BusyException.class, assertThrows(CompletionException.class, () -> futures.get(2).join()).getCause());
      test.runTasks();
      assertEquals(1, futures.get(0).join());
      assertEquals(2, futures.get(1).join());
      assertTrue(futures.get(3).isCompletedExceptionally());
    }
  }
}
