package nokv.vfs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import nokv.spi.Vfs;
import nokv.spi.Vfs.Mode;
import nokv.spi.VfsException;
import nokv.spi.VfsFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link Vfs} owes, whichever it is. A file system passes by extending this. */
public abstract class VfsContract {
  private Vfs vfs;
  private String dir;

  /** A fresh file system, or one with a fresh {@link #directory}. */
  protected abstract Vfs vfs();

  /** An existing, empty directory in it. */
  protected abstract String directory();

  @BeforeEach void openFileSystem() {
    vfs = vfs();
    dir = directory();
  }

  private String at(String name) {
    return dir + "/" + name;
  }

  static byte[] bytes(int length, long seed) {
    var bytes = new byte[length];
    new SplittableRandom(seed).nextBytes(bytes);
    return bytes;
  }

  private void write(String path, byte[] content) {
    try (var file = vfs.open(path, vfs.exists(path) ? Mode.READ_WRITE : Mode.CREATE)) {
      file.truncate(0);
      file.write(0, MemorySegment.ofArray(content));
    }
  }

  static byte[] read(VfsFile file) {
    var all = new byte[(int) file.size()];
    assertEquals(all.length, file.read(0, MemorySegment.ofArray(all)));
    return all;
  }

  private byte[] read(String path) {
    try (var file = vfs.open(path, Mode.READ)) {
      return read(file);
    }
  }

  private static void assertCause(VfsException.Cause cause, String mentions, Runnable operation) {
    var e = assertThrows(VfsException.class, operation::run);
    assertEquals(cause, e.kind(), e.getMessage());
    assertTrue(e.getMessage().contains(mentions), e.getMessage());
  }

  @Test void createMakesANewFileAndRefusesAnOldOne() {
    String path = at("a");
    assertFalse(vfs.exists(path));
    try (var file = vfs.open(path, Mode.CREATE)) {
      assertEquals(path, file.path());
      assertEquals(0, file.size());
    }
    assertTrue(vfs.exists(path));
    assertCause(VfsException.Cause.EXISTS, path, () -> vfs.open(path, Mode.CREATE));
  }

  @Test void openingWhatIsNotThereIsNotFound() {
    assertCause(VfsException.Cause.NOT_FOUND, at("a"), () -> vfs.open(at("a"), Mode.READ));
    assertCause(VfsException.Cause.NOT_FOUND, at("a"), () -> vfs.open(at("a"), Mode.READ_WRITE));
    assertCause(VfsException.Cause.NOT_FOUND, at("no/a"), () -> vfs.open(at("no/a"), Mode.CREATE));
    assertCause(VfsException.Cause.NOT_FOUND, at("a"), () -> vfs.delete(at("a")));
    assertCause(VfsException.Cause.NOT_FOUND, at("a"), () -> vfs.rename(at("a"), at("b")));
    assertCause(VfsException.Cause.NOT_FOUND, at("a"), () -> vfs.link(at("a"), at("b")));
    assertCause(VfsException.Cause.NOT_FOUND, at("no"), () -> vfs.list(at("no")));
    assertCause(VfsException.Cause.NOT_FOUND, at("no"), () -> vfs.syncDirectory(at("no")));
    assertFalse(vfs.exists(at("b")));
  }

  @Test void whatIsWrittenIsReadFromHeapAndNativeAndConfinedMemory() {
    byte[] content = bytes(300_000, 1);
    try (var file = vfs.open(at("a"), Mode.CREATE); var confined = Arena.ofConfined(); var shared = Arena.ofShared()) {
      file.write(0, MemorySegment.ofArray(content));
      file.write(content.length, confined.allocate(content.length).copyFrom(MemorySegment.ofArray(content)));
      file.write(2L * content.length, shared.allocate(content.length).copyFrom(MemorySegment.ofArray(content)).asReadOnly());
      assertEquals(3L * content.length, file.size());
      for (int i = 0; i < 3; i++) {
        for (MemorySegment target : List.of(MemorySegment.ofArray(new byte[content.length]), confined.allocate(content.length), shared.allocate(content.length))) {
          assertEquals(content.length, file.read((long) i * content.length, target));
          assertArrayEquals(content, target.toArray(ValueLayout.JAVA_BYTE));
        }
      }
    }
  }

  @Test void aReadIsShortOnlyAtTheEnd() {
    write(at("a"), bytes(10_000, 2));
    try (var file = vfs.open(at("a"), Mode.READ)) {
      assertEquals(10, file.read(9_990, MemorySegment.ofArray(new byte[100])));
      assertEquals(0, file.read(10_000, MemorySegment.ofArray(new byte[100])));
      assertEquals(0, file.read(20_000, MemorySegment.ofArray(new byte[100])));
      assertEquals(0, file.read(0, MemorySegment.ofArray(new byte[0])));
    }
  }

  @Test void aGapReadsAsZeros() {
    try (var file = vfs.open(at("a"), Mode.CREATE)) {
      file.write(10_000, MemorySegment.ofArray(new byte[] {7}));
      var expected = new byte[10_001];
      expected[10_000] = 7;
      assertArrayEquals(expected, read(file));
      file.write(20_000, MemorySegment.ofArray(new byte[0]));
      assertEquals(10_001, file.size(), "an empty write does not extend");
    }
  }

  @Test void truncateCutsAndExtendsWithZeros() {
    byte[] content = bytes(9_000, 3);
    write(at("a"), content);
    try (var file = vfs.open(at("a"), Mode.READ_WRITE)) {
      file.truncate(5_000);
      assertArrayEquals(java.util.Arrays.copyOf(content, 5_000), read(file));
      file.truncate(12_000);
      assertArrayEquals(java.util.Arrays.copyOf(java.util.Arrays.copyOf(content, 5_000), 12_000), read(file));
      file.truncate(0);
      assertEquals(0, file.size());
      file.truncate(100);
      assertArrayEquals(new byte[100], read(file));
    }
  }

  @Test void allocateExtendsWithZerosAndKeepsWhatIsThere() {
    byte[] content = bytes(5_000, 4);
    write(at("a"), content);
    try (var file = vfs.open(at("a"), Mode.READ_WRITE)) {
      file.allocate(1_000_000);
      assertEquals(1_000_000, file.size());
      assertArrayEquals(java.util.Arrays.copyOf(content, 1_000_000), read(file));
      file.allocate(10);
      assertEquals(1_000_000, file.size());
      file.write(999_999, MemorySegment.ofArray(new byte[] {1}));
      file.sync();
      assertEquals(1_000_000, file.size());
    }
  }

  /** Goal: whether a write falls within what was reserved, beyond it or across makes no difference, nor do cuts between. Method: writes of every size at random, against an array. */
  @Test void writesIntoReservedSpaceAreAsGoodAsOthers() {
    var random = new java.util.Random(8);
    byte[] expected = new byte[3_000_000];
    int size = 0;
    try (var file = vfs.open(at("a"), Mode.CREATE)) {
      for (int step = 0; step < 600; step++) {
        int what = random.nextInt(20);
        if (what == 0) {
          int to = random.nextInt(expected.length);
          file.allocate(to);
          size = Math.max(size, to);
        } else if (what == 1) {
          int to = random.nextInt(Math.max(1, size));
          file.truncate(to);
          java.util.Arrays.fill(expected, to, expected.length, (byte) 0);
          size = to;
        } else {
          byte[] written = bytes(random.nextInt(what < 4 ? 50_000 : 300), step);
          int position = Math.min(random.nextInt(size + 5000), expected.length - written.length);
          file.write(position, MemorySegment.ofArray(written));
          System.arraycopy(written, 0, expected, position, written.length);
          if (written.length > 0) size = Math.max(size, position + written.length);
          if (what == 5) file.sync();
        }
        assertEquals(size, file.size(), "step " + step);
      }
      assertArrayEquals(java.util.Arrays.copyOf(expected, size), read(file));
    }
    assertArrayEquals(java.util.Arrays.copyOf(expected, size), read(at("a")));
  }

  @Test void aFileOpenedForReadingIsNotWritten() {
    write(at("a"), bytes(10, 5));
    try (var file = vfs.open(at("a"), Mode.READ)) {
      assertCause(VfsException.Cause.IO, at("a"), () -> file.write(0, MemorySegment.ofArray(new byte[1])));
      assertCause(VfsException.Cause.IO, at("a"), () -> file.truncate(0));
      assertCause(VfsException.Cause.IO, at("a"), () -> file.allocate(100));
    }
    assertArrayEquals(bytes(10, 5), read(at("a")));
  }

  @Test void aMappingShowsTheFileOutlivesItAndEndsWithItsArena() {
    byte[] content = bytes(50_000, 6);
    write(at("a"), content);
    MemorySegment mapped;
    try (var arena = Arena.ofShared()) {
      try (var file = vfs.open(at("a"), Mode.READ)) {
        mapped = file.map(5, 40_000, arena);
        assertEquals(0, file.map(0, 0, arena).byteSize());
        assertThrows(IndexOutOfBoundsException.class, () -> file.map(1, 50_000, arena));
      }
      vfs.delete(at("a"));
      assertArrayEquals(java.util.Arrays.copyOfRange(content, 5, 40_005), mapped.toArray(ValueLayout.JAVA_BYTE));
      assertTrue(mapped.isReadOnly());
    }
    assertThrows(IllegalStateException.class, () -> mapped.get(ValueLayout.JAVA_BYTE, 0));
  }

  @Test void aClosedFileFailsAndClosesAgain() {
    var file = vfs.open(at("a"), Mode.CREATE);
    file.close();
    file.close();
    assertCause(VfsException.Cause.IO, at("a"), () -> file.read(0, MemorySegment.ofArray(new byte[1])));
    assertCause(VfsException.Cause.IO, at("a"), () -> file.write(0, MemorySegment.ofArray(new byte[1])));
    assertCause(VfsException.Cause.IO, at("a"), file::sync);
    assertCause(VfsException.Cause.IO, at("a"), file::size);
    assertCause(VfsException.Cause.IO, at("a"), () -> file.map(0, 0, Arena.ofAuto()));
  }

  @Test void listGivesSortedNames() {
    assertEquals(List.of(), vfs.list(dir));
    for (String name : List.of("c", "a", "b.sst")) write(at(name), new byte[0]);
    vfs.createDirectories(at("d/e/f"));
    vfs.createDirectories(at("d/e/f"));
    assertEquals(List.of("a", "b.sst", "c", "d"), vfs.list(dir));
    assertEquals(List.of("f"), vfs.list(at("d/e")));
    vfs.syncDirectory(at("d"));
    vfs.syncDirectory(dir);
    assertCause(VfsException.Cause.EXISTS, at("a"), () -> vfs.createDirectories(at("a")));
  }

  @Test void deleteTakesFilesAndEmptyDirectoriesOnly() {
    vfs.createDirectories(at("d"));
    write(at("d/a"), new byte[1]);
    assertCause(VfsException.Cause.IO, at("d"), () -> vfs.delete(at("d")));
    vfs.delete(at("d/a"));
    vfs.delete(at("d"));
    assertFalse(vfs.exists(at("d")));
  }

  @Test void aDeletedFileIsReadableWhileOpen() {
    write(at("a"), bytes(100, 7));
    try (var file = vfs.open(at("a"), Mode.READ)) {
      vfs.delete(at("a"));
      assertArrayEquals(bytes(100, 7), read(file));
      write(at("a"), bytes(10, 8));
      assertArrayEquals(bytes(100, 7), read(file));
    }
    assertArrayEquals(bytes(10, 8), read(at("a")));
  }

  @Test void renameReplacesAndKeepsOpenFiles() {
    write(at("a"), bytes(100, 9));
    write(at("b"), bytes(100, 10));
    vfs.createDirectories(at("d"));
    try (var old = vfs.open(at("b"), Mode.READ); var renamed = vfs.open(at("a"), Mode.READ_WRITE)) {
      vfs.rename(at("a"), at("b"));
      assertFalse(vfs.exists(at("a")));
      assertArrayEquals(bytes(100, 9), read(at("b")));
      assertArrayEquals(bytes(100, 10), read(old));
      renamed.write(0, MemorySegment.ofArray(bytes(100, 11)));
      renamed.sync();
      assertArrayEquals(bytes(100, 11), read(at("b")));
    }
    vfs.rename(at("b"), at("d/c"));
    vfs.rename(at("d"), at("e"));
    assertArrayEquals(bytes(100, 11), read(at("e/c")));
    assertEquals(List.of("e"), vfs.list(dir));
  }

  @Test void renameDoesNotReplaceADirectoryByAFile() {
    write(at("a"), new byte[1]);
    vfs.createDirectories(at("d"));
    assertThrows(VfsException.class, () -> vfs.rename(at("a"), at("d")));
    assertThrows(VfsException.class, () -> vfs.rename(at("d"), at("a")));
    assertEquals(List.of("a", "d"), vfs.list(dir));
  }

  @Test void aLinkIsASecondNameOfTheSameFile() {
    write(at("a"), bytes(100, 12));
    vfs.link(at("a"), at("b"));
    write(at("b"), bytes(50, 13));
    assertArrayEquals(bytes(50, 13), read(at("a")));
    vfs.delete(at("a"));
    assertArrayEquals(bytes(50, 13), read(at("b")));
    write(at("c"), new byte[0]);
    assertCause(VfsException.Cause.EXISTS, at("b"), () -> vfs.link(at("b"), at("c")));
  }

  @Test void aLockIsExclusiveWithinTheProcessUntilClosed() throws Exception {
    AutoCloseable held = vfs.lock(at("LOCK"));
    assertTrue(vfs.exists(at("LOCK")));
    assertCause(VfsException.Cause.LOCKED, at("LOCK"), () -> vfs.lock(at("LOCK")));
    assertCause(VfsException.Cause.LOCKED, at("./LOCK"), () -> vfs.lock(at("./LOCK")));
    vfs.lock(at("OTHER")).close();
    held.close();
    AutoCloseable again = vfs.lock(at("LOCK"));
    held.close();
    assertCause(VfsException.Cause.LOCKED, at("LOCK"), () -> vfs.lock(at("LOCK")));
    again.close();
  }

  @Test void freeBytesArePositive() {
    assertTrue(vfs.freeBytes(dir) > 0);
  }

  @Test void anInterruptNeitherFailsAnOperationNorClosesTheFile() {
    try (var file = vfs.open(at("a"), Mode.CREATE); var confined = Arena.ofConfined()) {
      Thread.currentThread().interrupt();
      var buffer = confined.allocate(100).copyFrom(MemorySegment.ofArray(bytes(100, 14)));
      file.write(0, buffer);
      file.sync();
      vfs.syncDirectory(dir);
      assertArrayEquals(bytes(100, 14), read(file));
      assertArrayEquals(bytes(100, 14), file.map(0, 100, confined).toArray(ValueLayout.JAVA_BYTE));
      file.truncate(50);
      assertTrue(Thread.interrupted(), "the interrupt is still there for the caller");
      assertEquals(50, file.size());
    } finally {
      Thread.interrupted();
    }
  }

  @Test void interruptsInMidOperationAreSurvived() throws Exception {
    byte[] content = bytes(1 << 20, 15);
    try (var file = vfs.open(at("a"), Mode.CREATE); var confined = Arena.ofConfined()) {
      file.write(0, MemorySegment.ofArray(content));
      var done = new AtomicBoolean();
      var failure = new AtomicReference<Throwable>();
      var reader = Thread.ofPlatform().start(() -> {
        try (var own = Arena.ofConfined()) {
          for (int i = 0; i < 60; i++) {
            var target = own.allocate(content.length);
            assertEquals(content.length, file.read(0, target));
            assertEquals(-1, target.mismatch(MemorySegment.ofArray(content)));
            file.sync();
          }
        } catch (Throwable e) {
          failure.set(e);
        } finally {
          done.set(true);
        }
      });
      while (!done.get()) {
        reader.interrupt();
        Thread.onSpinWait();
      }
      reader.join();
      if (failure.get() != null) throw new AssertionError(failure.get());
      file.write(0, confined.allocate(content.length).copyFrom(MemorySegment.ofArray(content)));
      assertArrayEquals(content, read(file));
      assertArrayEquals(content, file.map(0, content.length, confined).toArray(ValueLayout.JAVA_BYTE));
    }
  }

  @Test void readersRunBesideAWriter() throws Exception {
    try (var file = vfs.open(at("a"), Mode.CREATE)) {
      var failure = new AtomicReference<Throwable>();
      int blocks = 200;
      var readers = java.util.stream.IntStream.range(0, 3).mapToObj(n -> Thread.ofPlatform().start(() -> {
        try {
          var target = MemorySegment.ofArray(new byte[1000]);
          for (long read = 0; read < blocks; ) {
            if (file.read(read * 1000, target) < 1000) continue;
            assertArrayEquals(bytes(1000, read), target.toArray(ValueLayout.JAVA_BYTE));
            read++;
          }
        } catch (Throwable e) {
          failure.set(e);
        }
      })).toList();
      for (int i = 0; i < blocks; i++) file.write(i * 1000L, MemorySegment.ofArray(bytes(1000, i)));
      for (var reader : readers) reader.join();
      if (failure.get() != null) throw new AssertionError(failure.get());
    }
  }

  /** Goal: it is a file system. Method: random operations against one file and an array. */
  @Test void randomOperationsAgreeWithAnArray() {
    long seed = System.nanoTime();
    var random = new SplittableRandom(seed);
    byte[] model = new byte[0];
    var file = vfs.open(at("a"), Mode.CREATE);
    try {
      for (int step = 0; step < 500; step++) {
        int size = random.nextInt(20_000);
        switch (random.nextInt(6)) {
          case 0, 1, 2 -> {
            byte[] content = bytes(random.nextInt(9_000) + 1, step);
            model = java.util.Arrays.copyOf(model, Math.max(model.length, size + content.length));
            System.arraycopy(content, 0, model, size, content.length);
            file.write(size, MemorySegment.ofArray(content));
          }
          case 3 -> {
            model = java.util.Arrays.copyOf(model, size);
            file.truncate(size);
          }
          case 4 -> {
            if (random.nextBoolean()) file.sync();
            model = java.util.Arrays.copyOf(model, Math.max(model.length, size));
            file.allocate(size);
          }
          default -> {
            file.close();
            file = vfs.open(at("a"), Mode.READ_WRITE);
          }
        }
        assertArrayEquals(model, read(file), "step " + step + ", seed " + seed);
      }
    } finally {
      file.close();
    }
  }
}
