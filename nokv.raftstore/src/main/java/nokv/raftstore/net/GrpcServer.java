package nokv.raftstore.net;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import nokv.api.ConfigException;

/** Serves a {@link Receiver}: what clients and other stores send to this process. */
public final class GrpcServer implements AutoCloseable {
  private static final int BACKLOG = 1024;
  private static final long KEEPALIVE_SECONDS = 20;
  private static final long LEAST_KEEPALIVE_SECONDS = 5;
  private static final long CLOSE_SECONDS = 5;

  private final Server server;

  /**
   * Listens from here on.
   *
   * @param listenAddr {@code host:port}; port 0 = any that is free
   * @throws ConfigException if the address cannot be bound, or the certificates cannot be read
   */
  public GrpcServer(GrpcTransport transport, String listenAddr, Receiver receiver) {
    int colon = listenAddr.lastIndexOf(':');
    var address = new InetSocketAddress(listenAddr.substring(0, colon), Integer.parseInt(listenAddr.substring(colon + 1)));
    var builder = NettyServerBuilder.forAddress(address, Credentials.ofServer(transport.security)).bossEventLoopGroup(transport.loops).workerEventLoopGroup(transport.loops)
        .channelType(NioServerSocketChannel.class).directExecutor().withOption(ChannelOption.SO_BACKLOG, BACKLOG).withOption(ChannelOption.SO_REUSEADDR, true)
        .withChildOption(ChannelOption.TCP_NODELAY, true).flowControlWindow(GrpcTransport.WINDOW_BYTES).maxInboundMessageSize(GrpcTransport.MESSAGE_BYTES)
        .keepAliveTime(KEEPALIVE_SECONDS, TimeUnit.SECONDS).permitKeepAliveTime(LEAST_KEEPALIVE_SECONDS, TimeUnit.SECONDS).permitKeepAliveWithoutCalls(true)
        .addService(new KvService(transport, receiver)).addService(new RaftService(transport, receiver));
    if (transport.credentials instanceof Token token) builder.intercept(token.check(transport.metrics));
    try {
      server = builder.build().start();
    } catch (IOException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new ConfigException("listen_addr " + listenAddr + " of the store cannot be bound: " + cause.getMessage() + "; stop what uses it or choose another", e);
    }
  }

  public int port() {
    return server.getPort();
  }

  /** Streams that are open break. */
  @Override public void close() {
    server.shutdownNow();
    try {
      server.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
