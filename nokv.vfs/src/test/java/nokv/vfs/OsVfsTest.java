package nokv.vfs;

import java.nio.file.Path;
import nokv.spi.Vfs;
import org.junit.jupiter.api.io.TempDir;

final class OsVfsTest extends VfsContract {
  @TempDir Path directory;

  @Override protected Vfs vfs() {
    return new OsVfs();
  }

  @Override protected String directory() {
    return directory.toString();
  }
}
