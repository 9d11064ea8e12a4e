package nokv.protocol.resp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * One client. Parses what arrives, takes what needs no store at once, and gives the rest to be executed as a {@link Unit}; one unit at a time, so replies leave in
 * order. What arrives meanwhile gathers in the next unit; past a limit nothing more is read until that one's turn comes. Lives on its event loop, except
 * {@link #executed} and {@link #close}.
 */
final class Connection extends ChannelInboundHandlerAdapter {
  private static final int FIRST_REPLY_BYTES = 512;

  private final RespFrontend server;
  private final RequestParser parser;
  private @Nullable ChannelHandlerContext context;
  private @Nullable Session session;
  /** What has arrived and is not being executed. */
  private @Nullable Unit gathering;
  private boolean executing;
  /** What is to be sent behind the replies to what is being executed. */
  private final java.util.ArrayDeque<ByteBuf> pushes = new java.util.ArrayDeque<>();
  private long pushedBytes;
  /** Since when the client is owed more than its soft limit; 0 = it is not. */
  private long softlyPassedMillis;
  /** No more requests are taken: QUIT, a protocol error, or the server closes. */
  private volatile boolean ending;
  private volatile boolean gone;
  /** The request of this connection that waits. */
  volatile Blocked.@Nullable Waiter waiter;

  Connection(RespFrontend server) {
    this.server = server;
    RespOptions options = server.options();
    this.parser = new RequestParser(options.maxBulkBytes(), options.maxArguments(), options.maxRequestBytes());
  }

  EventLoop loop() {
    return context().channel().eventLoop();
  }

  boolean admitted() {
    return session != null;
  }

  Session session() {
    return Objects.requireNonNull(session);
  }

  private ChannelHandlerContext context() {
    return Objects.requireNonNull(context);
  }

  @Override public void channelActive(ChannelHandlerContext ctx) {
    context = ctx;
    if (!server.admit(this)) {
      ending = true;
      byte[] refusal = "-ERR max number of clients reached\r\n".getBytes(StandardCharsets.ISO_8859_1);
      ctx.writeAndFlush(Unpooled.wrappedBuffer(refusal)).addListener(ChannelFutureListener.CLOSE);
      return;
    }
    session = new Session(server.nextClientId(), text(ctx.channel().remoteAddress()), text(ctx.channel().localAddress()), server.clock().millis(), server.acl());
  }

  private static String text(java.net.SocketAddress address) {
    return address instanceof java.net.InetSocketAddress inet ? inet.getAddress().getHostAddress() + ":" + inet.getPort() : String.valueOf(address);
  }

  @Override public void channelInactive(ChannelHandlerContext ctx) {
    ending = true;
    gone = true;
    server.leave(this);
    if (session != null) server.pubSub().leave(this);
    if (session != null) server.tracking().leave(this);
    if (session != null && session.queued instanceof Queued queued) server.watches().forget(queued);
    server.monitors().remove(this);
    Blocked.Waiter waiting = waiter;
    if (waiting != null) server.blocked().end(waiting, reply -> { });
    Unit rest = gathering;
    gathering = null;
    if (rest != null) rest.reply.buffer().release();
    for (ByteBuf pushed : pushes) pushed.release();
    pushes.clear();
  }

  @Override public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    boolean lost = cause instanceof IOException || cause.getCause() instanceof SSLException;
    if (lost) server.log().debug("connection of {} lost: {}", ctx.channel().remoteAddress(), cause.getMessage());
    else server.log().error("connection of {} closed", ctx.channel().remoteAddress(), cause);
    ctx.close();
  }

  @Override public void channelRead(ChannelHandlerContext ctx, Object message) {
    var in = (ByteBuf) message;
    try {
      server.figures().bytesIn.inc(in.readableBytes());
      while (!ending) {
        parser.authenticated(server.acl().isAuthenticated(session()));
        byte[][] args = parser.next(in);
        if (args == null) break;
        Session.Replies before = session().replies;
        session().queryBytes = parser.requestBytes();
        Request request = CommandIntake.request(server, this, args);
        unit().add(session().isMuted(before) && !session().takesPush() ? request.muted() : request, parser.requestBytes());
      }
    } catch (ProtocolException e) {
      server.figures().errors.inc();
      unit().add(Request.prepared(("-" + e.text() + "\r\n").getBytes(StandardCharsets.ISO_8859_1)), 0);
      end();
    } finally {
      in.release();
    }
  }

  @Override public void channelReadComplete(ChannelHandlerContext ctx) {
    dispatch();
    Unit rest = gathering;
    if (ending || rest != null && rest.bytes() > server.options().inFlightBytes()) ctx.channel().config().setAutoRead(false);
  }

  /** Takes no further request; the connection is closed behind the replies to those it has. */
  void end() {
    ending = true;
    if (session != null) server.pubSub().leave(this);
    if (gathering != null) gathering.last = true;
  }

  private ReplyWriter newReply() {
    return new ReplyWriter(context().alloc().buffer(FIRST_REPLY_BYTES), server.options().outputLimitBytes());
  }

  boolean isGone() {
    return gone;
  }

  /** Whether it takes no more requests, or is gone. */
  boolean isLeaving() {
    return ending || gone;
  }

  private Unit unit() {
    Unit unit = gathering;
    if (unit == null) {
      unit = new Unit(this, newReply(), server.clock().nanos());
      gathering = unit;
    }
    return unit;
  }

  private void dispatch() {
    Unit unit = gathering;
    if (unit == null || executing) return;
    gathering = null;
    executing = true;
    if (ending) unit.last = true;
    server.execute(unit);
  }

  /** The unit's replies are complete. From any thread. */
  void executed(Unit unit) {
    var loop = context().channel().eventLoop();
    try {
      if (loop.inEventLoop()) finish(unit);
      else loop.execute(() -> finish(unit));
    } catch (java.util.concurrent.RejectedExecutionException e) { // the server has stopped
      unit.reply.buffer().release();
    }
  }

  /** Sends the replies a unit has so far; the others go to a new buffer. From any thread that owns the unit. */
  void sendSoFar(Unit unit) {
    ByteBuf out = unit.reply.buffer();
    if (!out.isReadable()) return;
    unit.reply = newReply();
    try {
      context().channel().eventLoop().execute(() -> send(out, false));
    } catch (java.util.concurrent.RejectedExecutionException e) { // the server has stopped
      out.release();
    }
  }

  /**
   * Sends what is no reply: a message, a notice. Behind the replies to what is being executed, so that who subscribes is told so before the first message; at once to who waits. From any thread.
   */
  void push(java.util.function.Consumer<ReplyWriter> message) {
    try {
      context().channel().eventLoop().execute(() -> {
        if (gone) return;
        ReplyWriter writer = newReply();
        writer.protocol(session().resp3);
        try {
          message.accept(writer);
        } catch (ReplyWriter.OutputLimitException e) {
          send(writer.buffer(), true);
          return;
        }
        pushes.add(writer.buffer());
        pushedBytes += writer.buffer().readableBytes();
        if (!executing || waiter != null) sendPushes();
        else if (pushedBytes > server.options().outputLimitBytes()) context().close();
      });
    } catch (java.util.concurrent.RejectedExecutionException e) { // the server has stopped, and with it whoever would read this
      server.log().debug("a message to {} is dropped: the server has stopped", session().address);
    }
  }

  private void sendPushes() {
    pushedBytes = 0;
    for (ByteBuf out; (out = pushes.poll()) != null; ) send(out, false);
  }

  private void finish(Unit unit) {
    executing = false;
    server.finished(unit);
    if (!send(unit.reply.buffer(), unit.overflowed)) return;
    sendPushes();
    if (unit.last) {
      closeBehind();
      return;
    }
    dispatch();
    if (gathering == null && !ending) context().channel().config().setAutoRead(true);
    if (ending && !executing) closeBehind();
  }

  private void closeBehind() {
    context().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
  }

  /** False where the connection is closed, or is so now because its client does not read. */
  private boolean send(ByteBuf out, boolean overflowed) {
    ChannelHandlerContext ctx = context();
    if (!ctx.channel().isActive()) {
      out.release();
      return false;
    }
    if (overflowed || owesTooMuch(owed() + out.readableBytes())) {
      out.release();
      server.log().warn("client {} cut: its replies not read would pass resp.output_limit or client-output-buffer-limit", session().address);
      server.figures().cut.inc();
      ctx.close();
      return false;
    }
    server.figures().bytesOut.inc(out.readableBytes());
    ctx.writeAndFlush(out, ctx.voidPromise());
    return true;
  }

  /** Bytes of replies that the client has not read. */
  private long owed() {
    var queue = context().channel().unsafe().outboundBuffer();
    return queue == null ? 0 : queue.totalPendingWriteBytes();
  }

  private boolean owesTooMuch(long bytes) {
    if (bytes > server.options().outputLimitBytes()) return true;
    OutputLimit limit = server.settings().outputLimit(session().isSubscribed());
    if (limit.isSoftlyPassed(bytes)) {
      if (softlyPassedMillis == 0) softlyPassedMillis = server.clock().millis();
    } else {
      softlyPassedMillis = 0;
    }
    return limit.isPassed(bytes, softlyPassedMillis, softlyPassedMillis == 0 ? 0 : server.clock().millis());
  }

  /** Answers what has arrived, then closes. From any thread. */
  void close() {
    ChannelHandlerContext ctx = context;
    if (ctx == null) return;
    ctx.channel().eventLoop().execute(() -> {
      ending = true;
      ctx.channel().config().setAutoRead(false);
      if (!executing && gathering == null) ctx.close();
    });
  }

  /** Ends a client that may not be here any more: behind the reply to what is being executed, at once where it waits. From any thread. */
  void cut() {
    if (waiter != null) kill();
    else close();
  }

  /** Closes at once, whatever is under way. From any thread. */
  void kill() {
    ChannelHandlerContext ctx = context;
    if (ctx != null) ctx.close();
  }
}
