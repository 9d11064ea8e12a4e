/** The timestamp service. */
module nokv.tso {
  requires nokv.spi;
}
