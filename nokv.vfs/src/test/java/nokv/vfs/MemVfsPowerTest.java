package nokv.vfs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import nokv.spi.Vfs.Mode;
import nokv.spi.VfsException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a {@link MemVfs} keeps and loses with its power. */
final class MemVfsPowerTest {
  private static byte[] filled(int length, int value) {
    var bytes = new byte[length];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  private static void create(MemVfs disk, String path, byte[] content, boolean sync) {
    try (var file = disk.open(path, Mode.CREATE)) {
      file.write(0, MemorySegment.ofArray(content));
      if (sync) file.sync();
    }
  }

  private static byte[] read(MemVfs disk, String path) {
    try (var file = disk.open(path, Mode.READ)) {
      return VfsContract.read(file);
    }
  }

  @ParameterizedTest @ValueSource(doubles = {0, 0.5, 1})
  void whatIsSyncedWithItsNameSurvives(double survival) {
    for (int seed = 0; seed < 20; seed++) {
      var disk = MemVfs.strict(seed);
      disk.createDirectories("a/b");
      create(disk, "a/b/f", filled(10_000, 1), true);
      disk.syncDirectory("a/b");
      disk.syncDirectory("a");
      disk.syncDirectory("/");
      create(disk, "a/b/g", filled(10_000, 1), false);
      assertArrayEquals(filled(10_000, 1), read(disk.afterPowerLoss(survival), "a/b/f"), "seed " + seed);
    }
  }

  @Test void withNoSurvivalAllThatIsUnsyncedIsGoneAndWithFullSurvivalNothing() {
    var disk = MemVfs.strict(1);
    create(disk, "kept", filled(10_000, 1), true);
    create(disk, "unsynced", filled(10_000, 1), false);
    create(disk, "deleted", filled(10, 1), true);
    create(disk, "renamed", filled(10, 2), true);
    disk.syncDirectory("");
    create(disk, "unnamed", filled(10_000, 1), true);
    disk.delete("deleted");
    disk.rename("renamed", "new");
    disk.link("kept", "linked");
    disk.createDirectories("d");
    try (var file = disk.open("kept", Mode.READ_WRITE)) {
      file.write(5_000, MemorySegment.ofArray(filled(10_000, 9)));
    }
    var none = disk.afterPowerLoss(0);
    assertEquals(List.of("deleted", "kept", "renamed", "unsynced"), none.list("/"));
    assertArrayEquals(filled(10_000, 1), read(none, "kept"));
    assertArrayEquals(new byte[0], read(none, "unsynced"));
    var all = disk.afterPowerLoss(1);
    assertEquals(List.of("d", "kept", "linked", "new", "unnamed", "unsynced"), all.list("/"));
    assertArrayEquals(read(disk, "kept"), read(all, "kept"));
    assertArrayEquals(read(disk, "kept"), read(all, "linked"));
    assertArrayEquals(filled(10_000, 1), read(all, "unsynced"));
  }

  @Test void halfOfItMayKeepALaterPageAndLoseAnEarlierOneAndTearAPage() {
    boolean laterWithoutEarlier = false;
    boolean torn = false;
    boolean shorter = false;
    for (int seed = 0; seed < 200; seed++) {
      var disk = MemVfs.strict(seed);
      create(disk, "f", filled(8192, 1), true);
      disk.syncDirectory("");
      try (var file = disk.open("f", Mode.READ_WRITE)) {
        file.write(0, MemorySegment.ofArray(filled(12_288, 2)));
      }
      byte[] left = read(disk.afterPowerLoss(0.5), "f");
      assertTrue(left.length >= 8192 && left.length <= 12_288, "seed " + seed);
      laterWithoutEarlier |= left[0] == 1 && left[4096] == 2;
      for (int i = 1; i < 4096; i++) {
        assertTrue(i % 512 == 0 || left[i] == left[i - 1], "sectors are whole, seed " + seed);
        torn |= left[i] != left[i - 1];
      }
      shorter |= left.length < 12_288;
    }
    assertTrue(laterWithoutEarlier && torn && shorter);
  }

  @Test void aRenameIsWholeAtAnyLossAndAcrossDirectoriesNeverLosesBoth() {
    Set<String> seen = new HashSet<>();
    for (int seed = 0; seed < 200; seed++) {
      var disk = MemVfs.strict(seed);
      disk.createDirectories("d");
      create(disk, "CURRENT", filled(1, 1), true);
      create(disk, "moved", filled(1, 3), true);
      disk.syncDirectory("");
      create(disk, "tmp", filled(1, 2), true);
      disk.rename("tmp", "CURRENT");
      disk.rename("moved", "d/moved");
      var left = disk.afterPowerLoss(0.5);
      byte current = read(left, "CURRENT")[0];
      assertTrue(current == 1 || current == 2, "seed " + seed);
      assertTrue(left.exists("moved") || left.exists("d/moved"), "seed " + seed);
      seen.add(current + " " + left.exists("tmp") + " " + left.exists("moved") + " " + left.exists("d/moved"));
    }
    assertTrue(seen.containsAll(Set.of("1 false true false", "2 false true false", "1 true true false", "2 false false true", "1 false true true")), seen.toString());
  }

  @Test void syncingEitherDirectoryOfARenameKeepsTheFile() {
    for (String synced : List.of("a", "b")) {
      var disk = MemVfs.strict(1);
      for (String d : List.of("a", "b")) disk.createDirectories(d);
      create(disk, "a/f", filled(10, 1), true);
      for (String d : List.of("a", "b", "")) disk.syncDirectory(d);
      create(disk, "b/earlier", filled(10, 1), true);
      disk.rename("a/f", "b/f");
      disk.syncDirectory(synced);
      var left = disk.afterPowerLoss(0);
      assertTrue(left.exists("b/f"));
      assertEquals(synced.equals("b"), left.exists("a/f"), "the old name is gone only when its own directory was synced");
      assertTrue(left.exists("b/earlier"), "names become durable in order");
    }
  }

  @Test void theCutFailsItsOperationAndEveryLaterOneButClosing() throws Exception {
    var disk = MemVfs.strict(1);
    create(disk, "f", filled(10, 1), true);
    disk.syncDirectory("");
    AutoCloseable lock = disk.lock("LOCK");
    var file = disk.open("f", Mode.READ_WRITE);
    disk.cutPowerAt(disk.operations() + 2);
    file.write(0, MemorySegment.ofArray(filled(10, 2)));
    assertFalse(disk.poweredOff());
    var e = assertThrows(VfsException.class, file::sync);
    assertTrue(MemVfs.isPowerOff(new RuntimeException(e)) && e.kind() == VfsException.Cause.IO);
    assertTrue(disk.poweredOff());
    for (Runnable operation : List.<Runnable>of(file::size, file::sync, () -> file.read(0, MemorySegment.ofArray(new byte[1])), () -> file.truncate(1), () -> disk.list(""),
        () -> disk.open("f", Mode.READ), () -> disk.open("g", Mode.CREATE), () -> disk.exists("f"), () -> disk.delete("f"), () -> disk.syncDirectory(""), () -> disk.lock("L"))) {
      assertTrue(MemVfs.isPowerOff(assertThrows(VfsException.class, operation::run)));
    }
    assertEquals(List.of("f"), disk.openPaths());
    file.close();
    lock.close();
    assertEquals(0, disk.openFiles());
    assertArrayEquals(filled(10, 1), read(disk.afterPowerLoss(0), "f"), "the sync was not confirmed and has not happened");
    assertArrayEquals(filled(10, 2), read(disk.afterPowerLoss(1), "f"), "but what it was to sync may survive");
    assertFalse(MemVfs.isPowerOff(assertThrows(VfsException.class, () -> disk.afterPowerLoss(0).open("g", Mode.READ))));
  }

  @Test void aProcessCrashKeepsWhatWasWrittenAndAPowerLossLaterStillTakesIt() throws Exception {
    var disk = MemVfs.strict(1);
    create(disk, "f", filled(10_000, 1), true);
    disk.syncDirectory("");
    AutoCloseable lock = disk.lock("LOCK");
    var file = disk.open("f", Mode.READ_WRITE);
    file.write(0, MemorySegment.ofArray(filled(10_000, 2)));
    create(disk, "g", filled(10, 1), true);
    var next = disk.afterProcessCrash();
    file.write(0, MemorySegment.ofArray(filled(10_000, 3)));
    assertArrayEquals(filled(10_000, 2), read(next, "f"));
    assertArrayEquals(filled(10, 1), read(next, "g"));
    next.lock("LOCK").close();
    assertEquals(0, next.openFiles());
    var booted = next.afterPowerLoss(0);
    assertEquals(List.of("f"), booted.list(""));
    assertArrayEquals(filled(10_000, 1), read(booted, "f"));
    next.syncDirectory("");
    try (var again = next.open("f", Mode.READ)) {
      again.sync();
    }
    assertArrayEquals(filled(10_000, 2), read(next.afterPowerLoss(0), "f"), "any descriptor syncs the whole file");
    assertEquals(List.of("LOCK", "f", "g"), next.afterPowerLoss(0).list(""));
    lock.close();
    file.close();
  }

  @Test void aFullDiskWritesAPrefixAndGoesOnWhenSpaceReturns() {
    var disk = MemVfs.strict(1);
    create(disk, "a", filled(8192, 1), true);
    disk.capacity(16_384);
    assertEquals(8192, disk.freeBytes(""));
    try (var file = disk.open("b", Mode.CREATE)) {
      assertEquals(VfsException.Cause.NO_SPACE, assertThrows(VfsException.class, () -> file.allocate(10_000)).kind());
      assertEquals(0, file.size());
      assertEquals(VfsException.Cause.NO_SPACE, assertThrows(VfsException.class, () -> file.write(0, MemorySegment.ofArray(filled(10_000, 2)))).kind());
      assertArrayEquals(filled(8192, 2), VfsContract.read(file));
      file.sync();
      disk.delete("a");
      file.write(0, MemorySegment.ofArray(filled(10_000, 2)));
      assertArrayEquals(filled(10_000, 2), VfsContract.read(file));
    }
  }

  /** Goal: no byte is lost that was synced, none appears that was never written. Method: random operations beside a model of both states. */
  @Test void randomOperationsLoseOnlyWhatIsUnsynced() {
    for (int round = 0; round < 30; round++) {
      long seed = System.nanoTime();
      var random = new SplittableRandom(seed);
      var disk = MemVfs.strict(seed);
      var twin = MemVfs.strict(seed);
      var synced = new TreeMap<String, byte[]>();
      var now = new TreeMap<String, byte[]>();
      for (String name : List.of("a", "b")) {
        for (var d : List.of(disk, twin)) create(d, name, new byte[0], true);
        synced.put(name, new byte[0]);
        now.put(name, new byte[0]);
      }
      disk.syncDirectory("");
      twin.syncDirectory("");
      for (int step = 0; step < 40; step++) {
        String name = random.nextBoolean() ? "a" : "b";
        int at = random.nextInt(20_000);
        int length = random.nextInt(9_000) + 1;
        int action = random.nextInt(5);
        byte[] old = now.get(name);
        byte[] next = action < 3 ? Arrays.copyOf(old, Math.max(old.length, at + length)) : action == 3 ? Arrays.copyOf(old, at) : old;
        if (action < 3) Arrays.fill(next, at, at + length, (byte) (step + 1));
        now.put(name, next);
        for (var d : List.of(disk, twin)) {
          try (var file = d.open(name, Mode.READ_WRITE)) {
            if (action < 3) file.write(at, MemorySegment.ofArray(filled(length, step + 1)));
            else if (action == 3) file.truncate(at);
            else file.sync();
          }
        }
        if (action == 4) synced.put(name, next);
        String where = name + " at step " + step + ", seed " + seed;
        for (String file : synced.keySet()) {
          assertArrayEquals(synced.get(file), read(disk.afterPowerLoss(0), file), where);
          assertArrayEquals(now.get(file), read(disk.afterPowerLoss(1), file), where);
          byte[] left = read(disk.afterPowerLoss(0.5), file);
          assertArrayEquals(left, read(twin.afterPowerLoss(0.5), file), where);
          for (int i = 0; i < left.length; i++) {
            byte before = i < synced.get(file).length ? synced.get(file)[i] : 0;
            byte after = i < now.get(file).length ? now.get(file)[i] : 0;
            assertTrue(left[i] == before || left[i] == after, "byte " + i + " of " + where);
          }
        }
      }
    }
  }
}
