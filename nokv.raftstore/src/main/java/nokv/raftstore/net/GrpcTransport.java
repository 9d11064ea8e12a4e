package nokv.raftstore.net;

import io.grpc.CallCredentials;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import nokv.spi.Environment;
import nokv.spi.Security;
import org.jspecify.annotations.Nullable;

/**
 * What all gRPC connections of a process share: event loops, protection, figures. Everything on a connection runs on its event loop; there are no other threads, since nothing that is called
 * there parks. Close networks and servers first.
 */
public final class GrpcTransport implements AutoCloseable {
  /** The largest request. */
  static final int REQUEST_BYTES = 64 << 20;
  /** What is taken from others at once: a raft entry or an answer may hold a largest request and a little more. What is larger is not sent, since it would break the stream for all. */
  static final int MESSAGE_BYTES = 2 * REQUEST_BYTES;
  static final int WINDOW_BYTES = 4 << 20;
  private static final int CONNECT_MILLIS = 1_000;
  /** gRPC's least. */
  private static final long KEEPALIVE_SECONDS = 10;
  private static final long KEEPALIVE_TIMEOUT_SECONDS = 5;
  private static final long CLOSE_SECONDS = 5;

  final Environment environment;
  final Security security;
  final TransportMetrics metrics;
  /** What calls carry; null = nothing. */
  final @Nullable CallCredentials credentials;
  final EventLoopGroup loops;
  private final Set<ManagedChannel> channels = ConcurrentHashMap.newKeySet();

  /** @param threads event loops; one does some 100,000 small messages a second */
  public GrpcTransport(Environment environment, Security security, int threads) {
    this.environment = environment;
    this.security = security;
    credentials = security.token() == null ? null : new Token(security.token());
    metrics = new TransportMetrics(environment.metrics());
    loops = new MultiThreadIoEventLoopGroup(threads, new DefaultThreadFactory("nokv-grpc", true), NioIoHandler.newFactory());
  }

  /** The loop this thread is. */
  EventLoop currentLoop() {
    for (EventExecutor loop : loops) if (loop.inEventLoop()) return (EventLoop) loop;
    throw new IllegalStateException("not on an event loop of this transport");
  }

  /** A connection of its own that whoever asked for it shuts down; {@code address} is {@code host:port}. */
  ManagedChannel connectionTo(String address, EventLoop loop) {
    return opened(builder(address, loop));
  }

  /** A connection that is open as long as a snapshot takes. */
  ManagedChannel bulkConnectionTo(String address) {
    return opened(builder(address, loops.next()).keepAliveTime(KEEPALIVE_SECONDS, TimeUnit.SECONDS).keepAliveTimeout(KEEPALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS));
  }

  private ManagedChannel opened(NettyChannelBuilder builder) {
    channels.removeIf(ManagedChannel::isTerminated);
    var channel = builder.build();
    channels.add(channel);
    return channel;
  }

  private NettyChannelBuilder builder(String address, EventLoop loop) {
    return NettyChannelBuilder.forTarget("dns:///" + address, Credentials.ofClient(security)).eventLoopGroup(loop).channelType(NioSocketChannel.class).directExecutor()
        .offloadExecutor(environment.io()).withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS).withOption(ChannelOption.TCP_NODELAY, true)
        .flowControlWindow(WINDOW_BYTES).maxInboundMessageSize(MESSAGE_BYTES).disableRetry();
  }

  /** Figures by name: {@code streams}, {@code bytes}, {@code drops} ... */
  public Map<String, Object> stats() {
    return metrics.asMap();
  }

  @Override public void close() {
    // A channel that is shut down still has tasks for its loop.
    try {
      for (var channel : channels) channel.shutdownNow().awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
  }
}
