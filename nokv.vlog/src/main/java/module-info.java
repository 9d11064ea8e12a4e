/** The value log, and {@code inline}. */
module nokv.vlog {
  requires nokv.spi;
}
