/** The LSM storage engine; the local replicator and oracle. */
module nokv.engine.lsm {
  requires com.github.benmanes.caffeine;
  requires nokv.spi;
  requires org.slf4j;
}
