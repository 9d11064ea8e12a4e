/** File systems: {@code os} and {@code mem}. */
module nokv.vfs {
  requires nokv.spi;
}
