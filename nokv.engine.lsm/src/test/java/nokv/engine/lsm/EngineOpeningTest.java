package nokv.engine.lsm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import nokv.api.ClosedException;
import nokv.api.ConfigException;
import nokv.api.CorruptException;
import nokv.api.DiskFullException;
import nokv.api.KeyRange;
import nokv.api.LockedException;
import nokv.api.NoKVException;
import nokv.api.ReadOnlyException;
import nokv.api.Timestamp;
import nokv.spi.EngineBatch;
import nokv.spi.Vfs;
import nokv.spi.VfsFile;
import nokv.vfs.MemVfs;
import org.junit.jupiter.api.Test;

/** Directories that are somebody else's, in use, damaged or full. */
class EngineOpeningTest {
  private static byte[] key(int i) {
    return ("key" + i).getBytes();
  }

  private static void put(StepNode node, int i, int bytes) {
    var batch = new EngineBatch();
    batch.put(0, key(i), i, 0, 0, new byte[bytes]);
    node.engine.write(batch);
  }

  private static MemVfs filled() {
    var disk = MemVfs.plain();
    try (var node = new StepNode(disk, 1, Map.of())) {
      for (int i = 1; i <= 100; i++) put(node, i, i % 10 == 0 ? 1000 : 20);
      node.await(node.engine.flush());
      for (int i = 101; i <= 120; i++) put(node, i, i % 10 == 0 ? 1000 : 20);
    }
    return disk;
  }

  /** Every file with its bytes. */
  private static Map<String, byte[]> content(Vfs disk, String directory) {
    var content = new TreeMap<String, byte[]>();
    for (String name : disk.list(directory)) {
      String path = directory + "/" + name;
      try (VfsFile file = disk.open(path, Vfs.Mode.READ)) {
        byte[] bytes = new byte[(int) file.size()];
        file.read(0, MemorySegment.ofArray(bytes));
        content.put(path, bytes);
      } catch (NoKVException e) {
        content.putAll(content(disk, path));
      }
    }
    return content;
  }

  @Test void aDirectoryOfSomebodyElseIsRefusedAndLeftAlone() {
    var disk = MemVfs.plain();
    disk.createDirectories("db");
    disk.open("db/letters.txt", Vfs.Mode.CREATE).close();
    var e = assertThrows(ConfigException.class, () -> new StepNode(disk, 1, Map.of()));
    assertTrue(e.getMessage().contains("letters.txt"), e.getMessage());
    assertEquals(List.of(), disk.openPaths());
  }

  @Test void aDirectoryInUseIsRefused() {
    var disk = MemVfs.plain();
    try (var node = new StepNode(disk, 1, Map.of())) {
      assertThrows(LockedException.class, () -> new StepNode(disk, 2, Map.of()));
      put(node, 1, 10);
    }
    new StepNode(disk, 3, Map.of()).close();
  }

  @Test void openedReadOnlyItAnswersAndChangesNothing() {
    var disk = filled();
    var before = content(disk, "db");
    try (var node = new StepNode(disk, 1, Map.of(), true)) {
      for (int i = 1; i <= 120; i++) assertEquals(i % 10 == 0 ? 1000 : 20, node.engine.get(0, key(i), Timestamp.MAX).length);
      assertThrows(ReadOnlyException.class, () -> put(node, 1, 1));
      node.runTasks();
    }
    var after = content(disk, "db");
    assertEquals(before.keySet(), after.keySet());
    before.forEach((path, bytes) -> assertArrayEquals(bytes, after.get(path), path));
    assertThrows(ConfigException.class, () -> new StepNode(MemVfs.plain(), 1, Map.of(), true));
  }

  @Test void checkFindsAnyDamageAndNoneWhereThereIsNone() {
    var disk = filled();
    assertEquals(List.of(), problems(disk));
    for (var file : content(disk, "db").entrySet()) {
      if (file.getKey().endsWith("LOCK")) continue;
      for (int at : new int[] {0, file.getValue().length / 3, file.getValue().length / 2}) {
        // Behind the log's end anything may stand, and the last record of a log or manifest may be torn.
        if ((file.getKey().contains("/wal/") || file.getKey().contains("MANIFEST")) && at > 0) continue;
        flip(disk, file.getKey(), at);
        assertTrue(!problems(disk).isEmpty(), "a bit flipped in " + file.getKey() + " at " + at + " was not found");
        flip(disk, file.getKey(), at);
      }
    }
    assertEquals(List.of(), problems(disk));
  }

  private static void flip(Vfs disk, String path, int at) {
    try (VfsFile file = disk.open(path, Vfs.Mode.READ_WRITE)) {
      byte[] one = new byte[1];
      file.read(at, MemorySegment.ofArray(one));
      one[0] ^= 1;
      file.write(at, MemorySegment.ofArray(one));
    }
  }

  static List<String> problems(MemVfs disk) {
    var found = new ArrayList<String>();
    var node = new StepNode(MemVfs.plain(), 1, Map.of());
    var vlog = new nokv.vlog.VlogProvider();
    try (node; var values = vlog.open(node.environment, nokv.spi.Options.parse("vlog", vlog.options(), Map.of("segment_size", "64KiB")), disk, "db", true)) {
      for (Object problem : (List<?>) new EngineCommands.Check(new Directory(disk, "db"), values).run().get("problems")) found.add((String) problem);
    } catch (CorruptException e) {
      found.add(e.getMessage());
    }
    return found;
  }

  @Test void aFullDiskRefusesWritesAndTakesThemAgainWhenThereIsSpace() {
    var disk = MemVfs.plain();
    try (var node = new StepNode(disk, 1, Map.of())) {
      for (int i = 1; i <= 20; i++) put(node, i, 500);
      disk.capacity(1 << 17);
      int last = 20;
      try {
        for (int i = 21; i <= 2000; i++) {
          put(node, i, i % 2 == 0 ? 500 : 100);
          last = i;
        }
        throw new AssertionError("the disk never filled");
      } catch (DiskFullException e) {
        assertTrue(e.retryable());
      }
      for (int i = 1; i <= last; i++) assertTrue(node.engine.get(0, key(i), Timestamp.MAX) != null, "reads go on");
      disk.capacity(1 << 26);
      node.passTime();
      put(node, last + 1, 500);
      node.await(node.engine.flush());
      node.await(node.engine.compact(KeyRange.ALL));
      for (int i = 1; i <= last + 1; i++) assertTrue(node.engine.get(0, key(i), Timestamp.MAX) != null, "key " + i);
    }
    assertEquals(List.of(), disk.openPaths());
  }

  @Test void aFlushThatFindsTheDiskFullLosesNothingAndSucceedsLater() {
    var disk = MemVfs.plain();
    try (var node = new StepNode(disk, 1, Map.of("wal_segment_size", "1MiB"))) {
      for (int i = 1; i <= 300; i++) put(node, i, 100);
      disk.capacity(1);
      assertThrows(DiskFullException.class, () -> node.await(node.engine.flush()));
      assertEquals(100, node.engine.get(0, key(1), Timestamp.MAX).length);
      disk.capacity(1 << 26);
      node.passTime();
      node.await(node.engine.flush());
      assertTrue(node.engine.flushedSequence() >= 300);
      assertEquals(1, disk.list("db/sst").size());
    }
  }

  @Test void afterCloseReadersAreToldAndCursorsCanBeClosed() {
    var disk = MemVfs.plain();
    var node = new StepNode(disk, 1, Map.of());
    put(node, 1, 10);
    node.await(node.engine.flush());
    var cursor = node.engine.scan(0, KeyRange.ALL, nokv.api.Direction.FORWARD, Timestamp.MAX, null);
    assertTrue(cursor.next());
    node.close();
    assertThrows(ClosedException.class, () -> node.engine.get(0, key(1), Timestamp.MAX));
    assertThrows(ClosedException.class, () -> put(node, 2, 10));
    cursor.close();
    assertEquals(List.of(), disk.openPaths());
  }
}
