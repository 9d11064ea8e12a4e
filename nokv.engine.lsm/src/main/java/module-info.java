/** The LSM storage engine; the local replicator and oracle. */
@SuppressWarnings("requires-automatic")
module nokv.engine.lsm {
  requires aircompressor.v3;
  requires nokv.spi;
  requires org.slf4j;

  provides nokv.spi.ReplicatorProvider with nokv.engine.local.LocalReplicatorProvider;
  provides nokv.spi.OracleProvider with nokv.engine.local.LocalOracleProvider;
  provides nokv.spi.StorageEngineProvider with nokv.engine.lsm.LsmEngineProvider;
}
