package nokv.engine.lsm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import nokv.api.CorruptException;
import nokv.api.Direction;
import nokv.api.KeyRange;
import nokv.api.NoKVException;
import nokv.api.Timestamp;
import nokv.spi.EngineBatch;
import nokv.spi.Options;
import nokv.spi.Vfs;
import nokv.spi.VfsFile;
import nokv.vfs.MemVfs;
import nokv.vlog.VlogProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Goal: whatever file is lost or damaged, a repair gives a store that opens, has all that is whole, and invents nothing. Method: one store, each damage in turn, what it holds compared with its history. */
class RepairTest {
  private static final int WRITES = 400;
  private static final int FLUSHED = 340;

  /** What was seen after each write. */
  private final List<Set<String>> history = new ArrayList<>();
  private @org.jspecify.annotations.Nullable MemVfs filled;
  private long filledSeed;

  /** A store with tables at several levels, values apart, and the last writes in the log only. */
  private MemVfs filled(long seed) {
    if (filled == null || seed != filledSeed) filled = fill(seed);
    filledSeed = seed;
    return filled.afterProcessCrash();
  }

  private MemVfs fill(long seed) {
    var random = new SplittableRandom(seed);
    var disk = MemVfs.strict(seed);
    history.clear();
    history.add(Set.of());
    try (StepNode node = open(disk)) {
      for (int i = 1; i <= WRITES; i++) {
        var batch = new EngineBatch();
        batch.setVersion(i);
        byte[] key = ("key" + random.nextInt(80)).getBytes();
        if (random.nextInt(5) == 0) batch.delete(0, key, EngineBatch.OF_BATCH, 0);
        else if (random.nextInt(30) == 0) batch.deleteRange(0, KeyRange.prefix(key), EngineBatch.OF_BATCH);
        else batch.put(0, key, EngineBatch.OF_BATCH, 0, 0, new byte[random.nextInt(4) == 0 ? random.nextInt(300, 3000) : random.nextInt(120)]);
        node.engine.write(batch);
        if (i % 20 == 0) node.engine.retain(KeyRange.ALL, i - 10);
        if (i < FLUSHED && i % 25 == 0 || i == FLUSHED) node.await(node.engine.flush());
        if (i == 200) node.await(node.engine.compact(KeyRange.ALL));
        node.runTasks();
        history.add(seen(node));
      }
      node.await(node.engine.putMetadata("name", "value".getBytes()));
      node.runTasks();
    }
    return disk;
  }

  private static StepNode open(Vfs disk) {
    return new StepNode(disk, 1, Map.of("level0_compaction_trigger", "5", "table_size", "4KiB", "wal_segment_size", "16KiB"));
  }

  private static Set<String> seen(StepNode node) {
    var seen = new HashSet<String>();
    try (var cursor = node.engine.scan(0, KeyRange.ALL, Direction.FORWARD, Timestamp.MAX, null)) {
      while (cursor.next()) {
        try {
          seen.add(new String(cursor.key()) + "@" + cursor.version() + "=" + Arrays.hashCode(cursor.value()));
        } catch (CorruptException e) {
          throw new AssertionError("a value is not there any more", e);
        }
      }
    }
    return seen;
  }

  private static Map<String, Object> repair(Vfs disk) {
    var vlog = new VlogProvider();
    try (StepNode elsewhere = new StepNode(MemVfs.plain(), 1, Map.of());
        var values = vlog.open(elsewhere.environment, Options.parse("vlog", vlog.options(), Map.of("segment_size", "64KiB")), disk, "db", true)) {
      return new Repair(new Directory(disk, "db"), values).run();
    }
  }

  private static void flip(Vfs disk, String path, long at) {
    try (VfsFile file = disk.open(path, Vfs.Mode.READ_WRITE)) {
      byte[] one = new byte[1];
      file.read(at, MemorySegment.ofArray(one));
      one[0] ^= 1;
      file.write(at, MemorySegment.ofArray(one));
    }
  }

  private static long size(Vfs disk, String path) {
    try (VfsFile file = disk.open(path, Vfs.Mode.READ)) {
      return file.size();
    }
  }

  private static String manifest(Vfs disk) {
    return "db/" + disk.list("db").stream().filter(name -> name.startsWith("MANIFEST-")).findFirst().orElseThrow();
  }

  private void sameAsBefore(MemVfs disk, String where) {
    try (StepNode node = open(disk)) {
      assertEquals(history.getLast(), seen(node), where);
      for (int i = 1; i <= 60; i++) {
        var batch = new EngineBatch();
        batch.setVersion(WRITES + i);
        node.engine.write(batch.put(0, ("new" + i).getBytes(), EngineBatch.OF_BATCH, 0, 0, new byte[100]));
      }
      node.await(node.engine.compact(KeyRange.ALL));
      assertEquals(history.getLast().size() + 60, seen(node).size(), where + ", after compaction");
    }
    assertEquals(List.of(), EngineOpeningTest.problems(disk), where);
    assertEquals(List.of(), disk.openPaths(), where);
  }

  @Test void aSoundStoreIsLeftAsItIs() {
    MemVfs disk = filled(1);
    Map<String, Object> result = repair(disk);
    assertEquals(List.of(), result.get("lost"));
    assertEquals(true, result.get("ok"));
    sameAsBefore(disk, "sound");
  }

  @ParameterizedTest @ValueSource(strings = {"CURRENT missing", "CURRENT damaged", "manifest missing", "manifest damaged", "both missing"})
  void aLostManifestIsRebuiltFromTablesAndLogAndNothingIsMissing(String damage) {
    for (long seed = 1; seed <= 3; seed++) {
      MemVfs disk = filled(seed);
      String where = damage + ", seed " + seed;
      String manifest = manifest(disk);
      if (damage.equals("CURRENT missing") || damage.equals("both missing")) disk.delete("db/CURRENT");
      if (damage.equals("CURRENT damaged")) flip(disk, "db/CURRENT", 20);
      if (damage.equals("manifest missing") || damage.equals("both missing")) disk.delete(manifest);
      if (damage.equals("manifest damaged")) flip(disk, manifest, 30);
      assertThrows(CorruptException.class, () -> open(disk), where);
      Map<String, Object> result = repair(disk);
      assertTrue(result.get("manifest").toString().contains("rebuilt"), where);
      sameAsBefore(disk, where);
      try (StepNode node = open(disk)) {
        if (damage.startsWith("CURRENT")) assertEquals("value", new String(node.engine.metadata("name")), where);
      }
    }
  }

  @Test void aDamagedTableIsLeftOutAndKeptInLost() {
    int tables = filled(1).list("db/sst").size();
    assertTrue(tables > 1);
    for (int i = 0; i < tables; i++) {
      MemVfs disk = filled(1);
      String path = "db/sst/" + disk.list("db/sst").get(i);
      flip(disk, path, size(disk, path) / 2);
      Map<String, Object> result = repair(disk);
      assertEquals(false, result.get("ok"), path);
      assertEquals(1, ((List<?>) result.get("lost")).size(), path);
      assertTrue(disk.exists("db/lost/" + path.substring("db/sst/".length())), path);
      try (StepNode node = open(disk)) {
        var known = new HashSet<String>();
        history.forEach(known::addAll);
        assertTrue(known.containsAll(seen(node)), path + ": something that never was");
      }
      assertEquals(List.of(), EngineOpeningTest.problems(disk), path);
    }
  }

  @Test void entriesWhoseValuesAreLostAreLeftOutAndCounted() {
    for (String segment : filled(2).list("db/vlog/bucket-000")) {
      MemVfs disk = filled(2);
      disk.delete("db/vlog/bucket-000/" + segment);
      Map<String, Object> result = repair(disk);
      assertFalse((boolean) result.get("ok"), segment);
      try (StepNode node = open(disk)) {
        var known = new HashSet<String>();
        history.forEach(known::addAll);
        assertTrue(known.containsAll(seen(node)), segment);
      }
      assertEquals(List.of(), EngineOpeningTest.problems(disk), segment);
    }
  }

  @Test void aDamagedLogIsCutSoThatTheStateIsAPrefixOfTheWrites() {
    MemVfs whole = filled(3);
    for (String name : whole.list("db/wal")) {
      for (int part = 0; part < 8; part++) {
        MemVfs disk = filled(3);
        String path = "db/wal/" + name;
        flip(disk, path, part * size(disk, path) / 16);
        String where = path + " at part " + part;
        try {
          open(disk).close();
          continue; // A spare, or behind what is needed.
        } catch (NoKVException damaged) {
          assertEquals(false, repair(disk).get("ok"), where);
        }
        try (StepNode node = open(disk)) {
          Set<String> seen = seen(node);
          assertTrue(history.subList(FLUSHED, WRITES + 1).contains(seen), where);
          node.engine.write(new EngineBatch().put(0, "after".getBytes(), WRITES + 1, 0, 0, new byte[10]));
        }
        try (StepNode node = open(disk)) {
          assertEquals(10, node.engine.get(0, "after".getBytes(), Timestamp.MAX).length, where);
        }
      }
    }
  }

  @Test void aRepairThatLostPowerIsRunAgain() {
    long operations = 0;
    for (long at = 0; at <= operations; at++) {
      MemVfs disk = filled(4);
      disk.delete("db/CURRENT");
      String table = "db/sst/" + disk.list("db/sst").getFirst();
      flip(disk, table, size(disk, table) / 3);
      long before = disk.operations();
      if (at > 0) disk.cutPowerAt(before + at);
      try {
        repair(disk);
        operations = disk.operations() - before;
      } catch (NoKVException e) {
        if (!disk.poweredOff()) throw e;
      }
      MemVfs after = at == 0 ? disk : disk.afterPowerLoss(0.5);
      repair(after);
      try (StepNode node = open(after)) {
        var known = new HashSet<String>();
        history.forEach(known::addAll);
        assertTrue(known.containsAll(seen(node)), "power lost at operation " + at);
      }
    }
    assertTrue(operations > 5);
  }
}
