/** A plugin for NoKV: the protocol frontend {@code http}. */
module example.http {
  requires jdk.httpserver;
  requires nokv.spi;

  provides nokv.spi.ProtocolFrontendProvider with example.http.HttpFrontendProvider;
}
