package nokv.raftstore.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import nokv.api.ColumnFamily;
import nokv.api.KeyRange;
import nokv.api.Timestamp;
import nokv.raftstore.placement.PlacementOptions;
import nokv.raftstore.proto.Context;
import nokv.raftstore.proto.Region;
import nokv.raftstore.proto.RegionError;
import nokv.raftstore.proto.Request;
import nokv.raftstore.proto.Response;
import nokv.raftstore.proto.StoreStatusRequest;
import nokv.spi.EngineBatch;
import nokv.spi.Kind;
import nokv.spi.Topology;
import org.jspecify.annotations.Nullable;

/**
 * A cluster of stores in one thread from one seed, and what must hold at every step: one leader a term and region; a read sees every write acknowledged before it began; what was
 * refused never shows; in the end all stores hold the same.
 */
final class SimulatedCluster {
  private static final int KEYS = 16;

  final long seed;
  final SimulatedWorld world;
  final SimulatedNetwork network;
  final SimulatedOracle oracle;
  final Topology topology;
  final List<SimulatedStore> stores = new ArrayList<>();
  private final Map<String, Long> leaders = new HashMap<>();
  /** By key: the greatest version acknowledged, and those of which nobody knows yet. */
  private final long[] acknowledged = new long[KEYS];
  private final List<Long> refused = new ArrayList<>();
  private long nextVersion = 1;
  private final List<String> refusals = new ArrayList<>();
  int writes;
  int reads;
  int undetermined;

  SimulatedCluster(long seed, int size, Map<String, String> raftOptions, String... bounds) {
    this(seed, size, raftOptions, null, bounds);
  }

  /** @param placement null = there is none */
  SimulatedCluster(long seed, int size, Map<String, String> raftOptions, @Nullable PlacementOptions placement, String... bounds) {
    this(seed, topology(size, Math.min(3, size), bounds), raftOptions, placement);
  }

  SimulatedCluster(long seed, Topology given, Map<String, String> raftOptions, @Nullable PlacementOptions placement) {
    this.seed = seed;
    world = new SimulatedWorld(seed);
    network = new SimulatedNetwork(world);
    oracle = new SimulatedOracle(world);
    topology = given;
    for (var store : given.stores()) stores.add(new SimulatedStore(store.storeId(), world, network, topology, raftOptions, listener(store.storeId()), oracle, placement));
  }

  /** @param replicas of each region, on the first stores */
  static Topology topology(int size, int replicas, String... bounds) {
    var listed = new ArrayList<Topology.Store>();
    for (long id = 1; id <= size; id++) listed.add(new Topology.Store(id, "h:1", "h:1", "h:1", "h:1"));
    var regions = new ArrayList<Topology.Region>();
    for (int i = 0; i <= bounds.length; i++) {
      var range = new KeyRange(i == 0 ? new byte[0] : bounds[i - 1].getBytes(), i == bounds.length ? null : bounds[i].getBytes());
      var peers = new ArrayList<Topology.Peer>();
      for (long id = 1; id <= replicas; id++) peers.add(new Topology.Peer(id, (i + 1) * 100L + id));
      regions.add(new Topology.Region(i + 1, range, 1, 1, peers, 1 + i % replicas));
    }
    return new Topology(8, null, listed, regions);
  }

  private Regions.Listener listener(long store) {
    return new Regions.Listener() {
      @Override public void leading(Region region, long term) {
        Long other = leaders.putIfAbsent(region.getId() + "@" + term, store);
        if (other != null && other != store) fail("stores " + other + " and " + store + " lead region " + region.getId() + " in term " + term + ", seed " + seed);
      }

      @Override public void notLeading(long regionId) {}
    };
  }

  void start() {
    stores.forEach(SimulatedStore::start);
  }

  /** Lets the cluster work until something holds. */
  void await(String what, Duration most, BooleanSupplier holds) {
    long limit = world.nanos() + most.toNanos();
    while (!holds.getAsBoolean()) {
      if (world.nanos() > limit) fail(what + " did not come about within " + most + ", seed " + seed);
      step();
    }
  }

  /** Lets time pass with no load. */
  void pass(Duration time) {
    long until = world.nanos() + time.toNanos();
    while (world.nanos() < until) step();
  }

  void step() {
    if (!world.step()) world.pass(Duration.ofMillis(10));
  }

  SimulatedStore any() {
    return stores.get(world.random.nextInt(stores.size()));
  }

  Response ask(SimulatedStore store, Request request) {
    var future = store.store.handle(request).toCompletableFuture();
    await("the answer to " + request.getCommandCase(), Duration.ofSeconds(20), future::isDone);
    return future.join();
  }

  List<nokv.raftstore.proto.RegionStatus> status(SimulatedStore store) {
    return ask(store, Request.newBuilder().setStoreStatus(StoreStatusRequest.getDefaultInstance()).build()).getStoreStatus().getRegionsList();
  }

  /** Who leads a region, once somebody does. */
  SimulatedStore leader(long region) {
    var found = new SimulatedStore[1];
    await("a leader of region " + region, Duration.ofSeconds(20), () -> {
      for (SimulatedStore store : stores) {
        if (!store.isUp()) continue;
        for (var status : status(store)) if (status.getRegion().getId() == region && status.getLeader().getStoreId() == store.id) found[0] = store;
      }
      return found[0] != null;
    });
    return found[0];
  }

  static byte[] key(int key) {
    return new byte[] {(byte) ('a' + key)};
  }

  /** One client writes the next version of a key through a store, if that leads. */
  void write(SimulatedStore store, Region region, int key) {
    long version = nextVersion++;
    store.store.lead(context(region)).thenCompose(lead -> store.store.propose(lead, List.of(put(key, version)))).whenComplete((done, error) -> {
      if (error == null) {
        acknowledged[key] = Math.max(acknowledged[key], version);
        writes++;
      } else {
        RegionError refusal = refusal(error);
        if (refusal.hasUndetermined()) undetermined++;
        else refused.add(version);
      }
    });
  }

  private static EngineBatch.Entry put(int key, long version) {
    return new EngineBatch.Entry(0, key(key), version, Kind.PUT, version, 0, ByteBuffer.allocate(300).putLong(version).array());
  }

  /** One client reads a key through a store, if that leads: it sees whatever was acknowledged before. */
  void read(SimulatedStore store, Region region, int key) {
    long least = acknowledged[key];
    store.store.lead(context(region)).whenComplete((lead, error) -> {
      if (error != null) {
        refusal(error);
        return;
      }
      var found = store.engine.find(0, key(key), Timestamp.MAX);
      long version = found == null ? 0 : found.version();
      assertTrue(version >= least, () -> "store " + store.id + " reads version " + version + " of key " + key + ", but " + least + " was acknowledged before, seed " + seed);
      reads++;
    });
  }

  private RegionError refusal(Throwable error) {
    Throwable cause = error instanceof CompletionException e ? e.getCause() : error;
    if (cause instanceof RegionException e) return e.error();
    throw new AssertionError("seed " + seed, error);
  }

  static Context context(Region region) {
    return Context.newBuilder().setRegionId(region.getId()).setEpoch(region.getEpoch()).build();
  }

  /** The faults stop; whoever is down comes back. */
  void heal() {
    network.loss = 0;
    network.doubling = 0;
    network.delayMillis = 1;
    network.cutOff = 0;
    for (SimulatedStore store : stores) if (!store.isUp()) store.start();
  }

  /** Healed, everybody ends with the same state. Nobody writes any more. */
  void settle() {
    heal();
    agree();
  }

  /** Those that are up hold the same. Nobody writes any more. */
  void agree() {
    await("agreement", Duration.ofSeconds(60), this::agreed);
    check();
  }

  private List<SimulatedStore> up() {
    return stores.stream().filter(SimulatedStore::isUp).toList();
  }

  /** At one moment all peers of each region have applied all there is, and the same. */
  private boolean agreed() {
    for (int i = 0; i < 200; i++) step();
    var applied = new HashMap<Long, Long>();
    var peers = new HashMap<Long, Integer>();
    var members = new HashMap<Long, Integer>();
    for (SimulatedStore store : up()) {
      for (RegionPeer peer : store.store.peers((ByteString) null)) {
        long id = peer.region().getId();
        if (peer.leader() == null || peer.node.lastIndex() != peer.appliedIndex()) return false;
        Long other = applied.putIfAbsent(id, peer.appliedIndex());
        if (other != null && other != peer.appliedIndex()) return false;
        peers.merge(id, 1, Integer::sum);
        members.put(id, peer.region().getPeersCount());
      }
    }
    return peers.equals(members) && !peers.isEmpty();
  }

  private void check() {
    var byRegion = new HashMap<Long, List<String>>();
    for (SimulatedStore store : up()) {
      long listed = 0;
      for (Region region : store.store.regions()) {
        var own = contents(store, RegionState.range(region));
        listed += own.stream().filter(each -> !each.endsWith("DELETE")).count();
        var other = byRegion.putIfAbsent(region.getId(), own);
        if (other != null) assertEquals(other, own, "region " + region.getId() + " on store " + store.id + ", seed " + seed);
        for (int key = 0; key < KEYS; key++) if (RegionState.range(region).contains(key(key))) checkKey(store, key);
      }
      assertEquals(contents(store, KeyRange.ALL).stream().filter(each -> !each.endsWith("DELETE")).count(), listed, "store " + store.id + " holds keys of no region, seed " + seed);
    }
  }

  private void checkKey(SimulatedStore store, int key) {
    for (long version : refused) {
      var found = store.engine.find(0, key(key), version);
      assertTrue(found == null || found.version() != version, "version " + version + " was refused and is there, seed " + seed);
    }
    if (acknowledged[key] == 0) return;
    var found = store.engine.find(0, key(key), acknowledged[key]);
    assertTrue(found != null && found.version() == acknowledged[key], "version " + acknowledged[key] + " of key " + key + " was acknowledged and is lost, seed " + seed);
    assertArrayEquals(put(key, found.version()).value(), found.value());
  }

  /** What a reader above every safe point can tell from what was dropped. */
  private List<String> contents(SimulatedStore store, KeyRange range) {
    long safePoint = up().stream().mapToLong(each -> each.store.safePoint().get()).max().orElse(0);
    var all = new ArrayList<String>();
    for (var family : List.of(ColumnFamily.DEFAULT, ColumnFamily.LOCK)) {
      try (var cursor = store.engine.versions(family.id(), RegionState.inFamily(range, family.id()), null)) {
        byte[] floor = {};
        while (cursor.next()) {
          if (cursor.version() <= safePoint) {
            if (Arrays.equals(floor, cursor.key()) || cursor.kind() == Kind.LOCK_ONLY) continue;
            floor = cursor.key();
            if (cursor.kind() != Kind.PUT || Timestamp.expired(cursor.expiryMillis(), safePoint)) continue;
          }
          all.add(family.id() + "/" + new String(cursor.key()) + "@" + cursor.version() + " " + cursor.kind());
        }
      }
    }
    return all;
  }

  /** Asks whoever leads the region until it is done, and returns the regions it became. */
  List<Region> administer(long regionId, Function<Region, Request.Builder> request) {
    long limit = world.nanos() + Duration.ofSeconds(60).toNanos();
    while (world.nanos() < limit) {
      for (SimulatedStore store : stores) {
        if (!store.isUp()) continue;
        for (Region region : store.store.regions()) {
          if (region.getId() != regionId) continue;
          var response = ask(store, request.apply(region).setContext(context(region)).build());
          if (!response.hasRegionError()) {
            return switch (response.getResultCase()) {
              case SPLIT_REGION -> response.getSplitRegion().getRegionsList();
              case MERGE_REGION -> response.getMergeRegion().getRegionsList();
              default -> response.getChangePeer().getRegionsList();
            };
          }
          refusals.add(response.getRegionError().getMessage());
        }
      }
      for (int i = 0; i < 50; i++) step();
    }
    throw new AssertionError("region " + regionId + " was not changed, seed " + seed + ": " + refusals.subList(Math.max(0, refusals.size() - 10), refusals.size()));
  }
}
