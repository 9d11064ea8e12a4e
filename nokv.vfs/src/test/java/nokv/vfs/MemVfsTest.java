package nokv.vfs;

import nokv.spi.Vfs;

final class MemVfsTest extends VfsContract {
  private final MemVfs disk = MemVfs.strict(1);

  @Override protected Vfs vfs() {
    return disk;
  }

  @Override protected String directory() {
    disk.createDirectories("db");
    return "db";
  }
}
