package nokv.raftstore;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import nokv.api.KvStore;
import nokv.api.NoKVException;
import nokv.raftstore.admin.RegionAdmin;
import nokv.raftstore.admin.Splitter;
import nokv.raftstore.client.Router;
import nokv.raftstore.key.PlacementKey;
import nokv.raftstore.kv.RaftRegister;
import nokv.raftstore.kv.RaftStore;
import nokv.raftstore.net.GrpcNetwork;
import nokv.raftstore.net.GrpcServer;
import nokv.raftstore.net.GrpcTransport;
import nokv.raftstore.placement.Placement;
import nokv.raftstore.placement.PlacementOptions;
import nokv.raftstore.proto.PlacementStatus;
import nokv.raftstore.proto.PlacementStatusRequest;
import nokv.raftstore.proto.Request;
import nokv.raftstore.proto.Response;
import nokv.raftstore.store.Store;
import nokv.raftstore.store.StoreOptions;
import nokv.raftstore.txn.Commands;
import nokv.spi.Environment;
import nokv.spi.NodeConfig;
import nokv.spi.Oracle;
import nokv.spi.RegionHook;
import nokv.spi.Register;
import nokv.spi.Replicator;
import nokv.spi.Security;
import nokv.spi.StorageEngine;
import nokv.spi.Topology;
import nokv.spi.txn.Stages;
import org.jspecify.annotations.Nullable;

/** The parts of the cluster that one process has: always the way to the stores, and in a store's process that store. */
final class RaftReplicator implements Replicator {
  private final Environment environment;
  private final Settings settings;
  private final Topology topology;
  private final GrpcTransport transport;
  private final Router router;
  private final @Nullable Commands commands;
  private final @Nullable Placement placement;
  private final @Nullable StorageEngine engine;
  private final @Nullable Store ownStore;
  /** What is open, in the order of opening. */
  private final Deque<AutoCloseable> parts;

  /** @param ioThreads event loops of all connections @param regionMaxBytes beyond which a region is split; 0 = none is */
  record Settings(Duration deadline, Duration attemptTimeout, long maxTransactionBytes, long commandBytes, int ioThreads, long regionMaxBytes, PlacementOptions placement) {}

  private RaftReplicator(Environment environment, Settings settings, Topology topology, GrpcTransport transport, Router router, @Nullable Commands commands, @Nullable Placement placement,
      @Nullable StorageEngine engine, @Nullable Store ownStore, Deque<AutoCloseable> parts) {
    this.environment = environment;
    this.settings = settings;
    this.topology = topology;
    this.transport = transport;
    this.router = router;
    this.commands = commands;
    this.placement = placement;
    this.engine = engine;
    this.ownStore = ownStore;
    this.parts = parts;
  }

  static RaftReplicator open(Environment environment, Settings settings, StoreOptions options, NodeConfig config, Supplier<StorageEngine> engine) {
    var parts = new ArrayDeque<AutoCloseable>();
    try {
      var transport = keep(parts, new GrpcTransport(environment, Security.of(config), settings.ioThreads));
      var addresses = new LinkedHashMap<Long, String>();
      for (Topology.Store store : config.topology().stores()) addresses.put(store.storeId(), store.addr());
      Long own = config.storeId();
      if (own == null) {
        var network = keep(parts, new GrpcNetwork(transport, addresses));
        return new RaftReplicator(environment, settings, config.topology(), transport, router(environment, settings, config, network), null, null, null, null, parts);
      }
      StorageEngine opened = engine.get();
      var store = keep(parts, Store.open(environment, options, config, opened));
      var network = keep(parts, new GrpcNetwork(transport, own, addresses, store::unreachable));
      var commands = keep(parts, new Commands(environment, opened, store, store.safePoint(), settings.commandBytes));
      var placement = keep(parts, new Placement(environment, settings.placement, config.topology(), store, commands.traffic()));
      store.start(network, request -> Placement.isFor(request) ? placement.handle(request) : commands.handle(request), commands.listener());
      keep(parts, new GrpcServer(transport, listenAddr(config, own), store));
      var router = router(environment, settings, config, network);
      keep(parts, new Splitter(environment, store, opened, new RegionAdmin(environment, router, config.topology()), settings.regionMaxBytes)).start();
      return new RaftReplicator(environment, settings, config.topology(), transport, router, commands, placement, opened, store, parts);
    } catch (RuntimeException e) {
      close(parts);
      throw e;
    }
  }

  private static Router router(Environment environment, Settings settings, NodeConfig config, GrpcNetwork network) {
    return new Router(environment, network, config.topology(), new Router.Settings(config.topology().maxRetries(), settings.deadline, settings.attemptTimeout, false));
  }

  private static String listenAddr(NodeConfig config, long storeId) {
    return config.topology().stores().stream().filter(store -> store.storeId() == storeId).findFirst().orElseThrow().listenAddr();
  }

  private static <T extends AutoCloseable> T keep(Deque<AutoCloseable> parts, T part) {
    parts.push(part);
    return part;
  }

  /** What operators do with the cluster's regions. */
  RegionAdmin admin() {
    return new RegionAdmin(environment, router, topology);
  }

  /** What placement knows and does, wherever it is. */
  CompletionStage<PlacementStatus> placement() {
    return Stages.plain(router.send(PlacementKey.bytes(), Request.newBuilder().setPlacementStatus(PlacementStatusRequest.getDefaultInstance())).thenApply(Response::getPlacementStatus));
  }

  @Override public void watch(RegionHook hook) {
    if (ownStore != null) ownStore.watch(hook);
  }

  @Override public Register register(String name) {
    return new RaftRegister(router, name);
  }

  /** A store's process also learns from the oracle up to which timestamps were read, which it needs to commit in one phase. */
  @Override public KvStore store(Oracle oracle) {
    if (commands != null) commands.start(oracle);
    if (placement != null) placement.start(router, oracle);
    return new RaftStore(environment, router, oracle, settings.maxTransactionBytes, settings.placement.lease());
  }

  /** Of this process's engine, and of a directory that was promoted; the cluster's oracle goes on from its own ceiling, which is above all that came after. */
  @Override public CompletionStage<Long> newestVersion() {
    return register(Promotion.NEWEST).read().thenApply(promoted -> Math.max(promoted, engine == null ? 0 : engine.maxVersion()));
  }

  @Override public Map<String, Object> stats() {
    return placement == null ? Map.of("transport", transport.stats()) : Map.of("transport", transport.stats(), "placement", placement.stats());
  }

  @Override public void close() {
    close(parts);
  }

  private static void close(Deque<AutoCloseable> parts) {
    NoKVException failure = null;
    for (AutoCloseable part; (part = parts.poll()) != null; ) {
      try {
        part.close();
      } catch (Exception e) {
        var told = e instanceof NoKVException known ? known : new NoKVException("closing " + part.getClass().getSimpleName() + ": " + e.getMessage(), e);
        if (failure == null) failure = told;
        else failure.addSuppressed(told);
      }
    }
    if (failure != null) throw failure;
  }
}
