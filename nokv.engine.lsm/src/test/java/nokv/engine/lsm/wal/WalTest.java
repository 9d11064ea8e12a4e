package nokv.engine.lsm.wal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import nokv.api.CorruptException;
import nokv.api.DiskFullException;
import nokv.api.ReadOnlyException;
import nokv.api.TooNewException;
import nokv.spi.EngineLog;
import nokv.spi.Vfs;
import nokv.spi.VfsFile;
import nokv.vfs.MemVfs;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Goal: what was synced comes back, in order, and nothing that was lost or taken back ever does. */
final class WalTest {
  private static final int TYPE = 64;
  private static final long SEGMENT = 4096;
  private static final String DIRECTORY = "node";

  private final TestEnvironment test = new TestEnvironment();

  /** A log whose record i carries the number i, and what of it was acknowledged. */
  private final class Run {
    final Vfs vfs;
    final Wal wal;
    final List<Long> replayed = new ArrayList<>();
    long next;
    long acknowledged;
    final SplittableRandom random;

    Run(Vfs vfs, long first, long nextIfEmpty, long seed) {
      this.vfs = vfs;
      this.random = new SplittableRandom(seed);
      this.next = nextIfEmpty;
      this.wal = Wal.open(test.environment, vfs, DIRECTORY, SEGMENT, first, (type, payload, position, durable) -> replayed.add(number(payload)));
      if (!replayed.isEmpty()) next = replayed.getLast() + 1;
      acknowledged = next;
    }

    void group(int records, int maxBytes, boolean sync) {
      if (wal.full((long) records * (maxBytes + 8 + Wal.RECORD_OVERHEAD_BYTES))) wal.rotate();
      for (int i = 0; i < records; i++) stage(wal, next + i, random.nextInt(maxBytes));
      wal.write();
      next += records;
      if (!sync) return;
      wal.sync();
      acknowledged = next;
    }
  }

  private static EngineLog.Position stage(Wal wal, long number, int padding) {
    EngineLog.Position position = wal.position();
    MemorySegment payload = wal.stage(TYPE, 8 + padding);
    payload.set(ValueLayout.JAVA_LONG_UNALIGNED, 0, number);
    for (int i = 0; i < padding; i++) payload.set(ValueLayout.JAVA_BYTE, 8 + i, (byte) (number * 31 + i));
    return position;
  }

  private static long number(MemorySegment payload) {
    return payload.get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
  }

  private static void assertConsecutive(List<Long> numbers, String where) {
    for (int i = 1; i < numbers.size(); i++) assertEquals(numbers.get(i - 1) + 1, numbers.get(i), where + ": " + numbers);
  }

  private static final class Progress {
    long acknowledged = 1;
    long next = 1;
    long first;
  }

  /** Groups of all sizes, some synced, over several segments, the oldest recycled as it goes. */
  private void workload(Vfs vfs, Progress progress, long seed) {
    vfs.createDirectories(DIRECTORY);
    vfs.syncDirectory(".");
    var run = new Run(vfs, 0, 1, seed);
    var firstOf = new java.util.TreeMap<Long, Long>();
    try {
      for (int i = 0; i < 24; i++) {
        run.group(1 + i % 4, i % 7 == 6 ? 3000 : 300, i % 3 != 1);
        progress.next = run.next;
        progress.acknowledged = run.acknowledged;
        firstOf.putIfAbsent(run.wal.position().segment(), run.next);
        if (i % 8 == 7) {
          progress.first = run.wal.position().segment() - 1;
          run.wal.recycleBelow(progress.first);
        }
      }
    } finally {
      progress.next = Math.max(progress.next, run.next + 4);
      progress.acknowledged = run.acknowledged;
      run.wal.close();
    }
  }

  @ParameterizedTest @ValueSource(doubles = {0, 0.5, 1})
  void syncedRecordsSurvivePowerLossAtEveryOperationAndLostOnesNeverReturn(double survival) {
    loseThePowerEverywhere(survival, 1, 3);
  }

  @Tag("long") @ParameterizedTest @ValueSource(doubles = {0, 0.5, 1})
  void syncedRecordsSurvivePowerLossAtEveryOperationOfManyRuns(double survival) {
    loseThePowerEverywhere(survival, 4, 100);
  }

  private void loseThePowerEverywhere(double survival, long firstSeed, long lastSeed) {
    for (long seed = firstSeed; seed <= lastSeed; seed++) {
      long operations = count(seed);
      for (long at = 1; at <= operations; at++) {
        String where = "power lost at operation " + at + " of " + operations + ", seed " + seed + ", survival " + survival;
        var disk = MemVfs.strict(seed);
        disk.cutPowerAt(at);
        var progress = new Progress();
        long s = seed;
        assertTrue(MemVfs.isPowerOff(assertThrows(RuntimeException.class, () -> workload(disk, progress, s), where)), where);
        secondLife(disk.afterPowerLoss(survival), progress, survival, seed, where);
      }
    }
  }

  private long count(long seed) {
    var disk = MemVfs.strict(seed);
    workload(disk, new Progress(), seed);
    assertEquals(0, disk.openFiles());
    return disk.operations();
  }

  /** Goes on after the power loss with records of the same sizes as those lost, loses the power again, and looks whether the log is what the first recovery found and then the new. */
  private void secondLife(MemVfs disk, Progress progress, double survival, long seed, String where) {
    disk.createDirectories(DIRECTORY);
    disk.syncDirectory(".");
    var second = new Run(disk, progress.first, progress.acknowledged, seed);
    assertConsecutive(second.replayed, where);
    assertTrue(progress.acknowledged == 1 || !second.replayed.isEmpty(), where);
    assertTrue(second.next >= progress.acknowledged && second.next <= progress.next, where + ": up to " + second.next + ", acknowledged " + progress.acknowledged);
    var expected = new ArrayList<>(second.replayed);
    second.next += 1000;
    long from = second.next;
    second.group(2, 300, true);
    second.group(3, 300, false);
    second.wal.close();
    var third = new Run(disk.afterPowerLoss(survival), progress.first, 0, seed);
    third.wal.close();
    for (long n = from; n < third.next; n++) expected.add(n);
    assertEquals(expected, third.replayed, where);
    assertTrue(third.next >= from + 2, where);
  }

  private MemVfs written(int synced, int unsynced, int padding) {
    var disk = MemVfs.strict(1);
    disk.createDirectories(DIRECTORY);
    try (Wal wal = Wal.open(test.environment, disk, DIRECTORY, 1 << 16, 0, (type, payload, position, durable) -> true)) {
      for (int i = 0; i < synced + unsynced; i++) {
        stage(wal, i + 1, padding);
        wal.write();
        if (i < synced) wal.sync();
      }
    }
    return disk;
  }

  private static void poke(Vfs vfs, String path, long offset, byte[] bytes) {
    try (VfsFile file = vfs.open(path, Vfs.Mode.READ_WRITE)) {
      file.write(offset, MemorySegment.ofArray(bytes));
    }
  }

  private static byte peek(Vfs vfs, String path, long offset) {
    var one = new byte[1];
    try (VfsFile file = vfs.open(path, Vfs.Mode.READ)) {
      file.read(offset, MemorySegment.ofArray(one));
    }
    return one[0];
  }

  private List<Long> replay(Vfs vfs) {
    var numbers = new ArrayList<Long>();
    Wal.replay(vfs, DIRECTORY, 0, (type, payload, position, durable) -> numbers.add(number(payload)));
    return numbers;
  }

  /** Method: flip each byte of a log in turn. The last record says that all before it was synced. */
  @Test void everyFlippedByteBelowTheDurableOffsetIsReportedWithItsRecord() {
    int recordBytes = WalRecord.HEADER_BYTES + 8 + 20;
    long durable = WalHeader.BYTES + 5L * recordBytes;
    for (long offset = 0; offset < durable + 2 * recordBytes; offset++) {
      MemVfs disk = written(5, 2, 20);
      String path = "node/wal/000001.wal";
      if (offset >= WalHeader.VERSION_OFFSET && offset < WalHeader.SEGMENT_OFFSET) continue;
      poke(disk, path, offset, new byte[] {(byte) (peek(disk, path, offset) ^ 0x40)});
      long flipped = offset;
      if (offset < durable) {
        var e = assertThrows(CorruptException.class, () -> replay(disk), "flipped " + offset);
        long record = offset < WalHeader.BYTES ? 0 : WalHeader.BYTES + (offset - WalHeader.BYTES) / recordBytes * recordBytes;
        assertTrue(e.getMessage().startsWith(path + " is damaged at offset " + record + " "), flipped + ": " + e.getMessage());
        assertThrows(CorruptException.class, () -> Wal.open(test.environment, disk, DIRECTORY, 1 << 16, 0, (type, payload, position, safe) -> true));
      } else {
        assertEquals(offset < durable + recordBytes ? List.of(1L, 2L, 3L, 4L, 5L) : List.of(1L, 2L, 3L, 4L, 5L, 6L), replay(disk), "flipped " + offset);
      }
    }
  }

  @Test void damageInAFinishedSegmentIsCorruptionToItsLastByte() {
    var disk = MemVfs.strict(1);
    disk.createDirectories(DIRECTORY);
    try (Wal wal = Wal.open(test.environment, disk, DIRECTORY, SEGMENT, 0, (type, payload, position, durable) -> true)) {
      stage(wal, 1, 100);
      wal.write();
      wal.rotate();
    }
    assertEquals(List.of(1L), replay(disk));
    poke(disk, "node/wal/000001.wal", WalHeader.BYTES + WalRecord.HEADER_BYTES + 107, new byte[] {99});
    var e = assertThrows(CorruptException.class, () -> replay(disk));
    assertTrue(e.getMessage().contains("000001.wal is damaged at offset 28 "), e.getMessage());
    disk.delete("node/wal/000001.wal");
    assertEquals(List.of(), replay(disk), "the rest is a log of its own, where nobody says what it needs");
    e = assertThrows(CorruptException.class, () -> Wal.replay(disk, DIRECTORY, 3, (type, payload, position, durable) -> true));
    assertTrue(e.getMessage().contains("000003.wal is missing"), e.getMessage());
  }

  @Test void aLaterPageKeptWhereAnEarlierIsLostEndsTheLogAndDoesNotReturn() {
    MemVfs disk = written(2, 4, 20);
    int recordBytes = WalRecord.HEADER_BYTES + 8 + 20;
    poke(disk, "node/wal/000001.wal", WalHeader.BYTES + 2 * recordBytes, new byte[recordBytes]);
    assertEquals(List.of(1L, 2L), replay(disk));
    try (Wal wal = Wal.open(test.environment, disk, DIRECTORY, 1 << 16, 0, (type, payload, position, durable) -> true)) {
      assertTrue(wal.trimmedBytes() >= 4 * recordBytes, wal.trimmedBytes() + " bytes trimmed");
      stage(wal, 100, 20);
      wal.write();
    }
    try (Wal wal = Wal.open(test.environment, disk, DIRECTORY, 1 << 16, 0, (type, payload, position, durable) -> true)) {
      assertEquals(0, wal.trimmedBytes());
    }
    assertEquals(List.of(1L, 2L, 100L), replay(disk), "records 4 to 6 lay whole behind the new one");
  }

  @Test void theVisitorMayEndTheLogAboveTheDurableOffsetOnly() {
    for (long stop = 1; stop <= 6; stop++) {
      MemVfs disk = written(4, 2, 20);
      long refused = stop;
      WalVisitor visitor = (type, payload, position, durable) -> number(payload) != refused;
      // Record 5 says that records 1 to 4 were synced.
      if (stop <= 4) {
        assertThrows(CorruptException.class, () -> Wal.open(test.environment, disk, DIRECTORY, 1 << 16, 0, visitor));
        continue;
      }
      Wal.open(test.environment, disk, DIRECTORY, 1 << 16, 0, visitor).close();
      assertEquals(stop - 1, replay(disk).size(), "what was refused is gone");
    }
  }

  @Test void aRecordIsReadBackByItsPosition() {
    var disk = MemVfs.strict(1);
    disk.createDirectories(DIRECTORY);
    try (Wal wal = Wal.open(test.environment, disk, DIRECTORY, SEGMENT, 0, (type, payload, position, durable) -> true)) {
      var positions = new ArrayList<EngineLog.Position>();
      for (int i = 0; i < 50; i++) {
        if (wal.full(300)) wal.rotate();
        positions.add(stage(wal, i, 200));
        wal.write();
      }
      assertTrue(wal.segments().size() > 2);
      for (int i = 0; i < 50; i++) assertEquals(i, number(MemorySegment.ofArray(wal.read(positions.get(i)).payload())));
      assertThrows(CorruptException.class, () -> wal.read(new EngineLog.Position(1, 29)));
      assertThrows(CorruptException.class, () -> wal.read(wal.position()));
      assertThrows(CorruptException.class, () -> wal.read(new EngineLog.Position(99, 28)));
      wal.recycleBelow(wal.position().segment());
      assertEquals(1, wal.segments().size());
    }
  }

  @Test void aRecordMayBeLargerThanASegment() {
    var disk = MemVfs.strict(1);
    disk.createDirectories(DIRECTORY);
    try (Wal wal = Wal.open(test.environment, disk, DIRECTORY, SEGMENT, 0, (type, payload, position, durable) -> true)) {
      stage(wal, 1, 3 << 20);
      wal.write();
      assertTrue(wal.full(1));
      wal.rotate();
      stage(wal, 2, 5);
      wal.write();
    }
    assertEquals(List.of(1L, 2L), replay(disk));
  }

  @Test void aFullDiskTakesNothingAndWritesResume() {
    var disk = MemVfs.strict(1);
    disk.createDirectories(DIRECTORY);
    try (Wal wal = Wal.open(test.environment, disk, DIRECTORY, 1 << 16, 0, (type, payload, position, durable) -> true)) {
      stage(wal, 1, 10);
      wal.write();
      disk.capacity(100_000);
      for (int i = 0; i < 3; i++) stage(wal, 50 + i, 60_000);
      assertThrows(DiskFullException.class, wal::write);
      wal.rewind();
      assertEquals(List.of(1L), replay(disk));
      stage(wal, 2, 10);
      wal.write();
      disk.capacity(1);
      assertThrows(DiskFullException.class, wal::rotate);
      disk.capacity(Long.MAX_VALUE);
      stage(wal, 3, 10);
      wal.write();
      wal.rotate();
      stage(wal, 4, 10);
      wal.write();
    }
    assertEquals(List.of(1L, 2L, 3L, 4L), replay(disk));
  }

  @Test void aFailedSyncIsFinal() {
    var broken = new boolean[1];
    var vfs = new FailingVfs(MemVfs.strict(1), (operation, path) -> broken[0] && operation.equals("sync"));
    vfs.createDirectories(DIRECTORY);
    try (Wal wal = Wal.open(test.environment, vfs, DIRECTORY, SEGMENT, 0, (type, payload, position, durable) -> true)) {
      stage(wal, 1, 10);
      wal.write();
      broken[0] = true;
      var e = assertThrows(ReadOnlyException.class, wal::sync);
      assertTrue(e.getMessage().contains("sync of node/wal/000001.wal failed"), e.getMessage());
      broken[0] = false;
      assertThrows(ReadOnlyException.class, wal::sync);
      assertThrows(ReadOnlyException.class, () -> wal.stage(TYPE, 1));
      assertThrows(ReadOnlyException.class, wal::rotate);
      assertArrayEquals(new byte[] {1, 0, 0, 0}, java.util.Arrays.copyOf(wal.read(new EngineLog.Position(1, 28)).payload(), 4), "reads go on");
    }
  }

  @Test void aLaterFormatIsToldFromDamage() {
    MemVfs disk = written(1, 0, 1);
    poke(disk, "node/wal/000001.wal", WalHeader.VERSION_OFFSET, new byte[] {2});
    var e = assertThrows(TooNewException.class, () -> replay(disk));
    assertTrue(e.getMessage().contains("log format 2"), e.getMessage());
  }

  @Test void finishedSegmentsAreUsedAgain() {
    var disk = MemVfs.strict(1);
    disk.createDirectories(DIRECTORY);
    try (Wal wal = Wal.open(test.environment, disk, DIRECTORY, SEGMENT, 0, (type, payload, position, durable) -> true)) {
      for (int i = 1; i <= 200; i++) {
        if (wal.full(500)) wal.rotate();
        stage(wal, i, 400);
        wal.write();
        wal.recycleBelow(wal.position().segment() - 1);
        assertTrue(disk.list("node/wal").size() <= 7, () -> disk.list("node/wal").toString());
      }
      assertFalse(disk.exists("node/wal/000001.wal"));
      assertTrue(wal.position().segment() > 15);
    }
  }
}
