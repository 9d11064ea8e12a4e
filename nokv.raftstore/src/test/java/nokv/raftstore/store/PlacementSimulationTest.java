package nokv.raftstore.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import nokv.api.ColumnFamily;
import nokv.api.ConflictException;
import nokv.api.OutcomeUnknownException;
import nokv.api.TransactionOptions;
import nokv.api.UnavailableException;
import nokv.api.WriteBatch;
import nokv.raftstore.client.Router;
import nokv.raftstore.key.PlacementKey;
import nokv.raftstore.kv.RaftStore;
import nokv.raftstore.placement.PlacementOptions;
import nokv.raftstore.proto.PlacementStatus;
import nokv.raftstore.proto.PlacementStatusRequest;
import nokv.raftstore.proto.Region;
import nokv.raftstore.proto.Request;
import nokv.spi.txn.Stages;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Goal: placement spreads regions and leaders, and replaces the peers of a store that is gone, while nothing is lost or made up. Method: five stores in one thread from one seed, six regions
 * that begin on three of them; money is moved between accounts in all of them meanwhile.
 */
final class PlacementSimulationTest {
  private static final long CLIENT = 99;
  private static final ColumnFamily FAMILY = ColumnFamily.DEFAULT;
  private static final String[] BOUNDS = {"c", "f", "i", "l", "o"};
  private static final int ACCOUNTS = 16;
  private static final long EACH = 100;
  private static final PlacementOptions PLACEMENT = new PlacementOptions(Duration.ofMillis(200), Duration.ofSeconds(1), Duration.ofSeconds(60), Duration.ofSeconds(1),
      Duration.ofSeconds(3), 0);

  @ParameterizedTest @ValueSource(longs = {1, 2, 3, 4})
  void aStoreThatIsGoneIsReplacedAndLeadersAreSpread(long seed) {
    new Run(seed).run();
  }

  private static final class Run {
    private final long seed;
    private final SimulatedCluster cluster;
    private final Router router;
    private final RaftStore store;
    private int pending;
    private int committed;

    Run(long seed) {
      this.seed = seed;
      cluster = new SimulatedCluster(seed, 5, Map.of(), PLACEMENT, BOUNDS);
      cluster.start();
      var client = cluster.world.begin();
      router = new Router(client.environment(), cluster.network.of(CLIENT), cluster.topology, Router.Settings.of(cluster.topology));
      store = new RaftStore(client.environment(), router, cluster.oracle, 1 << 20, PLACEMENT.lease());
    }

    void run() {
      var batch = new WriteBatch();
      for (int i = 0; i < ACCOUNTS; i++) batch.put(FAMILY, SimulatedCluster.key(i), number(EACH));
      get(store.writeAsync(batch));
      awaitUnderLoad("an even spread over five stores", () -> isEven(5));
      // Whoever is placement's host may be the victim as well as anyone.
      SimulatedStore victim = cluster.any();
      victim.crash();
      awaitUnderLoad("three live peers of every region", () -> isEven(4) && regions().values().stream().allMatch(region ->
          region.getPeersList().stream().noneMatch(peer -> peer.getStoreId() == victim.id)));
      cluster.await("the end of all that is under way", Duration.ofSeconds(60), () -> pending == 0);
      cluster.pass(Duration.ofSeconds(20));
      cluster.agree();
      assertEquals(ACCOUNTS * EACH, get(total()), "seed " + seed);
      assertTrue(committed > 20, () -> committed + " transfers show nothing, seed " + seed);
      PlacementStatus status = get(router.send(PlacementKey.bytes(), Request.newBuilder().setPlacementStatus(PlacementStatusRequest.getDefaultInstance()))).getPlacementStatus();
      assertEquals("gone", status.getStores((int) victim.id - 1).getState(), "seed " + seed);
      assertEquals(BOUNDS.length + 1, status.getRegionsCount(), "seed " + seed);
    }

    private void awaitUnderLoad(String what, java.util.function.BooleanSupplier holds) {
      cluster.await(what, Duration.ofSeconds(120), () -> {
        for (int i = 0; i < 200; i++) cluster.step();
        if (pending < 3) transfer();
        return holds.getAsBoolean();
      });
    }

    /** The regions as their leaders see them. */
    private Map<Long, Region> regions() {
      var regions = new HashMap<Long, Region>();
      for (SimulatedStore each : cluster.stores) {
        if (!each.isUp()) continue;
        for (Region region : each.store.regions()) {
          regions.merge(region.getId(), region, (a, b) -> a.getEpoch().getConfVersion() > b.getEpoch().getConfVersion() ? a : b);
        }
      }
      return regions;
    }

    /** Six regions of three peers: no two stores differ by more than one in peers, nor in leaders. */
    private boolean isEven(int stores) {
      var peers = new HashMap<Long, Integer>();
      for (Region region : regions().values()) {
        if (region.getPeersCount() != 3 || region.getPeersList().stream().anyMatch(peer -> peer.getLearner())) return false;
        region.getPeersList().forEach(peer -> peers.merge(peer.getStoreId(), 1, Integer::sum));
      }
      var leaders = new HashMap<Long, Integer>();
      var led = new HashSet<Long>();
      for (SimulatedStore each : cluster.stores) {
        if (!each.isUp()) continue;
        leaders.put(each.id, 0);
        for (RegionPeer peer : each.store.peers((com.google.protobuf.ByteString) null)) {
          if (!peer.leads()) continue;
          leaders.merge(each.id, 1, Integer::sum);
          led.add(peer.region().getId());
        }
      }
      return peers.size() == stores && spread(peers) <= 1 && led.size() == BOUNDS.length + 1 && spread(leaders) <= 1;
    }

    private static int spread(Map<Long, Integer> counts) {
      return java.util.Collections.max(counts.values()) - java.util.Collections.min(counts.values());
    }

    private void transfer() {
      int from = cluster.world.random.nextInt(ACCOUNTS);
      int to = (from + 1 + cluster.world.random.nextInt(ACCOUNTS - 1)) % ACCOUNTS;
      pending++;
      store.beginAsync(TransactionOptions.READ_WRITE).thenCompose(transaction -> transaction.multiGetAsync(FAMILY, List.of(SimulatedCluster.key(from), SimulatedCluster.key(to)))
          .thenCompose(values -> {
            transaction.put(FAMILY, SimulatedCluster.key(from), number(ByteBuffer.wrap(values.get(0)).getLong() - 1));
            transaction.put(FAMILY, SimulatedCluster.key(to), number(ByteBuffer.wrap(values.get(1)).getLong() + 1));
            return transaction.commitAsync();
          })).whenComplete((version, error) -> {
            pending--;
            if (error == null) {
              committed++;
              return;
            }
            Throwable cause = Stages.cause(error);
            boolean expected = cause instanceof ConflictException || cause instanceof UnavailableException || cause instanceof OutcomeUnknownException;
            if (!expected) failure = new AssertionError("seed " + seed, cause);
          });
      if (failure != null) throw failure;
    }

    private AssertionError failure;

    private CompletionStage<Long> total() {
      var keys = new ArrayList<byte[]>();
      for (int i = 0; i < ACCOUNTS; i++) keys.add(SimulatedCluster.key(i));
      return store.multiGetAsync(FAMILY, keys).thenApply(values -> values.stream().mapToLong(value -> ByteBuffer.wrap(value).getLong()).sum());
    }

    private static byte[] number(long value) {
      return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
    }

    private <T> T get(CompletionStage<T> stage) {
      var future = stage.toCompletableFuture();
      cluster.await("an operation", Duration.ofSeconds(60), future::isDone);
      return future.join();
    }
  }
}
