package nokv.vfs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import nokv.spi.Vfs;
import nokv.spi.VfsException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OsVfsTest extends VfsContract {
  @TempDir Path directory;

  @Override protected Vfs vfs() {
    return new OsVfs();
  }

  @Override protected String directory() {
    return directory.toString();
  }

  /** Tries to take a lock in a process of its own: exit code 0 if it gets it, 3 if it is held. */
  static final class LockTaker {
    public static void main(String[] args) throws Exception {
      try {
        new OsVfs().lock(args[0]).close();
      } catch (VfsException e) {
        System.exit(e.kind() == VfsException.Cause.LOCKED ? 3 : 1);
      }
    }
  }

  private int lockElsewhere(String path) throws Exception {
    return new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
        System.getProperty("java.class.path"), LockTaker.class.getName(), path).inheritIO().start().waitFor();
  }

  /** POSIX drops all locks of a file when its process closes any descriptor of it: a second attempt within the process must not open one. */
  @Test void aLockHoldsAgainstOtherProcessesEvenAfterASecondAttemptInThisOne() throws Exception {
    String path = directory + "/LOCK";
    AutoCloseable held = new OsVfs().lock(path);
    assertThrows(VfsException.class, () -> new OsVfs().lock(path));
    assertEquals(3, lockElsewhere(path));
    held.close();
    assertEquals(0, lockElsewhere(path));
  }

  @Test void aFullDeviceIsNoSpaceAndTheFileStaysUsable() {
    assumeTrue(Files.isWritable(Path.of("/dev/full")), "no /dev/full here");
    try (var file = new OsVfs().open("/dev/full", Vfs.Mode.READ_WRITE)) {
      for (int i = 0; i < 2; i++) {
        var e = assertThrows(VfsException.class, () -> file.write(0, MemorySegment.ofArray(new byte[10])));
        assertEquals(VfsException.Cause.NO_SPACE, e.kind());
        assertTrue(e.getMessage().startsWith("cannot write at 0 of /dev/full: "), e.getMessage());
        assertEquals(5, file.read(0, MemorySegment.ofArray(new byte[5])));
      }
    }
  }
}
