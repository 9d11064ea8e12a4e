package nokv.raftstore.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.codahale.metrics.MetricRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import nokv.api.KeyRange;
import nokv.api.UnavailableException;
import nokv.engine.lsm.LsmEngineProvider;
import nokv.raftstore.net.Network;
import nokv.raftstore.proto.Context;
import nokv.raftstore.proto.RaftMessage;
import nokv.raftstore.proto.Region;
import nokv.raftstore.proto.Request;
import nokv.raftstore.proto.Response;
import nokv.spi.EngineBatch;
import nokv.spi.Environment;
import nokv.spi.Kind;
import nokv.spi.NodeConfig;
import nokv.spi.Options;
import nokv.spi.StorageEngine;
import nokv.spi.Topology;
import nokv.spi.ValueStore;
import nokv.vfs.MemVfs;
import nokv.vlog.VlogProvider;
import org.junit.jupiter.api.Test;

/** Goal: what the simulation shows in one thread holds in many. Method: three stores on real threads, clients beside each other, every acknowledged write found on every store. */
class StoreThreadsTest {
  private static final int CLIENTS = 32;
  private static final int WRITES = 100;

  private record Node(Environment.Owned environment, ValueStore values, StorageEngine engine, Store store) {}

  private final Map<Long, Store> stores = new ConcurrentHashMap<>();
  private final CompletableFuture<Context> leading = new CompletableFuture<>();
  private final AtomicInteger leader = new AtomicInteger();

  private Network network() {
    return new Network() {
      @Override public CompletionStage<Response> call(long storeId, Request request, Duration timeout) {
        return CompletableFuture.failedFuture(new UnavailableException("not in this test"));
      }

      @Override public void send(long storeId, RaftMessage message) {
        Store to = stores.get(storeId);
        if (to != null) to.raft(message);
      }

      @Override public CompletionStage<Void> sendSnapshot(long storeId, Chunks chunks) {
        chunks.close();
        return CompletableFuture.failedFuture(new UnavailableException("not in this test"));
      }

      @Override public void close() {}
    };
  }

  private Node open(long id, Topology topology) {
    var owned = Environment.system(2, 1 << 28, new MetricRegistry());
    var environment = owned.environment();
    var disk = MemVfs.plain();
    var vlog = new VlogProvider();
    var values = vlog.open(environment, Options.parse("vlog", vlog.options(), Map.of()), disk, "store", false);
    var lsm = new LsmEngineProvider();
    var engine = lsm.open(environment, Options.parse("engine", lsm.options(), Map.of("memtable_size", "1MiB", "block_cache_size", "1MiB", "wal_segment_size", "1MiB")), disk, values, "store", false);
    var config = new NodeConfig("test", "store", NodeConfig.Plugins.EMBEDDED, topology, Map.of(), id, false);
    var store = Store.open(environment, StoreOptions.of("raft", Options.parse("raft", StoreOptions.DECLARED, Map.of())), config, engine);
    stores.put(id, store);
    store.start(network(), request -> CompletableFuture.completedFuture(Response.getDefaultInstance()), new Regions.Listener() {
      @Override public void leading(Region region, long term) {
        leader.set((int) id);
        leading.complete(SimulatedCluster.context(region));
      }

      @Override public void notLeading(long regionId) {}
    });
    return new Node(owned, values, engine, store);
  }

  @Test void writesOfManyClientsAreOnEveryStore() throws Exception {
    var listed = new ArrayList<Topology.Store>();
    var peers = new ArrayList<Topology.Peer>();
    for (long id = 1; id <= 3; id++) {
      listed.add(new Topology.Store(id, "h:1", "h:1", "h:1", "h:1"));
      peers.add(new Topology.Peer(id, 100 + id));
    }
    var topology = new Topology(8, null, listed, List.of(new Topology.Region(1, KeyRange.ALL, 1, 1, peers, 1)));
    var nodes = new HashMap<Long, Node>();
    try {
      for (long id = 1; id <= 3; id++) nodes.put(id, open(id, topology));
      Context context = leading.get(30, TimeUnit.SECONDS);
      Store store = stores.get((long) leader.get());
      var clients = new ArrayList<CompletableFuture<Void>>();
      for (int client = 0; client < CLIENTS; client++) {
        CompletableFuture<Void> chain = CompletableFuture.completedFuture(null);
        for (int i = 0; i < WRITES; i++) {
          var write = new EngineBatch.Entry(0, ("key" + client + "/" + i).getBytes(), 1 + i, Kind.PUT, 0, 0, new byte[100]);
          chain = chain.thenCompose(done -> store.lead(context)).thenCompose(lead -> store.propose(lead, List.of(write)));
        }
        clients.add(chain);
      }
      CompletableFuture.allOf(clients.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
      assertEquals(CLIENTS * WRITES, count(nodes.get((long) leader.get()).engine));
      // The others hear of the last commits with the next heartbeat.
      long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      for (Node node : nodes.values()) {
        while (count(node.engine) < CLIENTS * WRITES) assertTrue(System.nanoTime() < limit, "a store has " + count(node.engine) + " of " + CLIENTS * WRITES + " writes");
      }
    } finally {
      for (Node node : nodes.values()) node.store.close();
      for (Node node : nodes.values()) {
        node.engine.close();
        node.values.close();
        node.environment.close();
      }
    }
  }

  private static int count(StorageEngine engine) {
    int count = 0;
    try (var cursor = engine.versions(0, KeyRange.ALL, null)) {
      while (cursor.next()) count++;
    }
    return count;
  }
}
