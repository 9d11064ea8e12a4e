package nokv.raftstore.store;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import nokv.api.NoKVException;
import nokv.history.Client;
import nokv.history.Workload;
import nokv.raftstore.client.Router;
import nokv.raftstore.kv.RaftStore;
import nokv.raftstore.net.Network;
import nokv.raftstore.proto.ChangePeer;
import nokv.raftstore.proto.Peer;
import nokv.raftstore.proto.Region;
import nokv.raftstore.proto.Request;
import nokv.raftstore.proto.SplitRegion;
import nokv.raftstore.proto.TransferLeader;
import nokv.spi.txn.Stages;
import org.jspecify.annotations.Nullable;

/**
 * A whole cluster in one thread from one seed: three to seven stores with several regions, clients with a {@link Workload}, an operator who splits and merges regions, moves peers and hands over
 * leaders, and everything that can break. Stores lose power at any step, with any part of what was not synced; their disks fail or fill up; messages are lost, late, doubled and out of
 * order; ways between stores break in one direction or both; wall clocks step. {@link GroupInvariants} are looked at after every step, what clients saw at the end, when all is whole again.
 */
final class ClusterSimulation {
  private static final int CLIENTS = 6;
  private static final long FIRST_CLIENT = 90;
  private static final long OPERATOR = 80;
  private static final Duration PATIENCE = Duration.ofSeconds(180);
  private static final List<Map<String, Object>> DISK_FAULTS = List.of(
      Map.of("op", "sync", "path", "*.wal", "probability", "0.002", "action", "fail"),
      Map.of("op", "write", "path", "*.wal", "probability", "0.001", "action", "tear"),
      Map.of("op", "write", "path", "*.sst", "probability", "0.02", "action", "fail"),
      Map.of("op", "sync", "path", "*.sst", "probability", "0.05", "action", "fail"),
      Map.of("op", "create", "path", "**", "probability", "0.02", "action", "full"));

  private final long seed;
  private final Duration load;
  private final SimulatedCluster cluster;
  private final SimulatedWorld world;
  private final Random random;
  private final Workload workload;
  private final GroupInvariants invariants = new GroupInvariants();
  private final List<Client> clients = new ArrayList<>();
  /** When each client does something next; the far future while it is busy. */
  private final long[] next;
  private final Network operator;
  private @Nullable Throwable failure;
  private long nextId = 1000;
  /** Between things that break on average, drawn for each run. */
  private final int troubleMillis;
  private final boolean movesRegions;
  int crashes;
  int changes;

  ClusterSimulation(long seed, Duration load) {
    this.seed = seed;
    this.load = load;
    var lot = new Random(seed);
    int size = 3 + lot.nextInt(3) * (1 + lot.nextInt(2));
    troubleMillis = 300 + lot.nextInt(1500);
    movesRegions = lot.nextInt(4) > 0;
    boolean small = lot.nextBoolean();
    Map<String, String> options = small ? Map.of("log_limit", "128KiB", "log_keep", "4KiB", "entry_cache_size", "2KiB") : Map.of("log_limit", "256KiB", "log_keep", "32KiB");
    String[][] bounds = {{}, {"k"}, {"h", "p"}, {"e", "j", "r"}};
    cluster = new SimulatedCluster(seed, size, options, bounds[lot.nextInt(bounds.length)]);
    world = cluster.world;
    random = world.random;
    cluster.network.delayMillis = 2;
    workload = new Workload(lot.nextInt(4) == 0);
    operator = cluster.network.of(OPERATOR);
    for (int i = 0; i < CLIENTS; i++) clients.add(client(i));
    next = new long[CLIENTS];
  }

  private Client client(int number) {
    var life = world.begin();
    var settings = new Router.Settings(8, Duration.ofSeconds(10), Duration.ofSeconds(3), false);
    var router = new Router(life.environment(), cluster.network.of(FIRST_CLIENT + number), cluster.topology, settings);
    return new Client(new RaftStore(life.environment(), router, cluster.oracle, 1 << 20, Duration.ofHours(1)), workload, random, () -> {
      var passed = new CompletableFuture<Void>();
      life.schedule(Duration.ofMillis(random.nextInt(random.nextInt(8) == 0 ? 4000 : 200)), () -> passed.complete(null));
      return passed;
    });
  }

  /** Runs it, and returns what two runs of one seed have in common: all that has happened. */
  long run() {
    try {
      cluster.start();
      open();
      long end = world.nanos() + load.toNanos();
      long nextTrouble = 0;
      long nextChange = 0;
      long nextComparison = 0;
      while (world.nanos() < end) {
        long now = world.nanos();
        if (now >= nextTrouble) {
          if (nextTrouble > 0) trouble();
          nextTrouble = now + within(2 * troubleMillis);
        }
        if (movesRegions && now >= nextChange) {
          administer();
          nextChange = now + within(1000);
        }
        if (now >= nextComparison) {
          compare();
          nextComparison = now + within(600);
        }
        clients();
        step();
      }
      calm();
      return world.trace();
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError("seed " + seed + ", " + load.toSeconds() + " s: " + e.getMessage(), e);
    }
  }

  private long within(int millis) {
    return random.nextLong(millis * 1_000_000L);
  }

  private void open() {
    for (int attempt = 0; attempt < 20; attempt++) {
      var opened = workload.open(new RaftStore(world.begin().environment(), new Router(world.begin().environment(), operator, cluster.topology,
          new Router.Settings(8, Duration.ofSeconds(10), Duration.ofSeconds(3), false)), cluster.oracle, 1 << 20, Duration.ofHours(1))).toCompletableFuture();
      await("the opening of the accounts", opened);
      if (!opened.isCompletedExceptionally()) return;
    }
    throw new AssertionError("the accounts could not be opened");
  }

  private void step() {
    cluster.step();
    for (SimulatedStore store : cluster.stores) if (store.ran()) invariants.look(store);
    Throwable wrong = failure;
    if (wrong != null) throw new AssertionError(wrong.getMessage(), wrong);
    String seen = workload.wrong();
    if (seen != null) throw new AssertionError(seen);
  }

  private void await(String what, CompletableFuture<?> future) {
    long limit = world.nanos() + PATIENCE.toNanos();
    while (!future.isDone()) {
      if (world.nanos() > limit) throw new AssertionError(what + " did not come about within " + PATIENCE);
      step();
    }
  }

  private void clients() {
    for (int i = 0; i < CLIENTS; i++) {
      if (next[i] > world.nanos()) continue;
      int number = i;
      next[i] = Long.MAX_VALUE;
      clients.get(i).step().whenComplete((done, error) -> {
        next[number] = world.nanos() + within(150);
        if (error != null) failure = Stages.cause(error);
      });
    }
  }

  private void compare() {
    for (SimulatedStore store : cluster.stores) if (store.isUp()) invariants.compare(store);
  }

  // What breaks

  private void trouble() {
    SimulatedStore store = cluster.any();
    switch (random.nextInt(13)) {
      case 0, 1 -> {
        if (cluster.stores.stream().filter(each -> !each.isUp()).count() < cluster.stores.size() / 2) crash(store);
      }
      case 2 -> cluster.stores.forEach(this::crash);
      case 3, 4, 5, 6 -> cluster.stores.stream().filter(each -> !each.isUp()).forEach(each -> start(each, random.nextInt(6) == 0));
      case 7 -> cluster.network.cutOff = random.nextBoolean() ? store.id : FIRST_CLIENT + random.nextInt(CLIENTS);
      case 8 -> cluster.network.broken.add(new SimulatedNetwork.Way(store.id, cluster.any().id));
      case 9, 10 -> {
        cluster.network.cutOff = 0;
        cluster.network.broken.clear();
      }
      case 11 -> {
        cluster.network.loss = random.nextInt(4) * 0.08;
        cluster.network.doubling = random.nextInt(3) * 0.1;
        cluster.network.delayMillis = 1 + random.nextInt(4) * random.nextInt(30);
      }
      default -> {
        if (store.isUp()) store.stepClock(Duration.ofSeconds(random.nextInt(121) - 60));
      }
    }
  }

  private void crash(SimulatedStore store) {
    if (!store.isUp()) return;
    crashes++;
    store.crash();
  }

  private void start(SimulatedStore store, boolean faulty) {
    try {
      store.start(faulty ? DISK_FAULTS : List.of());
    } catch (NoKVException e) {
      if (!faulty) throw e;
      store.crash();
    }
  }

  // The operator

  private void administer() {
    SimulatedStore store = cluster.any();
    if (!store.isUp()) return;
    var led = store.store.peers((ByteString) null).stream().filter(RegionPeer::leads).toList();
    if (led.isEmpty()) return;
    Region region = led.get(random.nextInt(led.size())).region();
    var request = switch (random.nextInt(7)) {
      case 0, 1 -> split(region);
      case 2, 3 -> transfer(region);
      case 4, 5 -> MergeTest.merge(cluster, region);
      default -> change(region);
    };
    if (request == null) return;
    operator.call(store.id, request.setContext(SimulatedCluster.context(region)).build(), Duration.ofSeconds(10)).whenComplete((response, error) -> {
      if (error == null && !response.hasRegionError()) changes++;
    });
  }

  private Request.@Nullable Builder split(Region region) {
    if (nextId > 1040) return null;
    var key = ByteString.copyFromUtf8((char) ('a' + random.nextInt(26)) + (random.nextBoolean() ? "" : "-l"));
    var split = SplitRegion.newBuilder().setKey(key).setNewRegionId(nextId++);
    for (int i = 0; i < region.getPeersCount(); i++) split.addNewPeerIds(nextId * 100 + i);
    return Request.newBuilder().setSplitRegion(split);
  }

  private Request.Builder transfer(Region region) {
    return Request.newBuilder().setTransferLeader(TransferLeader.newBuilder().setPeer(region.getPeers(random.nextInt(region.getPeersCount()))));
  }

  /** A peer where there is none; where there are too many, one away. */
  private Request.Builder change(Region region) {
    long store = cluster.any().id;
    var there = region.getPeersList().stream().filter(peer -> peer.getStoreId() == store).findFirst();
    boolean removes = region.getPeersCount() > 3 || (there.isPresent() && region.getPeersCount() > 2);
    var peer = removes ? there.orElse(region.getPeers(random.nextInt(region.getPeersCount()))) : Peer.newBuilder().setStoreId(store).setPeerId(10_000 + nextId++ * 10).build();
    return Request.newBuilder().setChangePeer(ChangePeer.newBuilder().setChange(removes ? ChangePeer.Change.REMOVE : ChangePeer.Change.ADD).setPeer(peer));
  }

  // The end

  /** All is whole again: whoever waits is answered, what is acknowledged is there, and replicas are alike. */
  private void calm() {
    cluster.network.broken.clear();
    for (SimulatedStore store : cluster.stores) if (store.isFaulty()) crash(store);
    cluster.heal();
    long limit = world.nanos() + PATIENCE.toNanos();
    for (boolean any = true; any; ) {
      step();
      any = false;
      for (long each : next) any |= each == Long.MAX_VALUE;
      if (world.nanos() > limit) throw new AssertionError("a client still waits after " + PATIENCE + " without faults");
    }
    long end = world.nanos() + Duration.ofSeconds(15).toNanos();
    while (world.nanos() < end) step();
    CompletionStage<Void> all = clients.getFirst().readAll();
    await("the last reading", all.toCompletableFuture());
    all.toCompletableFuture().join();
    cluster.settle();
    compare();
    String violation = workload.violation();
    if (violation != null) throw new AssertionError(violation);
  }

  Workload.Size size() {
    return workload.size();
  }

  long compared() {
    return invariants.compared;
  }
}
