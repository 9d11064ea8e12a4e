package nokv.raftstore.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import nokv.raftstore.proto.ChangePeer;
import nokv.raftstore.proto.MergeRegion;
import nokv.raftstore.proto.Region;
import nokv.raftstore.proto.Request;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Goal: two regions become one, or stay two, and nothing that was acknowledged is lost, whatever happens meanwhile to networks, processes and disks. Method: whole clusters in one thread
 * from a seed, see {@link SimulatedCluster}; power cuts at every step of a merge; partitions at its turning points; merges and splits at random under load and faults.
 */
class MergeTest {
  private static final Map<String, String> SMALL_LOGS = Map.of("log_limit", "128KiB", "log_keep", "4KiB", "entry_cache_size", "1KiB");

  private static SimulatedCluster begin(long seed, int stores, Map<String, String> options) {
    var cluster = new SimulatedCluster(seed, stores, options, "e", "j");
    cluster.start();
    StoreTest.load(cluster, 1500, false);
    cluster.settle();
    return cluster;
  }

  /** The request to take in whatever region lies behind one, as some store knows it. */
  static Request.Builder merge(SimulatedCluster cluster, Region region) {
    var regions = cluster.stores.stream().filter(SimulatedStore::isUp).flatMap(store -> store.store.regions().stream());
    Region neighbour = regions.filter(each -> each.getStartKey().equals(region.getEndKey())).max(Comparator.comparingLong(each -> each.getEpoch().getVersion())).orElse(Region.getDefaultInstance());
    return Request.newBuilder().setMergeRegion(MergeRegion.newBuilder().setNeighbour(neighbour));
  }

  /** Asks the leader of region 1 and does not wait. */
  private static void ask(SimulatedCluster cluster) {
    SimulatedStore leader = cluster.leader(1);
    Region region = region(leader, 1);
    leader.store.handle(merge(cluster, region).setContext(SimulatedCluster.context(region)).build());
  }

  private static Region region(SimulatedStore store, long id) {
    return store.store.regions().stream().filter(each -> each.getId() == id).findFirst().orElse(Region.getDefaultInstance());
  }

  private static void awaitSource(SimulatedCluster cluster, Predicate<Region> stage) {
    cluster.await("a stage of the merge", Duration.ofSeconds(20), () -> cluster.stores.stream().filter(SimulatedStore::isUp).anyMatch(store -> stage.test(region(store, 2))));
  }

  private static List<String> ends(SimulatedCluster cluster) {
    return Objects.requireNonNull(cluster.stores.getFirst().store).regions().stream().map(each -> each.getId() + " to " + each.getEndKey().toStringUtf8()).toList();
  }

  /** No merge is left half done, and the regions cover all keys. */
  private static void checkWhole(SimulatedCluster cluster) {
    cluster.heal();
    cluster.await("the end of all merges", Duration.ofSeconds(120), () -> cluster.stores.stream().allMatch(store -> store.store.regions().stream().noneMatch(Region::hasMerge)));
    cluster.settle();
    var regions = new ArrayList<Region>();
    for (SimulatedStore store : cluster.stores) for (Region each : store.store.regions()) if (regions.stream().noneMatch(known -> known.getId() == each.getId())) regions.add(each);
    regions.sort(Comparator.comparing(Region::getStartKey, ByteString.unsignedLexicographicalComparator()));
    assertTrue(regions.getFirst().getStartKey().isEmpty() && regions.getLast().getEndKey().isEmpty(), () -> regions + ", seed " + cluster.seed);
    for (int i = 1; i < regions.size(); i++) assertEquals(regions.get(i - 1).getEndKey(), regions.get(i).getStartKey(), () -> regions + ", seed " + cluster.seed);
  }

  @Test void aRegionTakesInItsNeighboursOneAfterTheOther() {
    var cluster = begin(1, 3, Map.of());
    assertEquals("j", cluster.administer(1, region -> merge(cluster, region)).getFirst().getEndKey().toStringUtf8());
    StoreTest.load(cluster, 1500, false);
    checkWhole(cluster);
    assertEquals(List.of("1 to j", "3 to "), ends(cluster));
    cluster.administer(1, region -> merge(cluster, region));
    for (SimulatedStore store : cluster.stores) store.crash();
    cluster.start();
    StoreTest.load(cluster, 1500, false);
    checkWhole(cluster);
    assertEquals(List.of("1 to "), ends(cluster));
    cluster.administer(1, region -> RegionLifeTest.split("c", 9, 91L, 92L, 93L));
    StoreTest.load(cluster, 1500, false);
    checkWhole(cluster);
  }

  @Test void whoeverKnowsOnlyTheRegionThatWasTakenInIsToldWhoHasItsKeys() {
    var cluster = begin(2, 3, Map.of());
    Region source = region(cluster.stores.getFirst(), 2);
    cluster.administer(1, region -> merge(cluster, region));
    checkWhole(cluster);
    for (SimulatedStore store : cluster.stores) {
      var error = cluster.ask(store, RegionLifeTest.split("f", 9, 91L, 92L, 93L).setContext(SimulatedCluster.context(source)).build()).getRegionError();
      assertEquals(1, error.getEpochNotMatch().getCurrent(0).getId(), error::toString);
    }
  }

  @Test void whatCannotBecomeOneIsRefusedWithTheReason() {
    var cluster = begin(3, 4, Map.of());
    Region third = region(cluster.stores.getFirst(), 3);
    cluster.administer(2, region -> RegionLifeTest.change(ChangePeer.Change.ADD, 4, 204));
    cluster.settle();
    SimulatedStore leader = cluster.leader(1);
    Region first = region(leader, 1);
    var far = cluster.ask(leader, Request.newBuilder().setMergeRegion(MergeRegion.newBuilder().setNeighbour(third)).setContext(SimulatedCluster.context(first)).build()).getRegionError();
    assertTrue(far.hasInvalidRequest() && far.getMessage().contains("does not begin where region 1 ends"), far::toString);
    var elsewhere = cluster.ask(leader, merge(cluster, first).setContext(SimulatedCluster.context(first)).build()).getRegionError();
    assertTrue(elsewhere.hasInvalidRequest() && elsewhere.getMessage().contains("[1, 2, 3, 4]"), elsewhere::toString);
  }

  /** The power of one store goes at the n-th step after the merge was asked for. */
  @ParameterizedTest @ValueSource(longs = {1, 2, 3})
  void theStoresLosePowerAtEveryStepOfAMerge(long seed) {
    int merged = 0;
    for (int at = 0; at < 400; at += 8) {
      var cluster = begin(seed * 1000 + at, 3, Map.of());
      ask(cluster);
      for (int i = 0; i < at; i++) cluster.step();
      cluster.any().crash();
      if (at % 3 == 0) cluster.stores.stream().filter(SimulatedStore::isUp).forEach(SimulatedStore::crash);
      StoreTest.load(cluster, 300, false);
      checkWhole(cluster);
      StoreTest.load(cluster, 300, false);
      checkWhole(cluster);
      if (ends(cluster).size() == 2) merged++;
    }
    assertTrue(merged > 5, merged + " merges came about");
  }

  @Test void aSourceWithAPeerOutOfReachGoesOnServingByItself() {
    var cluster = begin(4, 3, Map.of());
    cluster.network.cutOff = bystander(cluster);
    cluster.pass(Duration.ofSeconds(2));
    ask(cluster);
    cluster.pass(Duration.ofSeconds(3));
    assertTrue(cluster.stores.stream().noneMatch(store -> RegionLife.isBeingTakenIn(region(store, 2))));
    cluster.pass(Duration.ofSeconds(10));
    assertFalse(region(cluster.leader(1), 1).hasMerge());
    int before = cluster.writes;
    StoreTest.load(cluster, 1500, false);
    assertTrue(cluster.writes > before);
    checkWhole(cluster);
    assertEquals(3, ends(cluster).size());
    cluster.administer(1, region -> merge(cluster, region));
    checkWhole(cluster);
    assertEquals(2, ends(cluster).size());
  }

  /** A store that leads neither region 1 nor region 2. */
  private static long bystander(SimulatedCluster cluster) {
    var leaders = List.of(cluster.leader(1).id, cluster.leader(2).id);
    return cluster.stores.stream().map(store -> store.id).filter(id -> !leaders.contains(id)).findFirst().orElseThrow();
  }

  @Test void aSourceThatWaitsForAPeerInVainIsItselfAgain() {
    for (long seed = 40; seed < 50; seed++) {
      var cluster = begin(seed, 3, Map.of());
      long bystander = bystander(cluster);
      ask(cluster);
      awaitSource(cluster, RegionLife::isBeingTakenIn);
      cluster.network.cutOff = bystander;
      cluster.await("an end of the merge", Duration.ofSeconds(20), () -> !region(cluster.leader(1), 1).hasMerge());
      int before = cluster.writes;
      StoreTest.load(cluster, 1500, false);
      assertTrue(cluster.writes > before, "seed " + seed);
      checkWhole(cluster);
    }
  }

  /** Cuts a store off when the source is ready: it has the source's log, and none of what comes then. */
  private static SimulatedCluster mergedWithout(long seed, long absent) {
    var cluster = begin(seed, 4, SMALL_LOGS);
    ask(cluster);
    awaitSource(cluster, region -> region.getMerge().getReady());
    cluster.network.cutOff = absent;
    cluster.await("the merge", Duration.ofSeconds(30), () -> cluster.stores.stream().filter(store -> store.id != absent)
        .anyMatch(store -> region(store, 1).getEndKey().toStringUtf8().equals("j") && !region(store, 1).hasMerge()));
    return cluster;
  }

  @ParameterizedTest @ValueSource(longs = {1, 2, 3})
  void aPeerThatGetsASnapshotFromBehindTheMergeHasAllOfBoth(long absent) {
    for (long seed = 10; seed < 15; seed++) {
      var cluster = mergedWithout(seed, absent);
      StoreTest.load(cluster, 6000, false);
      checkWhole(cluster);
      assertEquals(2, ends(cluster).size());
    }
  }

  @ParameterizedTest @ValueSource(longs = {1, 2, 3})
  void aPeerThatWasAwayGetsASnapshotOfWhatTheMergedRegionWasSplitInto(long absent) {
    for (long seed = 20; seed < 25; seed++) {
      var cluster = mergedWithout(seed, absent);
      cluster.administer(1, region -> RegionLifeTest.split("c", 9, 91L, 92L, 93L));
      StoreTest.load(cluster, 6000, false);
      checkWhole(cluster);
      assertEquals(3, cluster.leader(1).store.regions().size());
    }
  }

  /** What is left of the source on the store that was away has no place there any more, and nobody of its group is left to say so. */
  @ParameterizedTest @ValueSource(longs = {1, 2, 3})
  void anOrphanIsTakenAway(long absent) {
    for (long seed = 30; seed < 35; seed++) {
      var cluster = mergedWithout(seed, absent);
      cluster.administer(1, region -> RegionLifeTest.change(ChangePeer.Change.ADD, 4, 104));
      cluster.administer(1, region -> RegionLifeTest.change(ChangePeer.Change.REMOVE, absent, 100 + absent));
      StoreTest.load(cluster, 3000, false);
      cluster.heal();
      SimulatedStore away = cluster.stores.get((int) absent - 1);
      cluster.await("the end of the orphan, seed " + seed, Duration.ofSeconds(60), () -> away.store.regions().stream().map(Region::getId).toList().equals(List.of(3L)));
      checkWhole(cluster);
    }
  }

  @ParameterizedTest @ValueSource(longs = {1, 1001, 2001})
  void regionsMergeAndSplitUnderFaults(long first) {
    int merged = 0;
    for (long seed = first; seed < first + 8; seed++) merged += reshape(seed);
    assertTrue(merged > 3, merged + " merges came about");
  }

  @Test @Tag("long") void regionsMergeAndSplitUnderFaultsForManySeeds() {
    for (long seed = 10_001; seed < 11_000; seed++) reshape(seed);
  }

  /** Returns how many regions were taken in. */
  static int reshape(long seed) {
    var cluster = new SimulatedCluster(seed, 3, SMALL_LOGS, "e", "j");
    cluster.start();
    var random = cluster.world.random;
    long id = 10;
    for (int round = 0; round < 25; round++) {
      StoreTest.load(cluster, 300, true);
      SimulatedStore store = cluster.any();
      if (!store.isUp() || store.store.regions().isEmpty()) continue;
      Region region = store.store.regions().get(random.nextInt(store.store.regions().size()));
      String key = String.valueOf((char) ('a' + random.nextInt(16)));
      var request = random.nextInt(3) == 0 ? RegionLifeTest.split(key, id, id * 10 + 1, id * 10 + 2, id * 10 + 3) : merge(cluster, region);
      for (SimulatedStore each : cluster.stores) if (each.isUp()) each.store.handle(request.setContext(SimulatedCluster.context(region)).build());
      id++;
    }
    checkWhole(cluster);
    StoreTest.load(cluster, 500, false);
    checkWhole(cluster);
    var known = cluster.stores.stream().flatMap(store -> store.store.regions().stream()).map(Region::getId).distinct().toList();
    return (int) List.of(1L, 2L, 3L).stream().filter(each -> !known.contains(each)).count();
  }
}
