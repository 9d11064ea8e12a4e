package nokv.engine.lsm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import nokv.api.CorruptException;
import nokv.api.Direction;
import nokv.api.InvalidArgumentException;
import nokv.api.KeyRange;
import nokv.api.NoKVException;
import nokv.api.Timestamp;
import nokv.spi.Backup;
import nokv.spi.EngineBatch;
import nokv.spi.StorageEngine;
import nokv.spi.Vfs;
import nokv.spi.VfsFile;
import nokv.vfs.MemVfs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Goal: checkpoints, backups and what is restored from them hold what the store held, and nothing that happens to one store shows in the other. Method: random writes, deletes, range deletes, flushes,
 * compactions and collections; copies at random moments, compared key by key and version by version; the power cut at every operation of a checkpoint.
 */
class CopiesTest {
  private static final int[] FAMILIES = {0, 1, 20};

  private SplittableRandom random = new SplittableRandom();
  private long version;

  /** Some steps of a store's life. Nothing at or above {@code kept} is dropped. */
  private void live(StepNode node, int steps, long kept) {
    for (int i = 0; i < steps; i++) {
      node.engine.write(batch());
      int dice = random.nextInt(100);
      if (dice < 8) node.await(node.engine.flush());
      else if (dice < 10) node.await(node.engine.compact(KeyRange.ALL));
      else if (dice < 40) node.runTasks();
      else if (dice < 60) node.engine.retain(KeyRange.ALL, Math.max(0, Math.min(kept - 1, version - 40)));
    }
  }

  private EngineBatch batch() {
    var batch = new EngineBatch();
    batch.setVersion(version += random.nextInt(1, 4));
    for (int n = random.nextInt(1, 5); n > 0; n--) {
      int family = FAMILIES[random.nextInt(FAMILIES.length)];
      byte[] key = ("key" + random.nextInt(60)).getBytes();
      int dice = random.nextInt(20);
      if (dice < 3) batch.delete(family, key, EngineBatch.OF_BATCH, 0);
      else if (dice == 3) batch.deleteRange(family, KeyRange.prefix(key), EngineBatch.OF_BATCH);
      else batch.put(family, key, EngineBatch.OF_BATCH, version - 1, random.nextInt(20) == 0 ? 5 : 0, value(dice < 8 ? random.nextInt(200, 3000) : random.nextInt(100)));
    }
    return batch;
  }

  private byte[] value(int bytes) {
    byte[] value = new byte[bytes];
    random.nextBytes(value);
    return value;
  }

  /** What a reader at a timestamp sees, over all families. */
  private static List<String> seen(StorageEngine engine, long at) {
    var seen = new ArrayList<String>();
    for (int family : FAMILIES) {
      try (var cursor = engine.scan(family, KeyRange.ALL, Direction.FORWARD, at, null)) {
        while (cursor.next()) {
          seen.add(family + "/" + new String(cursor.key()) + "@" + cursor.version() + "<" + cursor.startTimestamp() + "!" + cursor.expiryMillis() + "=" + Arrays.hashCode(cursor.value()));
        }
      }
    }
    return seen;
  }

  private static StepNode open(Vfs disk, String directory, long seed) {
    return new StepNode(disk, directory, seed, Map.of("level0_compaction_trigger", "3", "compression", List.of("none", "lz4", "zstd")), false);
  }

  @ParameterizedTest @ValueSource(longs = {1, 2, 3})
  void aCheckpointIsTheStoreOfThatMomentAndNeitherChangesTheOther(long seed) {
    random = new SplittableRandom(seed);
    var disk = MemVfs.strict(seed);
    String where = "seed " + seed;
    try (StepNode node = open(disk, "db", seed)) {
      for (int round = 0; round < 4; round++) {
        live(node, 120, Long.MAX_VALUE);
        List<String> then = seen(node.engine, version);
        long at = version;
        node.await(node.engine.checkpoint("copies/" + round));
        live(node, 120, Long.MAX_VALUE);
        List<String> now = seen(node.engine, version);
        try (StepNode copy = open(disk, "copies/" + round, seed + 1)) {
          assertEquals(then, seen(copy.engine, at), where);
          long before = version;
          live(copy, 60, Long.MAX_VALUE);
          copy.await(copy.engine.compact(KeyRange.ALL));
          version = before;
        }
        assertEquals(now, seen(node.engine, version), where);
        assertThrows(InvalidArgumentException.class, () -> node.await(node.engine.checkpoint("copies/0")));
      }
    }
    assertEquals(List.of(), EngineOpeningTest.problems(disk), where);
    assertEquals(List.of(), disk.openPaths(), where);
  }

  @Test void aCheckpointThatLostPowerLeavesTheStoreWholeAndIsEitherCompleteOrNoStore() {
    long operations = 0;
    for (long at = 0; at <= operations; at++) {
      String where = "power lost at operation " + at + " of the checkpoint";
      random = new SplittableRandom(5);
      version = 0;
      var disk = MemVfs.strict(at);
      StepNode node = open(disk, "db", 5);
      live(node, 80, Long.MAX_VALUE);
      List<String> seen = seen(node.engine, version);
      long before = disk.operations();
      if (at > 0) disk.cutPowerAt(before + at);
      try {
        node.await(node.engine.checkpoint("copy"));
        operations = disk.operations() - before;
      } catch (RuntimeException e) {
        if (!disk.poweredOff()) throw e;
      }
      try {
        node.close();
      } catch (RuntimeException e) {
        if (!disk.poweredOff()) throw e;
      }
      MemVfs after = at == 0 ? disk : disk.afterPowerLoss(0.5);
      try (StepNode again = open(after, "db", 6)) {
        assertEquals(seen, seen(again.engine, version), where);
      }
      try (StepNode copy = new StepNode(after, "copy", 7, Map.of(), true)) {
        assertEquals(seen, seen(copy.engine, version), where);
      } catch (NoKVException e) {
        assertTrue(at > 0, where + ": " + e);
      }
    }
    assertTrue(operations > 10);
  }

  @ParameterizedTest @ValueSource(longs = {1, 2, 3})
  void whatIsRestoredFromAFullBackupAndTheLaterOnesIsWhatWasBackedUp(long seed) {
    random = new SplittableRandom(seed);
    var disk = MemVfs.plain();
    try (StepNode node = open(disk, "db", seed)) {
      long from = 0;
      var chain = new ArrayList<String>();
      for (int round = 0; round < 5; round++) {
        live(node, 100, from == 0 ? Long.MAX_VALUE : from);
        String directory = "backups/" + round;
        Backup backup;
        long firstReadable = from == 0 ? version : from - 1;
        try (StorageEngine.Pin pin = node.engine.pin()) {
          live(node, 0, 0);
          backup = Backup.write(node.engine, pin, directory, from, bytes -> {});
        }
        assertEquals(from, backup.from());
        assertEquals(version + 1, Math.max(backup.to(), version + 1), "nothing of the future");
        from = backup.to();
        chain.add(directory);
        try (StepNode restored = open(disk, "restored" + round, seed)) {
          for (String part : chain) restore(restored, part);
          for (long at : new long[] {version, firstReadable, (version + firstReadable) / 2}) {
            assertEquals(seen(node.engine, at), seen(restored.engine, at), "round " + round + " at " + at + ", seed " + seed);
          }
          long before = version;
          live(restored, 50, Long.MAX_VALUE);
          restored.await(restored.engine.compact(KeyRange.ALL));
          var grown = seen(restored.engine, version);
          restored.runTasks();
          assertEquals(grown, seen(restored.engine, version));
          version = before;
        }
        try (StepNode again = open(disk, "again" + round, seed)) {
          for (String part : chain) restore(again, part);
        }
        try (StepNode again = open(disk, "again" + round, seed)) {
          assertEquals(seen(node.engine, version), seen(again.engine, version), "round " + round + ", opened again, seed " + seed);
          live(again, 1, Long.MAX_VALUE);
          assertThrows(InvalidArgumentException.class, () -> restore(again, chain.getFirst()), "it was written to");
        }
      }
    }
    assertEquals(List.of(), disk.openPaths());
  }

  @Test void aBackupThatIsIncompleteDamagedOrOutOfOrderIsRefusedAndNothingOfItIsTaken() {
    var disk = MemVfs.plain();
    try (StepNode node = open(disk, "db", 1); StepNode restored = open(disk, "restored", 1)) {
      live(node, 50, Long.MAX_VALUE);
      Backup full;
      try (var pin = node.engine.pin()) {
        full = Backup.write(node.engine, pin, "full", 0, bytes -> {});
        assertThrows(InvalidArgumentException.class, () -> Backup.write(node.engine, pin, "full", 0, bytes -> {}), "not empty");
      }
      live(node, 50, full.to());
      try (var pin = node.engine.pin()) {
        Backup.write(node.engine, pin, "later", full.to(), bytes -> {});
      }
      assertThrows(InvalidArgumentException.class, () -> restore(restored, "later"), "the full one is missing");
      disk.createDirectories("nothing");
      assertThrows(InvalidArgumentException.class, () -> restore(restored, "nothing"));
      for (String file : disk.list("full")) {
        for (double part : new double[] {0, 0.3, 0.6, 0.99}) {
          flip(disk, "full/" + file, part);
          assertThrows(CorruptException.class, () -> restore(restored, "full"), file + " damaged at " + part);
          flip(disk, "full/" + file, part);
        }
      }
      assertEquals(List.of(), seen(restored.engine, Timestamp.MAX));
      restore(restored, "full");
      assertThrows(InvalidArgumentException.class, () -> restore(restored, "full"), "twice");
      restore(restored, "later");
      assertEquals(seen(node.engine, version), seen(restored.engine, version));
    }
    assertEquals(List.of(), disk.openPaths());
  }

  private static void restore(StepNode node, String backup) {
    node.await(Backup.restore(node.engine, backup, bytes -> {}));
  }

  private static void flip(Vfs disk, String path, double part) {
    try (VfsFile file = disk.open(path, Vfs.Mode.READ_WRITE)) {
      long at = (long) (part * (file.size() - 1));
      byte[] one = new byte[1];
      file.read(at, MemorySegment.ofArray(one));
      one[0] ^= 1;
      file.write(at, MemorySegment.ofArray(one));
    }
  }
}
