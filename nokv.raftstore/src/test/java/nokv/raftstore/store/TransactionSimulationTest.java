package nokv.raftstore.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import nokv.api.BusyException;
import nokv.api.ColumnFamily;
import nokv.api.ConflictException;
import nokv.api.Direction;
import nokv.api.KeyRange;
import nokv.api.KvStore;
import nokv.api.OutcomeUnknownException;
import nokv.api.SnapshotTooOldException;
import nokv.api.Transaction;
import nokv.api.TransactionOptions;
import nokv.api.UnavailableException;
import nokv.api.WriteBatch;
import nokv.raftstore.client.Router;
import nokv.raftstore.kv.RaftRegister;
import nokv.raftstore.kv.RaftStore;
import nokv.raftstore.proto.Region;
import nokv.raftstore.placement.PlacementOptions;
import nokv.spi.txn.Stages;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Goal: transactions over regions keep what they promise whatever happens to stores and network. Method: a whole cluster, its clients included, in one thread from one seed; stores lose
 * their power, are cut off, messages get lost; meanwhile money is moved between accounts in three regions, two doctors leave their shifts, a register is counted up.
 */
final class TransactionSimulationTest {
  /** The clients' place in the network. */
  private static final long CLIENT = 99;
  private static final int ACCOUNTS = 9;
  private static final long EACH = 100;
  private static final ColumnFamily FAMILY = ColumnFamily.DEFAULT;
  /** So short that old versions go while transactions run, some of which become too old. */
  private static final PlacementOptions PLACEMENT = new PlacementOptions(Duration.ofMillis(300), Duration.ofMillis(600), Duration.ofSeconds(5), Duration.ofMillis(500), Duration.ofMinutes(10), 0);

  @ParameterizedTest @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void moneyIsNeitherMadeNorLost(long seed) {
    new Run(seed).bank(2500);
  }

  @ParameterizedTest @ValueSource(longs = {41, 42, 43, 44, 45, 46})
  void moneyIsNeitherMadeNorLostWhileRegionsMergeAndSplit(long seed) {
    var run = new Run(seed);
    run.reshaping = true;
    run.bank(2500);
  }

  @Test @Tag("long") void moneyIsNeitherMadeNorLostForManySeeds() {
    for (long seed = 100; seed < 1100; seed++) new Run(seed).bank(2500);
  }

  @ParameterizedTest @ValueSource(longs = {21, 22, 23, 24})
  void serializableTransactionsHaveNoWriteSkew(long seed) {
    new Run(seed).doctors(60);
  }

  @ParameterizedTest @ValueSource(longs = {31, 32, 33})
  void aRegisterCountsEverySetOnce(long seed) {
    new Run(seed).register(600);
  }

  private static final class Run {
    private final long seed;
    private final SimulatedCluster cluster;
    private final SimulatedWorld.Life client;
    private final Router router;
    private final KvStore store;
    private int pending;
    private int committed;
    private int readings;
    private boolean reshaping;
    private long nextId = 10;

    Run(long seed) {
      this.seed = seed;
      cluster = new SimulatedCluster(seed, 3, Map.of(), PLACEMENT, "d", "g");
      cluster.network.delayMillis = 2;
      cluster.start();
      client = cluster.world.begin();
      var settings = new Router.Settings(8, Duration.ofSeconds(10), Duration.ofSeconds(3), false);
      router = new Router(client.environment(), cluster.network.of(CLIENT), cluster.topology, settings);
      store = new RaftStore(client.environment(), router, cluster.oracle, 1 << 20, PLACEMENT.lease());
    }

    private <T> T get(CompletionStage<T> stage) {
      var future = stage.toCompletableFuture();
      cluster.await("an operation", Duration.ofSeconds(60), future::isDone);
      return future.join();
    }

    private static byte[] account(int i) {
      return new byte[] {(byte) ('a' + i), 'x'};
    }

    private static byte[] number(long value) {
      return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
    }

    private static long number(byte[] value) {
      return ByteBuffer.wrap(value).getLong();
    }

    /** Now and then something breaks, or comes back. */
    private void trouble() {
      cluster.network.loss = cluster.world.random.nextInt(4) == 0 ? 0.1 : 0;
      switch (cluster.world.random.nextInt(120)) {
        case 0 -> {
          if (cluster.stores.stream().allMatch(SimulatedStore::isUp)) cluster.any().crash();
        }
        case 1, 2, 3 -> cluster.stores.stream().filter(each -> !each.isUp()).forEach(SimulatedStore::start);
        case 4 -> cluster.network.cutOff = 1 + cluster.world.random.nextInt(3);
        case 5, 6, 7 -> cluster.network.cutOff = 0;
        default -> { }
      }
    }

    /** Now and then a region is split, or takes in its neighbour. */
    private void reshape() {
      SimulatedStore store = cluster.any();
      var regions = store.isUp() ? store.store.regions() : List.<Region>of();
      if (!reshaping || regions.isEmpty() || cluster.world.random.nextInt(40) > 0) return;
      var region = regions.get(cluster.world.random.nextInt(regions.size()));
      long id = nextId++;
      var key = String.valueOf((char) ('a' + cluster.world.random.nextInt(ACCOUNTS)));
      var request = cluster.world.random.nextInt(3) == 0 ? RegionLifeTest.split(key, id, id * 10 + 1, id * 10 + 2, id * 10 + 3) : MergeTest.merge(cluster, region);
      for (SimulatedStore each : cluster.stores) if (each.isUp()) each.store.handle(request.setContext(SimulatedCluster.context(region)).build());
    }

    void bank(int steps) {
      var batch = new WriteBatch();
      for (int i = 0; i < ACCOUNTS; i++) batch.put(FAMILY, account(i), number(EACH));
      get(store.writeAsync(batch));
      for (int step = 0; step < steps; step++) {
        trouble();
        reshape();
        if (pending < 6) {
          if (cluster.world.random.nextInt(3) == 0) audit();
          else transfer();
        }
        for (int i = 0; i < 20; i++) cluster.step();
      }
      finish();
      assertEquals(ACCOUNTS * EACH, get(total()), "seed " + seed);
      assertTrue(committed > 10 && readings > 5, () -> committed + " transfers and " + readings + " readings are too few to show anything, seed " + seed);
    }

    /** What is under way ends, the commits that follow it in the background too; then all replicas are the same. */
    private void finish() {
      cluster.heal();
      cluster.await("the end of all that is under way", Duration.ofSeconds(120), () -> pending == 0);
      long end = cluster.world.nanos() + Duration.ofSeconds(15).toNanos();
      while (cluster.world.nanos() < end) cluster.step();
      cluster.settle();
    }

    private void transfer() {
      int from = cluster.world.random.nextInt(ACCOUNTS);
      int to = cluster.world.random.nextInt(ACCOUNTS);
      if (from == to) return;
      long amount = 1 + cluster.world.random.nextInt(20);
      pending++;
      store.beginAsync(TransactionOptions.READ_WRITE).thenCompose(transaction -> transaction.multiGetAsync(FAMILY, List.of(account(from), account(to))).thenCompose(values -> {
        transaction.put(FAMILY, account(from), number(number(values.get(0)) - amount));
        transaction.put(FAMILY, account(to), number(number(values.get(1)) + amount));
        return transaction.commitAsync();
      })).whenComplete((version, error) -> {
        pending--;
        if (error == null) committed++;
        else tolerate(error);
      });
    }

    private void audit() {
      pending++;
      total().whenComplete((total, error) -> {
        pending--;
        if (error != null) {
          tolerate(error);
          return;
        }
        readings++;
        assertEquals(ACCOUNTS * EACH, total, "seed " + seed);
      }).exceptionally(error -> {
        if (Stages.cause(error) instanceof AssertionError wrong) failure = wrong;
        return 0L;
      });
      if (failure != null) throw failure;
    }

    private AssertionError failure;

    /** One reading in two is a scan. */
    private CompletionStage<Long> total() {
      if (cluster.world.random.nextBoolean()) {
        return store.scanAsync(FAMILY, KeyRange.ALL, cluster.world.random.nextBoolean() ? Direction.FORWARD : Direction.REVERSE, 100).thenApply(entries -> {
          long sum = 0;
          for (var entry : entries) sum += number(entry.value());
          return sum;
        });
      }
      var keys = new ArrayList<byte[]>();
      for (int i = 0; i < ACCOUNTS; i++) keys.add(account(i));
      return store.multiGetAsync(FAMILY, keys).thenApply(values -> {
        long sum = 0;
        for (byte[] value : values) sum += number(value);
        return sum;
      });
    }

    private void tolerate(Throwable error) {
      Throwable cause = Stages.cause(error);
      if (cause instanceof ConflictException || cause instanceof UnavailableException || cause instanceof OutcomeUnknownException || cause instanceof BusyException
          || cause instanceof SnapshotTooOldException) return;
      failure = new AssertionError("seed " + seed, cause);
    }

    /** Two are on call, in different regions; each leaves only if it sees the other there. At least one stays. */
    void doctors(int rounds) {
      byte[] one = {'a'};
      byte[] two = {'z'};
      int left = 0;
      for (int round = 0; round < rounds; round++) {
        get(store.writeAsync(new WriteBatch().put(FAMILY, one, number(1)).put(FAMILY, two, number(1))));
        var first = leave(one, two);
        var second = leave(two, one);
        cluster.await("two transactions", Duration.ofSeconds(60), () -> first.isDone() && second.isDone());
        if (!first.isCompletedExceptionally()) left++;
        if (!second.isCompletedExceptionally()) left++;
        var values = get(store.multiGetAsync(FAMILY, List.of(one, two)));
        assertTrue(number(values.get(0)) + number(values.get(1)) >= 1, "nobody is on call, round " + round + ", seed " + seed);
      }
      assertTrue(left > 0, "nobody ever left, seed " + seed);
    }

    private CompletableFuture<Long> leave(byte[] self, byte[] other) {
      return store.beginAsync(TransactionOptions.SERIALIZABLE).thenCompose((Transaction transaction) -> transaction.getAsync(FAMILY, other).thenCompose(there -> {
        if (number(there) == 1) transaction.put(FAMILY, self, number(0));
        return transaction.commitAsync();
      })).toCompletableFuture();
    }

    /** Two clients set a register to numbers that are all different; each success takes it exactly one further. */
    void register(int steps) {
      var register = new RaftRegister(router, "count");
      var sets = new ArrayList<long[]>();
      for (int step = 0; step < steps; step++) {
        trouble();
        if (pending < 2) {
          pending++;
          long unique = 1_000_000L + step;
          register.read().thenCompose(value -> register.compareAndSet(value, unique).thenApply(done -> done ? new long[] {value, unique} : null)).whenComplete((done, error) -> {
            pending--;
            if (done != null) sets.add(done);
            else if (error != null) tolerate(error);
          });
        }
        for (int i = 0; i < 20; i++) cluster.step();
      }
      finish();
      if (failure != null) fail(failure);
      assertTrue(sets.size() > 5, () -> sets.size() + " sets are too few to show anything, seed " + seed);
      assertEquals(sets.size(), sets.stream().map(set -> set[0]).distinct().count(), "two sets took the place of one value, seed " + seed);
    }
  }
}
