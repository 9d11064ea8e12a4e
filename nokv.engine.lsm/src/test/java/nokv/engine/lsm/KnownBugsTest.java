package nokv.engine.lsm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.codahale.metrics.MetricRegistry;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import nokv.api.CorruptException;
import nokv.api.Direction;
import nokv.api.KeyRange;
import nokv.api.Timestamp;
import nokv.spi.EngineBatch;
import nokv.spi.Environment;
import nokv.spi.Options;
import nokv.spi.Vfs;
import nokv.spi.VfsFile;
import nokv.vfs.MemVfs;
import nokv.vlog.VlogProvider;
import org.junit.jupiter.api.Test;

/** Bugs that engines of this kind have had, one test for each; the one of the count of a batch in the log is in {@code BatchRecordTest}. */
class KnownBugsTest {
  private static byte[] key(int i) {
    return "key%04d".formatted(i).getBytes();
  }

  private static byte[] value(int i, int bytes) {
    byte[] value = new byte[bytes];
    Arrays.fill(value, (byte) i);
    return value;
  }

  private static void put(StepNode node, int i, long version, int bytes) {
    node.write(new EngineBatch().put(0, key(i), version, 0, 0, value(i, bytes)));
  }

  @Test void aSealedSegmentOfTheValueLogIsDurableBeforeATablePointsIntoIt() {
    var disk = MemVfs.strict(1);
    var node = new StepNode(disk, 1, Map.of("sync", "none"));
    for (int i = 1; i <= 200; i++) put(node, i, i, 3000);
    node.await(node.engine.flush());
    assertTrue(node.values.segments().stream().filter(segment -> segment.sealed()).count() > 3);
    MemVfs after = disk.afterPowerLoss(0);
    try (var again = new StepNode(after, 2, Map.of())) {
      for (int i = 1; i <= 200; i++) assertArrayEquals(value(i, 3000), again.engine.get(0, key(i), Timestamp.MAX), "key " + i);
    }
    node.close();
  }

  @Test void tablesOfLevel0KeepTheirAgeWhenCollectionReplacesThem() {
    var disk = MemVfs.plain();
    var never = Map.of("level0_compaction_trigger", "1000", "level0_slowdown_trigger", "2000");
    try (var node = new StepNode(disk, 1, never)) {
      // The older table has the values that are moved; the newer ones of the same keys must stay in front of it.
      for (int i = 1; i <= 60; i++) put(node, i, i, 1500);
      node.await(node.engine.flush());
      for (int i = 1; i <= 60; i += 2) put(node, i, 100 + i, 20);
      node.await(node.engine.flush());
      for (int i = 61; i <= 120; i++) put(node, i, 200 + i, 1500);
      for (var segment : node.values.segments()) {
        if (segment.sealed()) node.values.discard(new nokv.spi.ValuePointer(segment.bucket(), segment.segment(), 0, (int) segment.bytes()));
      }
      node.await(node.engine.flush());
      node.passTime();
      assertTrue(node.environment.metrics().counter("value_log.collections").getCount() > 0, "nothing was collected");
      checkAges(node);
    }
    try (var again = new StepNode(disk, 2, never)) {
      checkAges(again);
    }
  }

  private static void checkAges(StepNode node) {
    for (int i = 1; i <= 60; i++) assertEquals(i % 2 == 1 ? 20 : 1500, node.engine.get(0, key(i), Timestamp.MAX).length, "key " + i);
  }

  @Test void aCursorIsNotRevivedByASeekOutOfItsRange() {
    try (var node = new StepNode(MemVfs.plain(), 1, Map.of())) {
      for (int i = 1; i <= 50; i++) {
        put(node, i, i, 10);
        if (i == 30) node.await(node.engine.flush());
      }
      var range = new KeyRange(key(10), key(20));
      for (Direction direction : Direction.values()) {
        try (var cursor = node.engine.scan(0, range, direction, Timestamp.MAX, null)) {
          while (cursor.next()) assertTrue(range.contains(cursor.key()));
          assertFalse(cursor.next(), "the end is the end");
          cursor.seek(direction == Direction.FORWARD ? key(25) : key(5));
          assertFalse(cursor.next(), direction + ": beyond the range there is nothing");
          cursor.seek(direction == Direction.FORWARD ? key(1) : key(40));
          assertTrue(cursor.next());
          assertArrayEquals(direction == Direction.FORWARD ? key(10) : key(19), cursor.key(), direction + ": from before the range it begins at its first key");
        }
      }
      try (var cursor = node.engine.versions(0, range, null)) {
        cursor.seek(key(25));
        assertFalse(cursor.next());
        cursor.seek(key(1));
        assertTrue(cursor.next());
        assertArrayEquals(key(10), cursor.key());
      }
    }
  }

  @Test void theExpiryOfAVersionIsThereInEveryWayToReadItAtEveryLevel() {
    try (var node = new StepNode(MemVfs.plain(), 1, Map.of())) {
      for (int i = 1; i <= 20; i++) node.write(new EngineBatch().put(0, key(i), i, 0, 1000 + i, value(i, i % 2 == 0 ? 10 : 500)));
      for (String where : new String[] {"memtable", "level 0", "compacted"}) {
        for (int i = 1; i <= 20; i++) {
          assertEquals(1000 + i, node.engine.find(0, key(i), Timestamp.MAX).expiryMillis(), where);
          assertNull(node.engine.get(0, key(i), Timestamp.of(1000 + i, 0)), where);
          assertEquals(i % 2 == 0 ? 10 : 500, node.engine.get(0, key(i), Timestamp.of(999 + i, 0)).length, where);
        }
        try (var cursor = node.engine.versions(0, KeyRange.ALL, null)) {
          for (int i = 1; i <= 20; i++) assertTrue(cursor.next() && cursor.expiryMillis() == 1000 + i, where);
        }
        node.await(where.equals("memtable") ? node.engine.flush() : node.engine.compact(KeyRange.ALL));
      }
    }
  }

  @Test void flushesCompactionsAndCheckpointsAtOnceTakeTheirLocksInOneOrder() {
    assertTimeoutPreemptively(Duration.ofSeconds(60), () -> {
      try (var threads = Environment.system(3, 256 << 20, new MetricRegistry())) {
        var disk = MemVfs.plain();
        var vlog = new VlogProvider();
        var lsm = new LsmEngineProvider();
        var options = Map.of("memtable_size", "64KiB", "block_cache_size", "1MiB", "level_size", "128KiB", "table_size", "32KiB", "level0_compaction_trigger", "2");
        try (var values = vlog.open(threads.environment(), Options.parse("vlog", vlog.options(), Map.of("threshold", "200", "segment_size", "64KiB")), disk, "db", false);
            var engine = lsm.open(threads.environment(), Options.parse("engine", lsm.options(), options), disk, values, "db", false);
            var workers = Executors.newFixedThreadPool(4)) {
          var version = new AtomicLong();
          var work = new ArrayList<Callable<Object>>();
          work.add(() -> {
            for (int i = 0; i < 1500; i++) engine.write(new EngineBatch().put(0, key(i % 100), version.incrementAndGet(), 0, 0, value(i, i % 3 == 0 ? 1000 : 50)));
            return "written";
          });
          work.add(() -> {
            for (int i = 0; i < 25; i++) engine.flush().toCompletableFuture().join();
            return "flushed";
          });
          work.add(() -> {
            for (int i = 0; i < 10; i++) engine.compact(KeyRange.ALL).toCompletableFuture().join();
            return "compacted";
          });
          work.add(() -> {
            for (int i = 0; i < 5; i++) engine.checkpoint("copies/" + i).toCompletableFuture().join();
            return "copied";
          });
          for (Future<Object> done : workers.invokeAll(work)) done.get();
        }
      }
    });
  }

  @Test void aValueThatCannotBeReadIsAnErrorInReadsScansAndCollectionAndNeverSkipped() {
    var disk = MemVfs.plain();
    try (var node = new StepNode(disk, 1, Map.of())) {
      for (int i = 1; i <= 100; i++) put(node, i, i, 1000);
      node.await(node.engine.flush());
    }
    try (VfsFile file = disk.open("db/vlog/bucket-000/000001.vlog", Vfs.Mode.READ_WRITE)) {
      file.write(500, MemorySegment.ofArray(new byte[] {1, 2, 3}));
    }
    try (var node = new StepNode(disk, 1, Map.of())) {
      assertThrows(CorruptException.class, () -> node.engine.get(0, key(1), Timestamp.MAX));
      node.await(node.engine.compact(KeyRange.ALL));
      assertThrows(CorruptException.class, () -> node.engine.get(0, key(1), Timestamp.MAX), "compaction carries the pointer on");
      assertThrows(CorruptException.class, () -> {
        try (var cursor = node.engine.scan(0, KeyRange.ALL, Direction.FORWARD, Timestamp.MAX, null)) {
          while (cursor.next()) cursor.value();
        }
      });
      node.values.discard(new nokv.spi.ValuePointer(0, 1, 0, 60_000));
      put(node, 200, 200, 10);
      node.await(node.engine.flush());
      node.passTime();
      assertThrows(CorruptException.class, () -> node.engine.get(0, key(1), Timestamp.MAX), "collection drops nothing that it cannot read");
      assertTrue((boolean) ((Map<?, ?>) node.engine.stats().get("lsm")).get("read_only"), "and says so");
    }
  }

  @Test void deletedKeysStayDeletedWhileCollectionAndCompactionRace() {
    for (long seed = 1; seed <= 6; seed++) {
      var random = new SplittableRandom(seed);
      var disk = MemVfs.plain();
      var live = new TreeSet<Integer>();
      long version = 0;
      long collections = 0;
      for (int opening = 0; opening < 3; opening++) {
        try (var node = new StepNode(disk, seed, Map.of("level0_compaction_trigger", "2"))) {
          for (int step = 0; step < 300; step++) {
            int key = random.nextInt(60);
            version++;
            if (random.nextInt(3) == 0) {
              node.write(new EngineBatch().delete(0, key(key), version, 0));
              live.remove(key);
            } else {
              put(node, key, version, random.nextInt(300, 2500));
              live.add(key);
            }
            node.engine.retain(KeyRange.ALL, version);
            if (random.nextInt(12) == 0) node.engine.flush();
            if (random.nextInt(40) == 0) node.engine.compact(KeyRange.ALL);
            if (random.nextInt(4) == 0) node.runTasks();
            if (random.nextInt(20) == 0) assertEquals(live, seen(node), "seed " + seed + ", step " + step);
          }
          node.runTasks();
          assertEquals(live, seen(node), "seed " + seed);
          collections += node.environment.metrics().counter("value_log.collections").getCount();
        }
      }
      assertTrue(collections > 0, "seed " + seed + ": nothing was collected");
    }
  }

  private static TreeSet<Integer> seen(StepNode node) {
    var seen = new TreeSet<Integer>();
    try (var cursor = node.engine.scan(0, KeyRange.ALL, Direction.FORWARD, Timestamp.MAX, null)) {
      while (cursor.next()) {
        seen.add(Integer.parseInt(new String(cursor.key()).substring(3)));
        assertTrue(cursor.value().length > 0);
      }
    }
    return seen;
  }
}
