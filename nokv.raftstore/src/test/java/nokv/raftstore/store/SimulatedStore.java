package nokv.raftstore.store;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import nokv.engine.lsm.LsmEngineProvider;
import nokv.raftstore.client.Router;
import nokv.raftstore.net.Network;
import nokv.raftstore.placement.Placement;
import nokv.raftstore.placement.PlacementOptions;
import nokv.raftstore.proto.Region;
import nokv.raftstore.txn.Commands;
import nokv.spi.Environment;
import nokv.spi.NodeConfig;
import nokv.spi.Options;
import nokv.spi.Oracle;
import nokv.spi.StorageEngine;
import nokv.spi.Topology;
import nokv.spi.ValueStore;
import nokv.spi.Vfs;
import nokv.vfs.MemVfs;
import nokv.vfs.fault.FaultVfs;
import nokv.vlog.VlogProvider;
import org.jspecify.annotations.Nullable;

/** One process of a simulated cluster: real store, engine and value store on a strict disk in memory. */
final class SimulatedStore {
  private static final String DIRECTORY = "store";

  final long id;
  private final SimulatedWorld world;
  private final SimulatedNetwork network;
  private final Topology topology;
  private final Map<String, String> raftOptions;
  private final Regions.Listener listener;
  private final Oracle oracle;
  /** Null = there is none. */
  private final @Nullable PlacementOptions placement;
  private MemVfs disk;
  private SimulatedWorld.Life life;
  private ValueStore values;
  StorageEngine engine;
  Store store;
  private Commands commands;
  private boolean faulty;

  SimulatedStore(long id, SimulatedWorld world, SimulatedNetwork network, Topology topology, Map<String, String> raftOptions, Regions.Listener listener, Oracle oracle,
      @Nullable PlacementOptions placement) {
    this.id = id;
    this.world = world;
    this.network = network;
    this.topology = topology;
    this.raftOptions = raftOptions;
    this.listener = listener;
    this.oracle = oracle;
    this.placement = placement;
    disk = MemVfs.strict(world.random.nextLong());
  }

  boolean isUp() {
    return store != null;
  }

  void start() {
    start(List.of());
  }

  /** @param rules of the faults of its disk until the next start, as in the config file */
  void start(List<Map<String, Object>> rules) {
    faulty = !rules.isEmpty();
    life = world.begin();
    var environment = life.environment();
    openEngine(environment, faulty ? FaultVfs.over(disk, world.random.nextLong(), rules) : disk);
    store = Store.open(environment, StoreOptions.of("raft", Options.parse("raft", StoreOptions.DECLARED, raftOptions)), config(), engine);
    Network own = network.of(id);
    network.up(id, store);
    commands = new Commands(environment, engine, store, store.safePoint(), 1 << 20);
    var placed = placement == null ? null : new Placement(environment, placement, topology, store, commands.traffic());
    store.start(own, request -> placed != null && Placement.isFor(request) ? placed.handle(request) : commands.handle(request), new Regions.Listener() {
      @Override public void leading(Region region, long term) {
        listener.leading(region, term);
        commands.listener().leading(region, term);
      }

      @Override public void notLeading(long regionId) {
        listener.notLeading(regionId);
        commands.listener().notLeading(regionId);
      }
    });
    commands.start(oracle);
    if (placed != null) placed.start(new Router(environment, own, topology, Router.Settings.of(topology)), oracle);
  }

  /** Before it is a store: somebody else uses the directory. Closed by {@link #crash}. */
  StorageEngine openAlone() {
    life = world.begin();
    openEngine(life.environment(), disk);
    return engine;
  }

  NodeConfig config() {
    return new NodeConfig("test", DIRECTORY, NodeConfig.Plugins.EMBEDDED, topology, Map.of(), id, false);
  }

  private void openEngine(Environment environment, Vfs vfs) {
    var vlog = new VlogProvider();
    values = vlog.open(environment, Options.parse("vlog", vlog.options(), Map.of("threshold", "200", "segment_size", "64KiB")), vfs, DIRECTORY, false);
    var lsm = new LsmEngineProvider();
    engine = lsm.open(environment, Options.parse("engine", lsm.options(), Map.of("memtable_size", "64KiB", "block_cache_size", "256KiB", "level_size", "128KiB", "table_size", "32KiB",
        "wal_segment_size", "64KiB")), vfs, values, DIRECTORY, false);
  }

  boolean isFaulty() {
    return faulty;
  }

  /** The wall clock of its process is set. */
  void stepClock(Duration by) {
    life.stepClock(by);
  }

  /** Whether the last task that ran was one of its. */
  boolean ran() {
    return store != null && world.ran == life;
  }

  /** The power goes, and of what was not synced any part survives. */
  void crash() {
    network.down(id);
    disk.cutPowerAt(disk.operations() + 1);
    if (store != null) store.close();
    life.drain();
    life.end();
    close(engine);
    close(values);
    store = null;
    engine = null;
    values = null;
    disk = disk.afterPowerLoss(world.random.nextInt(3) / 2.0);
  }

  private static void close(@Nullable AutoCloseable part) {
    try {
      if (part != null) part.close();
    } catch (Exception e) {
      // Its files are gone.
    }
  }
}
