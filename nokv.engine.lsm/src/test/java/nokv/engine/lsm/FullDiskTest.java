package nokv.engine.lsm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import nokv.api.DiskFullException;
import nokv.api.KeyRange;
import nokv.api.Timestamp;
import nokv.spi.Clock;
import nokv.spi.EngineBatch;
import nokv.vfs.MemVfs;
import org.junit.jupiter.api.Test;

/** A disk that fills up with what is garbage, and the pace of what clears it away. */
class FullDiskTest {
  private static final int KEYS = 1500;
  private long version;

  private boolean put(StepNode node, int key, int bytes) {
    try {
      node.engine.write(new EngineBatch().put(0, ("key" + key).getBytes(), ++version, 0, 0, new byte[bytes]));
      return true;
    } catch (DiskFullException e) {
      return false;
    }
  }

  @Test void theReserveLetsCompactionFreeSpaceOnAFullDiskAndWritesResumeByThemselves() {
    var disk = MemVfs.plain();
    try (var node = new StepNode(disk, 1, Map.of("memtables", "40", "level0_slowdown_trigger", "1000"))) {
      for (int i = 0; i < KEYS; i++) {
        put(node, i, 3000);
        if (i % 50 == 0) node.runTasks();
      }
      node.await(node.engine.compact(KeyRange.ALL));
      assertTrue(disk.exists("db/RESERVE"));
      // A few keys over and over, of which nothing is cleared away before the disk is full to the last byte.
      for (int i = 0; i < 1500; i++) put(node, i % 100, 150);
      node.engine.retain(KeyRange.ALL, version);
      long much = 1L << 40;
      disk.capacity(much);
      disk.capacity(much - disk.freeBytes("db"));
      int taken = 0;
      while (put(node, taken % 100, 150)) assertTrue(++taken < 10_000, "the disk never filled");
      node.runTasks();
      boolean spent = node.environment.metrics().counter("write.reserve_spent").getCount() > 0;
      for (int second = 0; second < 60 && !put(node, 1, 150); second++) node.passTime();
      assertTrue(spent, "the reserve was not needed; the test is too easy");
      assertTrue(put(node, 2, 150), "writes resume though nobody made space");
      for (int i = 0; i < KEYS; i++) assertTrue(node.engine.get(0, ("key" + i).getBytes(), Timestamp.MAX) != null, "key " + i);
      assertTrue(disk.exists("db/RESERVE"), "it is there for the next time");
    }
    assertEquals(List.of(), EngineOpeningTest.problems(disk));
  }

  @Test void whileTheReserveIsInUseNoWriteTakesItsSpace() {
    var disk = MemVfs.plain();
    disk.createDirectories("db");
    var reserve = new Reserve(new Directory(disk, "db"), 1 << 20, () -> 1L << 30);
    assertFalse(reserve.spend(new DiskFullException("full")), "there is none yet");
    reserve.restore();
    assertEquals(1 << 20, size(disk));
    assertTrue(reserve.spend(new DiskFullException("full")));
    assertTrue(reserve.spent().getMessage().contains("RESERVE"));
    disk.capacity(1000);
    reserve.restore();
    assertTrue(reserve.spent() != null && !disk.exists("db/RESERVE"));
    disk.capacity(2 << 20);
    reserve.restore();
    assertTrue(reserve.spent() == null && size(disk) == 1 << 20);
    assertEquals(1 << 20, size(disk));
    assertTrue(new Reserve(new Directory(disk, "db"), 1 << 20, () -> 1L << 30).spend(new DiskFullException("full")), "it is found again at the next opening");
  }

  private static long size(MemVfs disk) {
    try (var file = disk.open("db/RESERVE", nokv.spi.Vfs.Mode.READ)) {
      return file.size();
    }
  }

  @Test void compactionsTogetherKeepToTheirRateAndCatchUpWhenWritersWait() {
    long[] now = {0};
    Clock clock = new Clock() {
      @Override public long millis() {
        return now[0] / 1_000_000;
      }

      @Override public long nanos() {
        return now[0];
      }
    };
    var behind = new AtomicBoolean();
    var pace = new Pace(clock, 1 << 20, behind::get);
    long written = 0;
    while (now[0] < 10_000_000_000L) {
      written += 10_000;
      now[0] += Math.max(0, pace.owed(10_000));
    }
    assertEquals(10.0 * (1 << 20), written, 0.02 * 10 * (1 << 20));
    assertTrue(pace.owed(100 << 20) > 90_000_000_000L);
    behind.set(true);
    pace.written(1, () -> {
      throw new AssertionError("it waits");
    });
    behind.set(false);
    assertThrows(nokv.api.ClosedException.class, () -> pace.written(1, () -> true));
    assertEquals(0, new Pace(clock, 0, () -> false).owed(1L << 40));
  }
}
