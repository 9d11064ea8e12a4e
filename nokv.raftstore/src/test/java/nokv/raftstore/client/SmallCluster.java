package nokv.raftstore.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import nokv.api.KeyRange;
import nokv.api.OutcomeUnknownException;
import nokv.api.UnavailableException;
import nokv.raftstore.net.Network;
import nokv.raftstore.proto.Epoch;
import nokv.raftstore.proto.Peer;
import nokv.raftstore.proto.PrewriteResult;
import nokv.raftstore.proto.RaftMessage;
import nokv.raftstore.proto.Region;
import nokv.raftstore.proto.RegionError;
import nokv.raftstore.proto.RegionStatus;
import nokv.raftstore.proto.Request;
import nokv.raftstore.proto.Response;
import nokv.raftstore.proto.StoreStatus;
import nokv.spi.Topology;
import org.jspecify.annotations.Nullable;

/** Three stores that check requests as stores do, and a network between them and the client: all of it state that a test changes. */
final class SmallCluster implements Network {
  private static final Duration TRIP = Duration.ofNanos(100_000);

  final VirtualTime time;
  final List<Region> regions = new ArrayList<>();
  /** Who leads, by region; absent = an election. */
  final Map<Long, Long> leaders = new HashMap<>();
  /** Whom followers hold for the leader; absent = the real one. */
  final Map<Long, Long> hints = new HashMap<>();
  final Set<Long> dead = new HashSet<>();
  /** Take requests, but their answers are lost. */
  final Set<Long> mute = new HashSet<>();
  final Map<Long, RegionError> broken = new HashMap<>();
  final List<Request> served = new ArrayList<>();
  int calls;

  SmallCluster(VirtualTime time) {
    this.time = time;
    regions.add(region(1, "", "m", 1));
    regions.add(region(2, "m", "", 1));
    leaders.put(1L, 1L);
    leaders.put(2L, 2L);
  }

  static Region region(long id, String start, String end, long version) {
    var region = Region.newBuilder().setId(id).setStartKey(bytes(start)).setEndKey(bytes(end)).setEpoch(Epoch.newBuilder().setVersion(version).setConfVersion(1));
    for (long store = 1; store <= 3; store++) region.addPeers(Peer.newBuilder().setStoreId(store).setPeerId(id * 100 + store));
    return region.build();
  }

  private static com.google.protobuf.ByteString bytes(String text) {
    return com.google.protobuf.ByteString.copyFromUtf8(text);
  }

  /** As the file says: what was once so. */
  static Topology topology() {
    var stores = new ArrayList<Topology.Store>();
    var peers = new ArrayList<Topology.Peer>();
    for (long id = 1; id <= 3; id++) {
      stores.add(new Topology.Store(id, "", "", "", ""));
      peers.add(new Topology.Peer(id, 100 + id));
    }
    byte[] m = {'m'};
    return new Topology(8, null, stores, List.of(new Topology.Region(1, new KeyRange(new byte[0], m), 1, 1, peers, 1),
        new Topology.Region(2, new KeyRange(m, null), 1, 1, peers, 2)));
  }

  @Override public CompletionStage<Response> call(long storeId, Request request, Duration timeout) {
    calls++;
    var answer = new CompletableFuture<Response>();
    if (dead.contains(storeId)) {
      time.schedule(TRIP, () -> answer.completeExceptionally(new UnavailableException("store " + storeId + " cannot be reached")));
      return answer;
    }
    boolean lost = mute.contains(storeId);
    time.schedule(TRIP, () -> {
      var response = serve(storeId, request);
      if (!lost) time.schedule(TRIP, () -> answer.complete(response));
    });
    if (lost) time.schedule(timeout, () -> answer.completeExceptionally(new OutcomeUnknownException("no answer from store " + storeId)));
    return answer;
  }

  private Response serve(long storeId, Request request) {
    if (request.hasStoreStatus()) return Response.newBuilder().setStoreStatus(status(storeId)).build();
    var context = request.getContext();
    var found = broken.containsKey(storeId) ? broken.get(storeId) : refusal(storeId, request);
    if (found != null) return Response.newBuilder().setRegionError(found).build();
    if (context.getPeer().getStoreId() != storeId) throw new AssertionError("meant for store " + context.getPeer().getStoreId());
    served.add(request);
    return Response.newBuilder().setPrewrite(PrewriteResult.getDefaultInstance()).build();
  }

  private StoreStatus status(long storeId) {
    var status = StoreStatus.newBuilder().setStoreId(storeId);
    for (var region : regions) {
      var one = RegionStatus.newBuilder().setRegion(region);
      var leader = leaders.get(region.getId());
      if (leader != null) one.setLeader(region.getPeers((int) (leader - 1)));
      status.addRegions(one);
    }
    return status.build();
  }

  private @Nullable RegionError refusal(long storeId, Request request) {
    var context = request.getContext();
    var region = regions.stream().filter(each -> each.getId() == context.getRegionId()).findFirst().orElse(null);
    if (region == null) return RegionError.newBuilder().setRegionNotFound(RegionError.RegionNotFound.getDefaultInstance()).build();
    var leader = leaders.get(region.getId());
    if (!context.getFollowerRead() && (leader == null || leader != storeId)) {
      var error = RegionError.NotLeader.newBuilder();
      var hint = hints.getOrDefault(region.getId(), leader);
      if (hint != null && hint != storeId) error.setLeader(region.getPeers((int) (hint - 1)));
      return RegionError.newBuilder().setNotLeader(error).build();
    }
    if (!region.getEpoch().equals(context.getEpoch())) {
      return RegionError.newBuilder().setEpochNotMatch(RegionError.EpochNotMatch.newBuilder().addAllCurrent(regions)).build();
    }
    for (var mutation : request.getPrewrite().getMutationsList()) {
      byte[] key = mutation.getKey().getKey().toByteArray();
      boolean inside = Arrays.compareUnsigned(region.getStartKey().toByteArray(), key) <= 0
          && (region.getEndKey().isEmpty() || Arrays.compareUnsigned(key, region.getEndKey().toByteArray()) < 0);
      if (!inside) throw new AssertionError(mutation.getKey().getKey().toStringUtf8() + " sent to region " + region.getId());
    }
    return null;
  }

  @Override public void send(long storeId, RaftMessage message) {
    throw new UnsupportedOperationException("a client sends no raft message");
  }

  @Override public CompletionStage<Void> sendSnapshot(long storeId, Chunks chunks) {
    throw new UnsupportedOperationException("a client sends no snapshot");
  }

  @Override public void close() {}
}
