package nokv.raftstore.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import nokv.api.ConfigException;
import nokv.raftstore.proto.ChangePeer;
import nokv.raftstore.proto.Peer;
import nokv.raftstore.proto.Region;
import nokv.raftstore.proto.Request;
import nokv.raftstore.proto.SplitRegion;
import nokv.spi.NodeConfig;
import nokv.spi.Options;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Goal: what a store promises its clients holds whatever happens to networks, processes and disks. Method: whole clusters in one thread from a seed, see {@link SimulatedCluster}. */
class StoreTest {
  private static final int STEPS = 6000;

  static void load(SimulatedCluster cluster, int steps, boolean faults) {
    var random = cluster.world.random;
    for (int i = 0; i < steps; i++) {
      cluster.step();
      int dice = random.nextInt(1000);
      SimulatedStore store = cluster.any();
      if (dice < 100 && store.isUp()) request(cluster, store, dice % 2 == 0);
      if (!faults) continue;
      if (dice == 500 && store.isUp() && cluster.stores.stream().filter(SimulatedStore::isUp).count() > 1) store.crash();
      if (dice > 500 && dice < 506 && !store.isUp()) store.start();
      if (dice == 510) cluster.network.cutOff = cluster.network.cutOff != 0 ? 0 : store.id;
      if (dice == 511) cluster.network.loss = random.nextInt(3) * 0.1;
      if (dice == 512) cluster.network.delayMillis = 1 + random.nextInt(3) * 40;
      if (dice == 513) cluster.network.doubling = random.nextInt(2) * 0.2;
    }
  }

  private static void request(SimulatedCluster cluster, SimulatedStore store, boolean write) {
    int key = cluster.world.random.nextInt(16);
    var regions = store.store.regions();
    for (Region region : regions) {
      if (!RegionState.range(region).contains(SimulatedCluster.key(key))) continue;
      if (write) cluster.write(store, region, key);
      else cluster.read(store, region, key);
    }
  }

  @Test void electsReplicatesAppliesAndRestarts() {
    var cluster = new SimulatedCluster(1, 3, Map.of(), "h");
    cluster.start();
    load(cluster, STEPS, false);
    cluster.settle();
    assertTrue(cluster.writes > 50 && cluster.reads > 50, cluster.writes + " writes, " + cluster.reads + " reads");
    int before = cluster.writes;
    for (SimulatedStore store : cluster.stores) store.crash();
    cluster.start();
    cluster.settle();
    load(cluster, STEPS, false);
    cluster.settle();
    assertTrue(cluster.writes > before);
  }

  @ParameterizedTest @ValueSource(longs = {1, 1001, 2001, 3001})
  void promisesHoldUnderCrashesPartitionsAndLoss(long first) {
    int writes = 0;
    for (long seed = first; seed < first + 25; seed++) {
      var cluster = new SimulatedCluster(seed, 3, Map.of("log_limit", "128KiB", "log_keep", "16KiB"), "h");
      cluster.start();
      load(cluster, STEPS, true);
      cluster.settle();
      writes += cluster.writes;
    }
    assertTrue(writes > 500, writes + " writes");
  }

  private static Request.Builder change(ChangePeer.Change change, long store, long peer) {
    return Request.newBuilder().setChangePeer(ChangePeer.newBuilder().setChange(change).setPeer(Peer.newBuilder().setStoreId(store).setPeerId(peer)));
  }

  /** Moves the peer of a region from one store to another, splits the region there, and moves the halves back, with load and, if asked for, faults in between. */
  private static void live(SimulatedCluster cluster, boolean faults) {
    cluster.start();
    load(cluster, STEPS / 2, faults);
    cluster.settle();
    cluster.administer(1, region -> change(ChangePeer.Change.ADD, 4, 401));
    load(cluster, STEPS / 4, faults);
    cluster.settle();
    cluster.administer(1, region -> change(ChangePeer.Change.REMOVE, 1, 101));
    load(cluster, STEPS / 4, faults);
    cluster.settle();
    var halves = cluster.administer(1, region -> Request.newBuilder().setSplitRegion(SplitRegion.newBuilder().setKey(ByteString.copyFromUtf8("e")).setNewRegionId(9)
        .addAllNewPeerIds(List.of(901L, 902L, 903L))));
    assertEquals(2, halves.size());
    load(cluster, STEPS / 4, faults);
    cluster.settle();
    cluster.administer(9, region -> change(ChangePeer.Change.ADD, 1, 911));
    load(cluster, STEPS / 4, faults);
    cluster.settle();
    for (SimulatedStore store : cluster.stores) store.crash();
    cluster.start();
    cluster.settle();
  }

  @Test void aPeerMovesAndARegionSplitsAndAllDataGoAlong() {
    var cluster = new SimulatedCluster(7, 4, Map.of(), "h");
    live(cluster, false);
    assertTrue(cluster.writes > 50, cluster.writes + " writes");
  }

  @ParameterizedTest @ValueSource(longs = {1, 101})
  void peersMoveAndRegionsSplitUnderFaults(long first) {
    for (long seed = first; seed < first + 10; seed++) live(new SimulatedCluster(seed, 4, Map.of("log_limit", "128KiB", "log_keep", "4KiB", "entry_cache_size", "1KiB"), "h"), true);
  }

  @Test void idleRegionsSleepAndTheLossOfTheirLeadersStoreWakesThem() {
    var bounds = IntStream.range(0, 99).mapToObj(i -> "h" + (char) ('0' + i)).toArray(String[]::new);
    var cluster = new SimulatedCluster(3, 3, Map.of(), bounds);
    cluster.start();
    cluster.settle();
    cluster.pass(Duration.ofSeconds(10));
    long before = cluster.network.sent;
    cluster.pass(Duration.ofSeconds(10));
    long idle = cluster.network.sent - before;
    assertTrue(idle < 600, idle + " messages in ten idle seconds with 100 regions");
    cluster.stores.getFirst().crash();
    var others = cluster.stores.subList(1, 3);
    cluster.await("new leaders", Duration.ofSeconds(4), () -> others.stream().flatMap(store -> cluster.status(store).stream())
        .filter(status -> status.getLeader().getStoreId() > 1).map(status -> status.getRegion().getId()).distinct().count() == 100);
    cluster.stores.getFirst().start();
    load(cluster, STEPS, false);
    cluster.settle();
    assertTrue(cluster.writes > 50 && cluster.reads > 50, cluster.writes + " writes, " + cluster.reads + " reads");
  }

  @Test void aStoreThatDoesNotSyncIsRefused() {
    var config = NodeConfig.embedded("db").with("engine", "sync", "interval").withStoreId(1L);
    var world = new SimulatedWorld(1);
    var options = StoreOptions.of("raft", Options.parse("raft", StoreOptions.DECLARED, Map.of()));
    var refused = assertThrows(ConfigException.class, () -> Store.open(world.begin().environment(), options, config, new SimulatedCluster(1, 3, Map.of()).stores.getFirst().engine));
    assertTrue(refused.getMessage().contains("engine.sync"), refused.getMessage());
  }
}
