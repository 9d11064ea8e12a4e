/** The Redis protocol. */
@SuppressWarnings("requires-automatic")
module nokv.protocol.resp {
  requires nokv.spi;
  requires io.netty.buffer;
  requires io.netty.common;
  requires io.netty.handler;
  requires io.netty.transport;
  requires org.slf4j;
  requires party.iroiro.luajava;
  requires party.iroiro.luajava.lua51;

  provides nokv.spi.ProtocolFrontendProvider with nokv.protocol.resp.RespFrontendProvider;

  exports nokv.protocol.resp;
}
