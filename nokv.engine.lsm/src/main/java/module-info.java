/** The LSM storage engine; the local replicator and oracle. */
module nokv.engine.lsm {
  requires nokv.spi;
  requires org.slf4j;
}
