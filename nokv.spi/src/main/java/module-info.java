/** What applications call ({@code nokv.api}) and what plugins implement ({@code nokv.spi}). */
module nokv.spi {
  requires transitive com.codahale.metrics;
  requires transitive org.jspecify;
  requires org.slf4j;

  exports nokv.api;
  exports nokv.spi;
  exports nokv.spi.txn;

  uses nokv.spi.VfsProvider;
  uses nokv.spi.ValueStoreProvider;
  uses nokv.spi.StorageEngineProvider;
  uses nokv.spi.ReplicatorProvider;
  uses nokv.spi.OracleProvider;
  uses nokv.spi.ProtocolFrontendProvider;
  uses nokv.spi.RegionHookProvider;
  uses nokv.spi.TopologyReader;
}
