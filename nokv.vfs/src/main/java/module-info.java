/** File systems: {@code os} and {@code mem}. */
module nokv.vfs {
  requires nokv.spi;

  exports nokv.vfs;

  provides nokv.spi.VfsProvider with nokv.vfs.OsVfsProvider, nokv.vfs.MemVfsProvider;
}
