package nokv.vfs.fault;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.codahale.metrics.MetricRegistry;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import nokv.spi.Vfs;
import nokv.spi.Vfs.Mode;
import nokv.spi.VfsException;
import nokv.spi.VfsFile;
import nokv.vfs.MemVfs;
import nokv.vfs.OsVfs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A power cut over the real file system leaves what was synced, byte for byte and name for name, and nothing else. */
final class PowerCutTest {
  private static final Map<String, Object> AT_TRIGGER = Map.of("op", "create", "path", "TRIGGER", "action", "power-cut");

  @TempDir Path temporary;
  private final List<String> cuts = new ArrayList<>();

  private String dir() {
    return temporary.toString();
  }

  private String at(String name) {
    return temporary + "/" + name;
  }

  private FaultVfs fault(Map<String, Object> rule) {
    return FaultVfs.over(new OsVfs(), 1, List.of(rule), new MetricRegistry(), cuts::add);
  }

  private static MemorySegment filled(int length, int value) {
    var bytes = new byte[length];
    Arrays.fill(bytes, (byte) value);
    return MemorySegment.ofArray(bytes);
  }

  private static void create(Vfs vfs, String path, int length, int value) {
    try (var file = vfs.open(path, Mode.CREATE)) {
      file.write(0, filled(length, value));
      file.sync();
    }
  }

  private void cut(Vfs vfs) {
    var e = assertThrows(VfsException.class, () -> vfs.open(at("TRIGGER"), Mode.CREATE));
    assertTrue(e.getMessage().contains("power is off"), e.getMessage());
    assertEquals(1, cuts.size());
  }

  /** Every file and directory below, with content. */
  private static Map<String, String> tree(Vfs vfs, String directory) {
    var tree = new TreeMap<String, String>();
    walk(vfs, directory, "", tree);
    return tree;
  }

  private static void walk(Vfs vfs, String directory, String prefix, Map<String, String> tree) {
    for (String name : vfs.list(directory)) {
      try (var file = vfs.open(directory + "/" + name, Mode.READ)) {
        var bytes = new byte[(int) file.size()];
        file.read(0, MemorySegment.ofArray(bytes));
        tree.put(prefix + name, runs(bytes));
      } catch (VfsException e) {
        tree.put(prefix + name, "directory");
        walk(vfs, directory + "/" + name, prefix + name + "/", tree);
      }
    }
  }

  /** Content as lengths of equal bytes, such as {@code 100×65 20×0}. */
  private static String runs(byte[] bytes) {
    var text = new StringBuilder();
    for (int i = 0, start = 0; i < bytes.length; i++) {
      if (i + 1 < bytes.length && bytes[i + 1] == bytes[i]) continue;
      text.append(i + 1 - start).append('×').append(bytes[i]).append(' ');
      start = i + 1;
    }
    return text.toString();
  }

  /**
   * Goal: nothing synced is lost, nothing unsynced is left. Method: the same random operations on the real file system under a power cut and on a strict one in
   * memory, which is built quite differently; after the cut both must hold the same. Directories, links, replaced, deleted and reused files, files left open: all at random.
   */
  @ParameterizedTest @ValueSource(ints = {0, 1, 2, 3})
  void leavesWhatAStrictDiskWouldWhateverTheOperations(int quarter) {
    var os = new OsVfs();
    for (int round = 0; round < 12; round++) {
      long seed = System.nanoTime() + quarter;
      var random = new SplittableRandom(seed);
      String base = at("r" + round);
      os.createDirectories(base);
      var disk = MemVfs.strict(seed);
      disk.createDirectories(base);
      for (String path = base; !path.isEmpty(); path = path.substring(0, path.lastIndexOf('/'))) disk.syncDirectory(path.substring(0, path.lastIndexOf('/')) + "/");
      cuts.clear();
      var vfs = fault(AT_TRIGGER);
      var log = new ArrayList<String>();
      var open = new ArrayList<VfsFile>();
      for (int step = 0; step < 60; step++) {
        log.add(step(random, base, List.of(vfs, disk), open, log.stream().noneMatch(done -> done.startsWith("9") && !done.endsWith("fails"))));
      }
      cut(vfs);
      open.forEach(VfsFile::close);
      vfs.close();
      assertEquals(tree(disk.afterPowerLoss(0), base), tree(os, base), () -> "seed " + seed + ":\n" + String.join("\n", log) + "\n" + cuts);
    }
  }

  /** Does the same at random on each; both must agree whether it succeeds. */
  private static String step(SplittableRandom random, String base, List<Vfs> disks, List<VfsFile> open, boolean neverDeleted) {
    String directory = base + List.of("", "/d", "/d/e").get(random.nextInt(3));
    String name = directory + "/" + (char) ('a' + random.nextInt(3));
    String other = directory + "/" + (char) ('a' + random.nextInt(3));
    int at = random.nextInt(20_000);
    int value = 'A' + random.nextInt(26);
    int action = random.nextInt(14);
    boolean sync = random.nextBoolean();
    boolean leaveOpen = random.nextInt(4) == 0;
    String text = action + " " + name + " " + other + " at " + at + " value " + value + (sync ? " sync" : "") + (leaveOpen ? " open" : "");
    Boolean failed = null;
    for (Vfs vfs : disks) {
      boolean failure = false;
      try {
        switch (action) {
          case 0, 1, 2 -> write(vfs, name, vfs.exists(name) ? Mode.READ_WRITE : Mode.CREATE, at, value, sync, leaveOpen, open);
          case 3 -> {
            try (var file = vfs.open(name, Mode.READ_WRITE)) {
              if (value % 2 == 0) file.truncate(at);
              else file.allocate(at);
              if (sync) file.sync();
            }
          }
          case 4, 5 -> vfs.rename(name, other);
          case 6 -> vfs.link(name, other);
          case 7 -> vfs.delete(name);
          case 8 -> vfs.createDirectories(neverDeleted ? directory : base);
          case 9 -> vfs.delete(base + "/d/e");
          case 10 -> {
            // A rename across directories that is synced on both sides, new name first.
            vfs.rename(name, base + "/x");
            vfs.syncDirectory(base);
            vfs.syncDirectory(directory);
          }
          default -> vfs.syncDirectory(directory);
        }
      } catch (VfsException e) {
        failure = true;
      }
      if (failed != null) assertEquals(failed, failure, text);
      failed = failure;
    }
    return text + (Boolean.TRUE.equals(failed) ? " fails" : "");
  }

  private static void write(Vfs vfs, String name, Mode mode, int at, int value, boolean sync, boolean leaveOpen, List<VfsFile> open) {
    var file = vfs.open(name, mode);
    file.write(at, filled(100 + value * 40, value));
    if (sync) file.sync();
    if (leaveOpen) open.add(file);
    else file.close();
  }

  @Test void aReusedFileGetsItsSyncedBytesBack() {
    create(new OsVfs(), at("old.wal"), 100_000, 1);
    var vfs = fault(Map.of("op", "sync", "path", "*.wal", "nth", 3, "action", "power-cut"));
    vfs.rename(at("old.wal"), at("new.wal"));
    vfs.syncDirectory(dir());
    var file = vfs.open(at("new.wal"), Mode.READ_WRITE);
    for (int i = 0; i < 3; i++) {
      file.write(i * 1000L, filled(1000, 2));
      if (i < 2) file.sync();
    }
    file.write(200_000, filled(10, 2));
    var e = assertThrows(VfsException.class, file::sync);
    assertTrue(e.getMessage().contains("power is off"));
    assertTrue(cuts.getFirst().contains("power cut at sync of " + at("new.wal") + " (fault.rules[0]") && cuts.getFirst().contains("seed 1"), cuts.toString());
    for (Runnable operation : List.<Runnable>of(file::size, file::sync, () -> file.write(0, filled(1, 1)), () -> file.read(0, filled(1, 1)), () -> vfs.list(dir()),
        () -> vfs.open(at("x"), Mode.CREATE), () -> vfs.exists(at("x")), () -> vfs.delete(at("new.wal")), () -> vfs.syncDirectory(dir()))) {
      assertTrue(assertThrows(VfsException.class, operation::run).getMessage().contains("power is off"));
    }
    file.close();
    vfs.close();
    try (var left = new OsVfs().open(at("new.wal"), Mode.READ)) {
      var bytes = new byte[(int) left.size()];
      left.read(0, MemorySegment.ofArray(bytes));
      var expected = new byte[100_000];
      Arrays.fill(expected, (byte) 1);
      Arrays.fill(expected, 0, 2000, (byte) 2);
      assertArrayEquals(expected, bytes);
    }
  }

  @Test void aRenameAcrossDirectoriesNeverLosesBothNames() {
    for (String synced : List.of("", "/a", "/b")) {
      cuts.clear();
      String base = at("s" + synced.length() + synced.replace("/", ""));
      var os = new OsVfs();
      for (String d : List.of("/a", "/b")) os.createDirectories(base + d);
      create(os, base + "/a/f", 10, 1);
      create(os, base + "/b/f", 10, 2);
      var vfs = fault(AT_TRIGGER);
      vfs.rename(base + "/a/f", base + "/b/f");
      vfs.syncDirectory(base + synced);
      cut(vfs);
      vfs.close();
      boolean settled = !synced.isEmpty();
      assertEquals(!synced.equals("/a"), os.exists(base + "/a/f"));
      assertEquals(settled ? "10×1 " : "10×2 ", tree(os, base).get("b/f"));
    }
  }

  @Test void aRenamedDirectoryGoesBackWithAllThatIsInIt() {
    var os = new OsVfs();
    os.createDirectories(at("tmp"));
    create(os, at("tmp/f"), 10, 'x');
    create(os, at("tmp/g"), 10, 'y');
    var before = tree(os, dir());
    var vfs = fault(AT_TRIGGER);
    vfs.delete(at("tmp/g"));
    try (var file = vfs.open(at("tmp/f"), Mode.READ_WRITE)) {
      file.write(0, filled(5000, 'z'));
    }
    vfs.rename(at("tmp"), at("final"));
    create(vfs, at("final/h"), 10, 'h');
    cut(vfs);
    vfs.close();
    assertEquals(before, tree(os, dir()));
    cuts.clear();
    var again = fault(AT_TRIGGER);
    again.rename(at("tmp"), at("final"));
    again.syncDirectory(dir());
    cut(again);
    again.close();
    assertEquals(List.of("final"), os.list(dir()));
  }

  @Test void someOfItSurvivesIfTheRuleSaysSo() {
    boolean later = false;
    for (int seed = 0; seed < 30 && !later; seed++) {
      var disk = MemVfs.plain();
      var vfs = FaultVfs.over(disk, seed, List.of(Map.of("op", "sync", "nth", 2, "action", "power-cut", "survival", 0.5)), new MetricRegistry(), cuts::add);
      var file = vfs.open("f", Mode.CREATE);
      file.write(0, filled(8192, 1));
      file.sync();
      file.write(0, filled(12_288, 2));
      assertThrows(VfsException.class, file::sync);
      file.close();
      if (!disk.exists("f")) continue;
      try (var left = disk.open("f", Mode.READ)) {
        var bytes = new byte[(int) left.size()];
        left.read(0, MemorySegment.ofArray(bytes));
        later = bytes[0] == 1 && bytes[4096] == 2;
      }
    }
    assertTrue(later, "an earlier page lost and a later one kept");
  }

  @Test void whatIsHeldForTakingBackIsReleasedBySyncs() {
    var disk = MemVfs.plain();
    var file = disk.open("f", Mode.CREATE);
    file.allocate(1 << 20);
    var unsynced = new UnsyncedFile();
    unsynced.attach(() -> disk.open("f", Mode.READ_WRITE));
    for (int round = 0; round < 10; round++) {
      unsynced.modify(1000, 21_000, () -> file.write(1000, filled(20_000, 1)));
      assertEquals(6 * UnsyncedFile.PAGE, unsynced.held());
      unsynced.modify(1 << 20, 2 << 20, () -> file.write(1 << 20, filled(10, 1)));
      assertEquals(6 * UnsyncedFile.PAGE, unsynced.held(), "growth needs no memory");
      unsynced.sync(file);
      assertEquals(0, unsynced.held());
      assertFalse(unsynced.dirty());
      file.truncate(1 << 20);
      unsynced.sync(file);
    }
    file.close();
    unsynced.detach();

    var vfs = FaultVfs.over(disk, 1, List.of(AT_TRIGGER), new MetricRegistry(), cuts::add);
    create(vfs, "g", 10, 1);
    vfs.rename("g", "f");
    vfs.link("f", "h");
    vfs.delete("f");
    assertEquals(List.of("h"), vfs.list(""));
    assertTrue(disk.list("").size() > 1, "the old f is held by a hidden link");
    vfs.syncDirectory("");
    assertEquals(List.of("h"), disk.list(""));
    assertEquals(0, disk.openFiles());
    vfs.delete("h");
    var killed = FaultVfs.over(disk, 1, List.of(AT_TRIGGER), new MetricRegistry(), cuts::add);
    assertEquals(List.of(), killed.list(""));
    assertEquals(List.of(), disk.list(""), "what a killed process left is removed");
  }

  /** Goal: a sync that was confirmed to any thread holds. Method: many writers of their own files, power cut at a random sync of any of them. */
  @Test void whatWasConfirmedToOneOfManyThreadsIsThere() throws Exception {
    for (int round = 0; round < 5; round++) {
      cuts.clear();
      var vfs = FaultVfs.over(new OsVfs(), round, List.of(Map.of("op", "sync", "probability", 0.05, "action", "power-cut")), new MetricRegistry(), cuts::add);
      String base = at("t" + round);
      new OsVfs().createDirectories(base);
      int[] confirmed = new int[4];
      var threads = new ArrayList<Thread>();
      for (int t = 0; t < confirmed.length; t++) {
        int number = t;
        threads.add(Thread.ofPlatform().start(() -> {
          try (var file = vfs.open(base + "/" + number, Mode.CREATE)) {
            vfs.syncDirectory(base);
            for (int i = 1; ; i++) {
              file.write((i - 1) * 3000L, filled(3000, i % 100));
              file.sync();
              confirmed[number] = i;
            }
          } catch (VfsException e) {
            if (!e.getMessage().contains("power is off")) throw e;
          }
        }));
      }
      for (var thread : threads) thread.join();
      vfs.close();
      assertEquals(1, cuts.size());
      for (int t = 0; t < confirmed.length; t++) {
        if (!new OsVfs().exists(base + "/" + t)) {
          assertEquals(0, confirmed[t], cuts.toString());
          continue;
        }
        try (var file = new OsVfs().open(base + "/" + t, Mode.READ)) {
          assertTrue(file.size() == confirmed[t] * 3000L || file.size() == (confirmed[t] + 1) * 3000L, () -> "size " + file.size() + ", " + cuts);
          var bytes = new byte[(int) file.size()];
          file.read(0, MemorySegment.ofArray(bytes));
          for (int i = 0; i < bytes.length; i++) assertEquals((i / 3000 + 1) % 100, bytes[i], cuts.toString());
        }
      }
    }
  }

  @Test void whileThePowerGoesNobodyIsToldOfAFailure() throws Exception {
    var vfs = new FaultVfs[1];
    var outcome = new ArrayList<String>();
    var others = new ArrayList<Thread>();
    vfs[0] = FaultVfs.over(new OsVfs(), 1, List.of(AT_TRIGGER), new MetricRegistry(), message -> {
      cuts.add(message);
      for (Runnable operation : List.<Runnable>of(() -> vfs[0].exists(at("x")), () -> vfs[0].list(dir()), () -> vfs[0].open(at("x"), Mode.CREATE))) {
        others.add(Thread.ofPlatform().start(() -> {
          try {
            operation.run();
          } catch (VfsException e) {
            synchronized (outcome) {
              outcome.add(e.getMessage());
            }
          }
        }));
      }
      for (var other : others) {
        try {
          assertFalse(other.join(java.time.Duration.ofMillis(20)), "it waits for the process to end");
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
      }
    });
    cut(vfs[0]);
    for (var other : others) other.join();
    assertEquals(3, outcome.stream().filter(message -> message.contains("power is off")).count(), "here the process lives on");
    vfs[0].close();
  }

  /** The victim of the test below: writes and syncs until a rule cuts its power. */
  static final class Victim {
    public static void main(String[] args) {
      var rules = List.of(Map.of("op", "sync", "path", "*.wal", "nth", 3, "action", "power-cut"));
      var vfs = new FaultVfs(new OsVfs(), 5, FaultRule.parse("fault.rules", rules, 5), new MetricRegistry(), FaultVfs::halt);
      Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("a shutdown hook ran")));
      var file = vfs.open(args[0] + "/a.wal", Mode.CREATE);
      vfs.syncDirectory(args[0]);
      for (int i = 0; i < 10; i++) {
        file.write(i * 10L, filled(10, i + 1));
        file.sync();
      }
    }
  }

  @Test void theProcessEndsWithItsCodeAndOneLine() throws Exception {
    var process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
        System.getProperty("java.class.path"), Victim.class.getName(), dir()).start();
    String error = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(FaultVfs.POWER_CUT_EXIT_CODE, process.waitFor(), error);
    assertEquals("", output, "no shutdown hook runs");
    assertTrue(error.startsWith("fault: power cut at sync of ") && error.indexOf('\n') == error.length() - 1, error);
    assertEquals(20, Files.size(temporary.resolve("a.wal")));
  }
}
