/** The value log, and {@code inline}. */
module nokv.vlog {
  requires nokv.spi;

  provides nokv.spi.ValueStoreProvider with nokv.vlog.VlogProvider, nokv.vlog.InlineProvider;
}
