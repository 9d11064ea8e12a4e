package nokv.protocol.resp;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.FastThreadLocal;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import nokv.api.ConfigException;
import nokv.api.KvStore;
import nokv.api.NoKVException;
import nokv.spi.Clock;
import nokv.spi.Environment;
import nokv.spi.NodeConfig;
import nokv.spi.ProtocolFrontend;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The server: its socket, its connections, and where units are executed. */
final class RespFrontend implements ProtocolFrontend {
  private static final Logger LOG = LoggerFactory.getLogger(RespFrontend.class);
  private static final int BACKLOG = 1024;

  private final Environment environment;
  private final RespOptions options;
  private final NodeConfig config;
  private final KvStore store;
  private final Supplier<Map<String, Object>> nodeStats;
  private final Figures figures;
  private final Blocked blocked;
  private final Execution execution;
  private final Reclaim reclaim;
  private final Keyspace direct;
  /** Whether an event loop may read the store: not if it is on the other side of a network. */
  private final boolean readsHere;
  /** One for each event loop. */
  private final FastThreadLocal<Call> readers = new FastThreadLocal<>() {
    @Override protected Call initialValue() {
      return reader();
    }
  };
  private final ServerSettings settings;
  private final ScanCursors scans = new ScanCursors();
  private final Scripts scripts = new Scripts(this);
  private final CommandFigures commandFigures = new CommandFigures();
  private final SlowLog slowLog = new SlowLog();
  private final PubSub pubSub = new PubSub();
  private final Set<Connection> monitors = ConcurrentHashMap.newKeySet();
  private final Pause pause;
  private final Acl acl;
  private final Watches watches = new Watches();
  private final Accesses accesses = new Accesses();
  private final Tracking tracking;
  private final Expiries expiries;
  private final LatencyEvents latencyEvents = new LatencyEvents();
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
  private final AtomicLong clientIds = new AtomicLong();
  private final long startedMillis;
  private final EventLoopGroup loops;
  private final Channel listening;

  RespFrontend(Environment environment, RespOptions options, NodeConfig config, KvStore store, Supplier<Map<String, Object>> nodeStats) {
    this.environment = environment;
    this.options = options;
    this.config = config;
    this.store = store;
    this.nodeStats = nodeStats;
    this.figures = new Figures(environment.metrics());
    this.direct = new Keyspace(store, environment.clock());
    boolean shared = !config.topology().embedded();
    this.readsHere = !shared;
    this.blocked = new Blocked(this, store, environment, shared);
    this.execution = shared ? new Latched(this, environment, store)
        : new Lane(environment.io(), blocked, new Group(this, environment, store, new Keyspace(store, environment.clock()), false));
    this.settings = new ServerSettings(options);
    this.pause = new Pause(this, environment);
    this.tracking = new Tracking(this, environment, shared);
    this.expiries = new Expiries(this, environment);
    this.acl = new Acl(this, environment, options, shared);
    acl.start();
    this.startedMillis = environment.clock().millis();
    this.loops = new MultiThreadIoEventLoopGroup(options.ioThreads(), new DefaultThreadFactory("nokv-resp", true), NioIoHandler.newFactory());
    this.listening = listen();
    this.reclaim = new Reclaim(this, store, environment);
    if (!config.readOnly()) reclaim.start();
  }

  private Channel listen() {
    var bootstrap = new ServerBootstrap().group(loops).channel(NioServerSocketChannel.class)
        .option(ChannelOption.SO_BACKLOG, BACKLOG).option(ChannelOption.SO_REUSEADDR, true)
        .childOption(ChannelOption.TCP_NODELAY, true).childOption(ChannelOption.SO_KEEPALIVE, true)
        .childHandler(new ChannelInitializer<Channel>() {
          @Override protected void initChannel(Channel channel) {
            if (options.tls() instanceof SslContext tls) channel.pipeline().addLast(tls.newHandler(channel.alloc()));
            channel.pipeline().addLast(new Connection(RespFrontend.this));
          }
        });
    var bound = bootstrap.bind(new InetSocketAddress(options.host(), options.port())).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
      throw new ConfigException(config.source() + ": resp.listen_addr " + options.host() + ":" + options.port() + " cannot be bound: " + bound.cause().getMessage()
          + "; stop what uses it or choose another", bound.cause());
    }
    return bound.channel();
  }

  /**
   * Executes a unit where its commands may run: here if they touch no store, or only read it and the store is in this process; otherwise by {@link Execution}, if they write, or on a task of their own.
   */
  void execute(Unit unit) {
    if (pause.holds(unit)) return;
    Access access = unit.access();
    if (access.compareTo(Access.SESSION) <= 0) read(unit, new Call(this, direct));
    else if (access.compareTo(Access.READ) > 0) execution.submit(unit);
    else if (readsHere && unit.isPrompt() && unit.connection.loop().inEventLoop()) read(unit, readers.get());
    else environment.io().execute(() -> read(unit, reader()));
  }

  private Call reader() {
    return new Call(this, newKeyspace());
  }

  private void read(Unit unit, Call call) {
    for (; !unit.finished(); unit.next++) {
      int mark = unit.reply.mark();
      try {
        perform(call, unit, unit.next);
      } catch (NoKVException e) {
        unit.reply.rewind(mark);
        fail(unit.reply, e);
      } catch (RuntimeException | Error e) {
        unit.reply.rewind(mark);
        fail(unit.reply, defect(e));
      }
    }
    unit.connection.executed(unit);
  }

  /** Executes one request and writes its reply. @throws NoKVException the store cannot; what was written of the reply is to be taken back */
  void perform(Call call, Unit unit, int index) {
    try {
      call.from(unit.connection);
      int mark = unit.reply.mark();
      Request request = unit.requests.get(index);
      perform(call.ofWaiting(request, unit.reply, false));
      if (request.isMuted()) unit.reply.rewind(mark);
    } catch (ReplyWriter.OutputLimitException e) {
      unit.overflowed = true;
    }
  }

  /** Executes a request that waited, because a key of it was written; false = it waits on, what it wrote of a reply is to be taken back. */
  boolean performAgain(Call call, Request request, Unit unit) {
    try {
      call.from(unit.connection);
      run(call.ofWaiting(request, unit.reply, true));
    } catch (RedisError e) {
      if (e == RedisError.WRONG_TYPE) return false;
      failed(e.text());
      unit.reply.error(e.text());
    } catch (ReplyWriter.OutputLimitException e) {
      unit.overflowed = true;
    } finally {
      call.keys.unpin();
    }
    return call.takeWish() == null;
  }

  /** Executes one call; an error it throws is its reply. */
  void perform(Call call) {
    int mark = call.reply().mark();
    try {
      byte[] prepared = call.request().prepared();
      if (prepared != null) call.reply().encoded(prepared);
      else run(call);
    } catch (RedisError e) {
      if (!e.isCounted()) failed(e.text());
      call.reply().rewind(mark);
      call.reply().error(e.text());
    } finally {
      call.keys.unpin();
    }
  }

  /** Runs a command's handler and notes how long it took, unless it has come to wait. @throws RedisError its reply is an error */
  void run(Call call) {
    RedisCommand command = java.util.Objects.requireNonNull(call.request().command());
    long start = environment.clock().nanos();
    boolean failed = true;
    int events = settings.events();
    boolean tracked = tracking.isActive();
    call.keys.note(events != 0 || tracked || watches.isActive(), (events & KeyEvents.NEW) != 0);
    if (call.request().isTracked() && command.has(Flag.READONLY) && !command.group().equals("scripting")) tracking.read(call, call.request());
    try {
      command.handler().run(call);
      if (call.keys.isNoting()) changed(call, command, events);
      failed = false;
    } finally {
      if (!call.isWaiting()) ran(call, command, environment.clock().nanos() - start, failed);
    }
  }

  /** Tells those who listen what a command has changed. */
  private void changed(Call call, RedisCommand command, int events) {
    if (call.keys.changes().isEmpty()) return;
    if (watches.isActive()) for (Keyspace.Change change : call.keys.changes()) call.keys.afterwards(() -> watches.written(change.database(), change.key()));
    boolean heard = events != 0 || tracking.isActive();
    if (heard) for (Keyspace.Change change : call.keys.changes()) if (change.expiryMillis() != 0) call.keys.afterwards(() -> expiries.add(change.database(), change.key(), change.expiryMillis()));
    if (tracking.isActive()) tracking.changed(call);
    if (events != 0) KeyEvents.publish(call, command, events);
    call.keys.note(false, false); // so that a transaction does not report again what its commands have
  }

  /** Tells them that a key has expired. From any thread. */
  void expired(int database, byte[] key) {
    KeyEvents.expired(pubSub, settings.events(), database, key);
    if (tracking.isActive()) tracking.expired(key);
  }

  private void ran(Call call, RedisCommand command, long nanos, boolean failed) {
    commandFigures.ran(command, nanos, failed);
    long slower = settings.slowerThanMicros();
    if (slower >= 0 && nanos / 1000 >= slower && !command.has(Flag.SKIP_SLOWLOG)) {
      slowLog.add(environment.clock().millis() / 1000, nanos / 1000, call.args(), call.client(), settings.number("slowlog-max-len"));
    }
    long spike = settings.latencyMillis();
    if (spike > 0 && nanos / 1_000_000 >= spike) latencyEvents.add(command.has(Flag.FAST) ? "fast-command" : "command", environment.clock().millis() / 1000, nanos / 1_000_000);
  }

  /** Whether the heap in use passes {@code maxmemory}, if that is set. */
  boolean isShortOfMemory() {
    long limit = settings.maxMemoryBytes();
    return limit > 0 && usedMemoryBytes() > limit;
  }

  /** There are no replicas of Redis's kind, so as many as are asked for there never are. */
  boolean lacksReplicas() {
    return settings.minReplicas() > 0;
  }

  /** @throws RedisError the heap in use passes {@code maxmemory}, if that is set */
  void checkMemory() {
    if (isShortOfMemory()) throw new RedisError("OOM command not allowed when used memory > 'maxmemory'.");
  }

  static long usedMemoryBytes() {
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  /** A command was refused before it was executed. @param command null = it is not known */
  void rejected(@org.jspecify.annotations.Nullable RedisCommand command, String error) {
    figures.errors.inc();
    commandFigures.rejected(command, error);
  }

  /** An error was replied. */
  void failed(String error) {
    figures.errors.inc();
    commandFigures.failed(error);
  }

  /** The reply to a command that the store could not carry out. */
  void fail(ReplyWriter reply, NoKVException failure) {
    String text = StoreErrors.text(failure);
    failed(text);
    reply.error(text);
  }

  NoKVException defect(Throwable e) {
    LOG.error("a command failed by a defect of this program", e);
    return new NoKVException("internal error: " + e, e);
  }

  void finished(Unit unit) {
    expiries.touched();
    figures.latency.update(environment.clock().nanos() - unit.startNanos, TimeUnit.NANOSECONDS);
  }

  void count() {
    figures.commands.inc();
  }

  /** Whether there is room for one more connection; if so it counts from now on. */
  boolean admit(Connection connection) {
    if (connections.size() >= options.maxConnections()) {
      figures.rejected.inc();
      return false;
    }
    connections.add(connection);
    figures.connections.inc();
    figures.connectionsTotal.inc();
    return true;
  }

  void leave(Connection connection) {
    if (connections.remove(connection)) figures.connections.dec();
  }

  long nextClientId() {
    return clientIds.incrementAndGet();
  }

  RespOptions options() {
    return options;
  }

  Figures figures() {
    return figures;
  }

  Clock clock() {
    return environment.clock();
  }

  long random() {
    return environment.random().getAsLong();
  }

  Logger log() {
    return LOG;
  }

  Keyspace directKeys() {
    return direct;
  }

  Blocked blocked() {
    return blocked;
  }

  Reclaim reclaim() {
    return reclaim;
  }

  Execution execution() {
    return execution;
  }

  ServerSettings settings() {
    return settings;
  }

  ScanCursors scans() {
    return scans;
  }

  Scripts scripts() {
    return scripts;
  }

  CommandFigures commandFigures() {
    return commandFigures;
  }

  SlowLog slowLog() {
    return slowLog;
  }

  PubSub pubSub() {
    return pubSub;
  }

  /** Connections that are sent every command. */
  Set<Connection> monitors() {
    return monitors;
  }

  /** Sends a command to those who monitor. */
  void monitored(int db, String origin, RedisCommand command, byte[][] args) {
    if (monitors.isEmpty() || command.has(Flag.ADMIN)) return;
    String line = ClientCommands.line(environment.clock().millis() * 1000, db, origin, args);
    for (Connection each : monitors) each.push(reply -> reply.simple(line));
  }

  Tracking tracking() {
    return tracking;
  }

  Expiries expiries() {
    return expiries;
  }

  Accesses accesses() {
    return accesses;
  }

  Watches watches() {
    return watches;
  }

  Acl acl() {
    return acl;
  }

  /** Reads the newest state. */
  Keyspace newKeyspace() {
    return new Keyspace(store, environment.clock());
  }

  Pause pause() {
    return pause;
  }

  LatencyEvents latencyEvents() {
    return latencyEvents;
  }

  Collection<Connection> connections() {
    return connections;
  }

  Map<String, Object> nodeStats() {
    return nodeStats.get();
  }

  NodeConfig config() {
    return config;
  }

  long startedMillis() {
    return startedMillis;
  }

  @Override public SocketAddress address() {
    return listening.localAddress();
  }

  @Override public Map<String, Object> stats() {
    return Map.of("resp", figures.tree());
  }

  @Override public void close() {
    listening.close().awaitUninterruptibly();
    acl.close();
    pause.end();
    scripts.stop();
    blocked.close();
    reclaim.close();
    for (Connection connection : connections) connection.close();
    long deadline = environment.clock().nanos() + options.closeTimeout().toNanos();
    while (!connections.isEmpty() && environment.clock().nanos() < deadline) java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
    for (Connection connection : connections) connection.kill();
    loops.shutdownGracefully(0, options.closeTimeout().toMillis(), TimeUnit.MILLISECONDS).awaitUninterruptibly();
  }
}
