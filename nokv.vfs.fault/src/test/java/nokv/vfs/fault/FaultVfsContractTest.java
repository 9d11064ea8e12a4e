package nokv.vfs.fault;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import nokv.spi.Vfs;
import nokv.vfs.MemVfs;
import nokv.vfs.OsVfs;
import nokv.vfs.VfsContract;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** A fault file system in which no rule comes due is the one underneath. */
final class FaultVfsContractTest {
  private static final List<Map<String, Object>> NEVER_DUE = List.of(Map.of("action", "power-cut", "path", "*.never"), Map.of("action", "fail", "nth", 1_000_000));

  @Nested final class OverOs extends VfsContract {
    @TempDir Path directory;

    @Override protected Vfs vfs() {
      return FaultVfs.over(new OsVfs(), 1, List.of());
    }

    @Override protected String directory() {
      return directory.toString();
    }
  }

  /** Here everything unsynced is accounted for, in case of a power cut. */
  @Nested final class OverOsWithPowerCuts extends VfsContract {
    @TempDir Path directory;

    @Override protected Vfs vfs() {
      return FaultVfs.over(new OsVfs(), 1, NEVER_DUE);
    }

    @Override protected String directory() {
      return directory.toString();
    }
  }

  @Nested final class OverMemWithPowerCuts extends VfsContract {
    private final MemVfs disk = MemVfs.plain();

    @Override protected Vfs vfs() {
      return FaultVfs.over(disk, 1, NEVER_DUE);
    }

    @Override protected String directory() {
      disk.createDirectories("db");
      return "db";
    }
  }
}
