/** The Redis protocol. */
module nokv.protocol.resp {
  requires nokv.spi;
  requires io.netty.buffer;
  requires io.netty.common;
  requires io.netty.transport;
  requires org.slf4j;

  provides nokv.spi.ProtocolFrontendProvider with nokv.protocol.resp.RespFrontendProvider;

  exports nokv.protocol.resp;
}
