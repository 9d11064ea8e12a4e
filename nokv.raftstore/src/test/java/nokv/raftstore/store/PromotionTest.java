package nokv.raftstore.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import nokv.api.ColumnFamily;
import nokv.api.ConfigException;
import nokv.api.KeyRange;
import nokv.api.SnapshotTooOldException;
import nokv.api.Timestamp;
import nokv.raftstore.Promotion;
import nokv.raftstore.client.Router;
import nokv.raftstore.kv.RaftStore;
import nokv.raftstore.placement.PlacementOptions;
import nokv.spi.EngineBatch;
import nokv.spi.txn.Stages;
import org.junit.jupiter.api.Test;

/** Goal: an embedded store's data are a cluster's, all of them, on three stores. Method: a directory is filled as the embedded store does, promoted, and its power is cut; placement does the rest. */
final class PromotionTest {
  private static final ColumnFamily FAMILY = ColumnFamily.REDIS;
  private static final int KEYS = 200;
  private static final long FIRST = Timestamp.of(1_779_000_000_000L, 0);
  private static final PlacementOptions PLACEMENT = new PlacementOptions(Duration.ofMillis(200), Duration.ofSeconds(1), Duration.ofSeconds(60), Duration.ofSeconds(1),
      Duration.ofMinutes(10), 3);

  private final SimulatedCluster cluster = new SimulatedCluster(3, SimulatedCluster.topology(3, 1, "key-100"), Map.of(), PLACEMENT);

  private <T> T get(CompletionStage<T> stage) {
    var future = stage.toCompletableFuture();
    cluster.await("an operation", Duration.ofSeconds(60), future::isDone);
    return future.join();
  }

  private static byte[] key(int i) {
    return "key-%03d".formatted(i).getBytes();
  }

  /** Some are large enough for the value log. */
  private static byte[] value(int i, int round) {
    return ByteBuffer.allocate(i % 3 == 0 ? 500 : 20).putInt(i).putInt(round).array();
  }

  /** Two versions of each key; every tenth is deleted, and those from 150 on by a range delete that was written over partly. Returns the newest version. */
  private long fill(SimulatedStore store) {
    var engine = store.openAlone();
    long version = FIRST;
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < KEYS; i++) engine.write(new EngineBatch().put(FAMILY.id(), key(i), version++, 0, 0, value(i, round)));
    }
    for (int i = 0; i < KEYS; i += 10) engine.write(new EngineBatch().delete(FAMILY.id(), key(i), version++, 0));
    engine.write(new EngineBatch().deleteRange(FAMILY.id(), new KeyRange(key(150), null), version++));
    engine.write(new EngineBatch().put(FAMILY.id(), key(155), version, 0, 0, value(155, 1)));
    return version;
  }

  @Test void allDataOfAnEmbeddedStoreAreInTheClusterItIsPromotedTo() {
    SimulatedStore first = cluster.stores.getFirst();
    long newest = fill(first);
    assertEquals(2, get(Promotion.promote(first.engine, first.config())));
    first.crash();
    cluster.start();
    var client = cluster.world.begin();
    var router = new Router(client.environment(), cluster.network.of(99), cluster.topology, Router.Settings.of(cluster.topology));
    var store = new RaftStore(client.environment(), router, cluster.oracle, 1 << 20, PLACEMENT.lease());
    check(store);
    assertTrue(get(store.writeAsync(new nokv.api.WriteBatch().put(FAMILY, key(155), value(155, 2)))) > newest);
    var tooOld = assertThrows(CompletionException.class, () -> get(store.getAtAsync(FAMILY, key(1), FIRST + 10)));
    assertInstanceOf(SnapshotTooOldException.class, Stages.cause(tooOld));
    cluster.await("three peers of both regions", Duration.ofSeconds(60), () -> cluster.stores.stream().allMatch(each -> each.store.regions().stream()
        .filter(region -> region.getPeersCount() == 3 && region.getPeersList().stream().noneMatch(peer -> peer.getLearner())).count() == 2));
    // The directory itself may go now.
    first.crash();
    assertArrayEquals(value(155, 2), get(store.getAsync(FAMILY, key(155))));
    check(store);
  }

  private void check(RaftStore store) {
    for (int i = 0; i < KEYS; i++) {
      byte[] found = get(store.getAsync(FAMILY, key(i)));
      if (i % 10 == 0 || (i >= 150 && i != 155)) assertNull(found, "key " + i);
      else if (i != 155) assertArrayEquals(value(i, 1), found, "key " + i);
    }
  }

  @Test void aDirectoryIsNotTakenForAStoreUnlessItIsPromotedAndNotPromotedTwice() {
    SimulatedStore first = cluster.stores.getFirst();
    fill(first);
    first.crash();
    var refused = assertThrows(ConfigException.class, first::start);
    assertTrue(refused.getMessage().contains("nokv-launcher promote"), refused.getMessage());
    first.crash();
    get(Promotion.promote(first.openAlone(), first.config()));
    assertThrows(ConfigException.class, () -> Promotion.promote(first.engine, first.config()));
    var three = first.config().withTopology(SimulatedCluster.topology(3, 3));
    assertTrue(assertThrows(ConfigException.class, () -> Promotion.promote(first.engine, three)).getMessage().contains("raft.replicas = 3"));
  }
}
