/** A file system that wraps another and fails on purpose. */
module nokv.vfs.fault {
  requires nokv.spi;
}
