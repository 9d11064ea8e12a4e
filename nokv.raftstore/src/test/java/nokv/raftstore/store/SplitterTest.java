package nokv.raftstore.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import nokv.raftstore.admin.RegionAdmin;
import nokv.raftstore.admin.Splitter;
import nokv.raftstore.client.Router;
import nokv.raftstore.proto.Region;
import nokv.spi.EngineBatch;
import nokv.spi.Kind;
import org.junit.jupiter.api.Test;

/** Goal: a region that has grown is split near its middle, once. Method: a simulated cluster with real engines, one region filled, the others left alone. */
class SplitterTest {
  private static final long MAX_BYTES = 96 << 10;
  private static final int KEYS = 600;

  private static <T> T get(SimulatedCluster cluster, CompletionStage<T> stage) {
    var future = stage.toCompletableFuture();
    cluster.await("an answer", Duration.ofSeconds(30), future::isDone);
    return future.join();
  }

  /** Region 2, from b to d. */
  private static void fillSecond(SimulatedCluster cluster) {
    SimulatedStore leader = cluster.leader(2);
    Region region = leader.store.regions().stream().filter(each -> each.getId() == 2).findFirst().orElseThrow();
    for (int i = 0; i < KEYS; i++) {
      byte[] key = String.format("c%06d", i).getBytes(StandardCharsets.UTF_8);
      var write = new EngineBatch.Entry(0, key, 1, Kind.PUT, 0, 0, new byte[i % 2 == 0 ? 150 : 300]);
      get(cluster, leader.store.lead(SimulatedCluster.context(region)).thenCompose(lead -> leader.store.propose(lead, List.of(write))));
    }
  }

  private static List<Region> look(SimulatedCluster cluster, SimulatedStore store) {
    get(cluster, store.engine.flush());
    var environment = cluster.world.begin().environment();
    var router = new Router(environment, cluster.network.of(99), cluster.topology, Router.Settings.of(cluster.topology));
    return get(cluster, new Splitter(environment, store.store, store.engine, new RegionAdmin(environment, router, cluster.topology), MAX_BYTES).look());
  }

  private static long size(SimulatedStore store, Region region) {
    return store.engine.approximateBytes(RegionState.range(region));
  }

  @Test void aRegionThatHasGrownIsSplitNearItsMiddleAndNotAgain() {
    var cluster = new SimulatedCluster(8, 3, Map.of(), "b", "d");
    cluster.start();
    cluster.settle();
    assertEquals(List.of(), look(cluster, cluster.leader(2)));
    fillSecond(cluster);
    SimulatedStore leader = cluster.leader(2);
    var halves = look(cluster, leader);
    assertEquals(2, halves.size());
    long left = size(leader, halves.get(0));
    long right = size(leader, halves.get(1));
    assertTrue(left > (left + right) / 4 && right > (left + right) / 4, left + " and " + right + " bytes");
    for (SimulatedStore store : cluster.stores) assertEquals(List.of(), look(cluster, store));
    for (SimulatedStore store : cluster.stores) store.crash();
    cluster.start();
    cluster.settle();
    assertEquals(left, size(leader, halves.get(0)), left / 4.0);
    for (SimulatedStore store : cluster.stores) assertEquals(List.of(), look(cluster, store));
  }
}
