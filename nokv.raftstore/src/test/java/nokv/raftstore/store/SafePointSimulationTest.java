package nokv.raftstore.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import nokv.api.ColumnFamily;
import nokv.api.KeyRange;
import nokv.api.Snapshot;
import nokv.api.SnapshotTooOldException;
import nokv.api.Transaction;
import nokv.api.TransactionOptions;
import nokv.api.WriteBatch;
import nokv.raftstore.client.Router;
import nokv.raftstore.kv.RaftStore;
import nokv.raftstore.placement.PlacementOptions;
import nokv.spi.txn.Stages;
import org.junit.jupiter.api.Test;

/** Goal: what is read at stays, as long as it is not too old; what nobody reads any more goes. Method: a whole cluster in one thread from one seed, its clients included. */
final class SafePointSimulationTest {
  private static final long CLIENT = 99;
  private static final ColumnFamily FAMILY = ColumnFamily.DEFAULT;
  private static final int KEYS = 8;
  private static final PlacementOptions PLACEMENT = new PlacementOptions(Duration.ofMillis(200), Duration.ofSeconds(1), Duration.ofSeconds(20), Duration.ofMillis(500), Duration.ofMinutes(10), 0);

  private final SimulatedCluster cluster = new SimulatedCluster(5, 3, Map.of(), PLACEMENT, "d");
  private SimulatedWorld.Life client = cluster.world.begin();
  private RaftStore store;

  SafePointSimulationTest() {
    cluster.start();
    store = open(client);
  }

  private RaftStore open(SimulatedWorld.Life life) {
    var router = new Router(life.environment(), cluster.network.of(CLIENT), cluster.topology, Router.Settings.of(cluster.topology));
    return new RaftStore(life.environment(), router, cluster.oracle, 1 << 20, PLACEMENT.lease());
  }

  private <T> T get(CompletionStage<T> stage) {
    var future = stage.toCompletableFuture();
    cluster.await("an operation", Duration.ofSeconds(60), future::isDone);
    return future.join();
  }

  private static byte[] key(int i) {
    return new byte[] {(byte) ('a' + i)};
  }

  private static byte[] number(long value) {
    return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
  }

  /** Of all keys, in both regions, {@code rounds} times. */
  private void overwrite(int rounds) {
    for (int round = 0; round < rounds; round++) {
      var batch = new WriteBatch();
      for (int i = 0; i < KEYS; i++) batch.put(FAMILY, key(i), number(round));
      get(store.writeAsync(batch));
    }
  }

  private void pass(Duration time) {
    cluster.pass(time);
  }

  /** Versions of all kinds on one store, locks and outcomes included, after compaction. */
  private long versions(SimulatedStore store) {
    var compacted = store.engine.compact(KeyRange.ALL).toCompletableFuture();
    cluster.await("a compaction", Duration.ofSeconds(60), compacted::isDone);
    long count = 0;
    for (var family : new ColumnFamily[] {FAMILY, ColumnFamily.LOCK, ColumnFamily.REGISTER}) {
      try (var cursor = store.engine.versions(family.id(), KeyRange.ALL, null)) {
        while (cursor.next()) count++;
      }
    }
    return count;
  }

  private void assertTooOld(CompletionStage<?> stage) {
    var failure = assertThrows(CompletionException.class, () -> get(stage));
    assertInstanceOf(SnapshotTooOldException.class, Stages.cause(failure));
  }

  @Test void whatWasOverwrittenGoesOnEveryStore() {
    overwrite(100);
    pass(PLACEMENT.lease().multipliedBy(4));
    for (SimulatedStore each : cluster.stores) {
      long left = versions(each);
      assertTrue(left >= KEYS && left < 4 * KEYS, () -> left + " versions are left of " + 100 * KEYS + " on store " + each.id);
    }
    assertEquals(99, ByteBuffer.wrap(get(store.getAsync(FAMILY, key(0)))).getLong());
  }

  @Test void aSnapshotKeepsItsVersionsUntilItIsTooOldAndThenSaysSo() {
    overwrite(3);
    Snapshot snapshot = get(store.snapshotAsync());
    overwrite(50);
    for (int second = 0; second < PLACEMENT.maxSnapshotAge().toSeconds() - 2; second++) {
      pass(Duration.ofSeconds(1));
      if (second % 6 == 0) cluster.stores.forEach(this::versions);
      for (int i = 0; i < KEYS; i++) assertArrayEquals(number(2), get(snapshot.getAsync(FAMILY, key(i))));
    }
    pass(PLACEMENT.lease().multipliedBy(4));
    assertTooOld(snapshot.getAsync(FAMILY, key(0)));
    assertTooOld(snapshot.scanAsync(FAMILY, KeyRange.ALL, nokv.api.Direction.FORWARD, 10));
    snapshot.close();
  }

  @Test void aTransactionThatIsTooOldDoesNotCommit() {
    overwrite(1);
    for (int keys : new int[] {1, KEYS}) {
      Transaction transaction = get(store.beginAsync(TransactionOptions.READ_WRITE));
      for (int i = 0; i < keys; i++) transaction.put(FAMILY, key(i), number(77));
      pass(PLACEMENT.maxSnapshotAge().plus(PLACEMENT.lease().multipliedBy(3)));
      assertTooOld(transaction.commitAsync());
      assertArrayEquals(number(0), get(store.getAsync(FAMILY, key(0))));
    }
  }

  @Test void aClientThatIsGoneHoldsNothingBack() {
    overwrite(1);
    var other = cluster.world.begin();
    get(open(other).snapshotAsync());
    other.end();
    overwrite(60);
    pass(PLACEMENT.lease().multipliedBy(5));
    assertTrue(versions(cluster.stores.getFirst()) < 4 * KEYS);
  }

  @Test void locksOfAClientThatIsGoneAreEndedBeforeTheSafePointPassesThem() {
    overwrite(1);
    var other = cluster.world.begin();
    RaftStore doomed = open(other);
    for (int round = 0; round < 20; round++) {
      Transaction transaction = get(doomed.beginAsync(TransactionOptions.READ_WRITE));
      for (int i = 0; i < KEYS; i++) transaction.put(FAMILY, key(i), number(1000 + round));
      transaction.commitAsync();
      // Cut off somewhere between its first lock and its last.
      for (int i = 0; i < 40 + 20 * round; i++) cluster.step();
      other.end();
      other = cluster.world.begin();
      doomed = open(other);
    }
    pass(PLACEMENT.lease().multipliedBy(6));
    for (SimulatedStore each : cluster.stores) {
      try (var cursor = each.engine.versions(ColumnFamily.LOCK.id(), KeyRange.ALL, null)) {
        while (cursor.next()) assertTrue(cursor.kind() != nokv.spi.Kind.PUT || cursor.expiryMillis() != 0, "a lock is left on store " + each.id);
      }
    }
    var values = get(store.multiGetAsync(FAMILY, java.util.stream.IntStream.range(0, KEYS).mapToObj(SafePointSimulationTest::key).toList()));
    for (byte[] value : values) assertArrayEquals(values.getFirst(), value, "a transaction was committed in part");
  }

  @Test void theSafePointDoesNotGoBackOverCrashesAndNewLeaders() {
    long highest = 0;
    for (int round = 0; round < 6; round++) {
      overwrite(5);
      pass(PLACEMENT.lease().multipliedBy(3));
      long before = highest;
      for (SimulatedStore each : cluster.stores) {
        highest = Math.max(highest, each.store.safePoint().get());
      }
      long now = highest;
      assertTrue(now > before, () -> "it stays at " + before);
      SimulatedStore victim = cluster.stores.get(round % 3);
      long known = victim.store.safePoint().get();
      victim.crash();
      victim.start();
      assertEquals(known, victim.store.safePoint().get());
    }
  }
}
