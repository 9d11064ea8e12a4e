/** A file system that wraps another and fails on purpose. */
module nokv.vfs.fault {
  requires nokv.spi;

  exports nokv.vfs.fault;

  provides nokv.spi.VfsProvider with nokv.vfs.fault.FaultVfsProvider;
}
