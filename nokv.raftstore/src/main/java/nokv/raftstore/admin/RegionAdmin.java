package nokv.raftstore.admin;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.LongStream;
import nokv.api.InvalidArgumentException;
import nokv.api.OutcomeUnknownException;
import nokv.api.UnavailableException;
import nokv.raftstore.client.Router;
import nokv.raftstore.proto.ChangePeer;
import nokv.raftstore.proto.MergeRegion;
import nokv.raftstore.proto.Peer;
import nokv.raftstore.proto.Region;
import nokv.raftstore.proto.RegionStatus;
import nokv.raftstore.proto.Request;
import nokv.raftstore.proto.Response;
import nokv.raftstore.proto.SplitRegion;
import nokv.raftstore.proto.TransferLeader;
import nokv.spi.Environment;
import nokv.spi.Topology;
import nokv.spi.txn.Stages;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the regions of a cluster and changes them. Thread-safe; parks nobody. Stages fail as those of {@link Router} do, and with {@link InvalidArgumentException} where there is no
 * such region, peer or store.
 */
public final class RegionAdmin {
  static final Duration STATUS_TIMEOUT = Duration.ofSeconds(3);
  private static final Duration PAUSE = Duration.ofMillis(50);
  private static final Duration TRANSFER_TIMEOUT = Duration.ofSeconds(10);

  private final Environment environment;
  private final Router router;
  private final RegionIds ids;
  private final List<Long> stores;

  public RegionAdmin(Environment environment, Router router, Topology topology) {
    this.environment = environment;
    this.router = router;
    ids = new RegionIds(router, topology);
    stores = topology.stores().stream().map(Topology.Store::storeId).toList();
  }

  /** @param regions by their start keys, as their leaders see them where they answered; @param silent stores that did not answer */
  public record Overview(List<RegionStatus> regions, List<Long> silent) {}

  /** What there is. A region whose first key another one holds with a greater version has been taken in by it, which its last peer does not know. */
  public CompletionStage<Overview> regions() {
    return router.status(STATUS_TIMEOUT).thenApply(answers -> {
      if (answers.isEmpty()) throw new UnavailableException("none of the stores " + stores + " has answered within " + STATUS_TIMEOUT.toSeconds() + " s");
      var byId = new TreeMap<Long, RegionStatus>();
      for (var store : answers.values()) for (RegionStatus status : store.getRegionsList()) byId.merge(status.getRegion().getId(), status, RegionAdmin::better);
      var known = new ArrayList<>(byId.values());
      known.removeIf(status -> byId.values().stream().anyMatch(other -> hasTakenIn(other.getRegion(), status.getRegion())));
      var order = ByteString.unsignedLexicographicalComparator();
      known.sort((a, b) -> order.compare(a.getRegion().getStartKey(), b.getRegion().getStartKey()));
      return new Overview(known, stores.stream().filter(store -> !answers.containsKey(store)).toList());
    });
  }

  private static boolean hasTakenIn(Region region, Region other) {
    if (region.getId() == other.getId() || region.getEpoch().getVersion() <= other.getEpoch().getVersion()) return false;
    var order = ByteString.unsignedLexicographicalComparator();
    return order.compare(region.getStartKey(), other.getStartKey()) <= 0 && (region.getEndKey().isEmpty() || order.compare(other.getStartKey(), region.getEndKey()) < 0);
  }

  /** Of two stores' views the later; in the same term that of the leader itself, or who has applied more. */
  private static RegionStatus better(RegionStatus a, RegionStatus b) {
    if (a.getTerm() != b.getTerm()) return a.getTerm() > b.getTerm() ? a : b;
    if (a.hasLeader() != b.hasLeader()) return a.hasLeader() ? a : b;
    return a.getApplied() >= b.getApplied() ? a : b;
  }

  /** Splits the region that holds a key before it; gives both halves. */
  public CompletionStage<List<Region>> split(byte[] key) {
    return router.region(key).thenCompose(region -> ids.take(1 + region.getPeersCount()).thenCompose(first -> ask(key, current -> {
      var peers = LongStream.rangeClosed(first + 1, first + Math.min(region.getPeersCount(), current.getPeersCount())).boxed().toList();
      return Request.newBuilder().setSplitRegion(SplitRegion.newBuilder().setKey(ByteString.copyFrom(key)).setNewRegionId(first).addAllNewPeerIds(peers));
    }))).thenApply(response -> response.getSplitRegion().getRegionsList());
  }

  /** Joins the region that begins where this one ends into this one. */
  public CompletionStage<Region> merge(long region) {
    return regions().thenCompose(overview -> {
      Region left = find(overview, region).getRegion();
      Region right = overview.regions().stream().map(RegionStatus::getRegion).filter(each -> !left.getEndKey().isEmpty() && each.getStartKey().equals(left.getEndKey())).findFirst()
          .orElseThrow(() -> new InvalidArgumentException("no region is known that begins where region " + region + " ends"));
      return ask(start(left), current -> Request.newBuilder().setMergeRegion(MergeRegion.newBuilder().setNeighbour(right)));
    }).thenApply(response -> response.getMergeRegion().getRegions(0));
  }

  /** Has a region led by its peer on a store, and waits until it is. */
  public CompletionStage<Region> transfer(long region, long store) {
    return regions().thenCompose(overview -> {
      Region known = find(overview, region).getRegion();
      Peer to = peer(known, store);
      long limit = environment.clock().nanos() + TRANSFER_TIMEOUT.toNanos();
      return ask(start(known), current -> Request.newBuilder().setTransferLeader(TransferLeader.newBuilder().setPeer(to))).thenCompose(done -> awaitLeader(region, store, limit));
    });
  }

  private CompletionStage<Region> awaitLeader(long region, long store, long limitNanos) {
    return regions().thenCompose(overview -> {
      RegionStatus now = find(overview, region);
      if (now.getLeader().getStoreId() == store) return CompletableFuture.completedFuture(now.getRegion());
      if (environment.clock().nanos() > limitNanos) {
        throw new UnavailableException("store " + store + " has not taken over region " + region + " within " + TRANSFER_TIMEOUT.toSeconds() + " s; its peer may be too far behind");
      }
      return pause().thenCompose(nothing -> awaitLeader(region, store, limitNanos));
    });
  }

  /** Gives a region a peer on a store, and waits until it has all data and, unless it is to be a learner, its vote. */
  public CompletionStage<Region> addPeer(long region, long store, boolean learner) {
    if (!stores.contains(store)) throw new InvalidArgumentException("there is no store " + store + "; there are " + stores);
    return regions().thenCompose(overview -> {
      Region known = find(overview, region).getRegion();
      Peer there = known.getPeersList().stream().filter(peer -> peer.getStoreId() == store).findFirst().orElse(null);
      CompletionStage<Long> id = there != null ? CompletableFuture.completedFuture(there.getPeerId()) : ids.take(1);
      return id.thenCompose(given -> change(known, ChangePeer.Change.ADD, Peer.newBuilder().setStoreId(store).setPeerId(given).setLearner(learner).build()));
    });
  }

  /** Takes the peer of a region from a store. Where it leads, another does first. */
  public CompletionStage<Region> removePeer(long region, long store) {
    return regions().thenCompose(overview -> {
      Region known = find(overview, region).getRegion();
      return change(known, ChangePeer.Change.REMOVE, peer(known, store));
    });
  }

  /** Asked for until it is done: it may take as long as a snapshot takes, and asking again does no harm. */
  private CompletionStage<Region> change(Region region, ChangePeer.Change change, Peer peer) {
    return ask(start(region), current -> Request.newBuilder().setChangePeer(ChangePeer.newBuilder().setChange(change).setPeer(peer))).handle((response, error) -> {
      if (error == null) return CompletableFuture.completedFuture(response.getChangePeer().getRegions(0));
      if (!(Stages.cause(error) instanceof OutcomeUnknownException)) return CompletableFuture.<Region>failedFuture(Stages.cause(error));
      return change(region, change, peer);
    }).thenCompose(each -> each);
  }

  private CompletionStage<Response> ask(byte[] key, Function<Region, Request.Builder> request) {
    return router.sendEach(List.of(key), each -> each, (current, keys) -> request.apply(current)).thenApply(answers -> answers.getFirst().response());
  }

  private CompletableFuture<@Nullable Void> pause() {
    var over = new CompletableFuture<@Nullable Void>();
    environment.timer().schedule(PAUSE, () -> over.complete(null));
    return over;
  }

  private static byte[] start(Region region) {
    return region.getStartKey().toByteArray();
  }

  private static RegionStatus find(Overview overview, long region) {
    return overview.regions().stream().filter(each -> each.getRegion().getId() == region).findFirst().orElseThrow(() -> new InvalidArgumentException(
        "there is no region " + region + "; there are " + overview.regions().stream().map(each -> each.getRegion().getId()).sorted().toList()));
  }

  private static Peer peer(Region region, long store) {
    return region.getPeersList().stream().filter(each -> each.getStoreId() == store).findFirst().orElseThrow(() -> new InvalidArgumentException(
        "region " + region.getId() + " has no peer on store " + store + "; it has on " + region.getPeersList().stream().map(Peer::getStoreId).sorted().toList()));
  }
}
