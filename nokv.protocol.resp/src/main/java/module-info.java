/** The Redis protocol. */
module nokv.protocol.resp {
  requires nokv.spi;
}
