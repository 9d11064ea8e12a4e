package nokv.raftstore.store;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import nokv.raftstore.proto.ChangePeer;
import nokv.raftstore.proto.Context;
import nokv.raftstore.proto.Done;
import nokv.raftstore.proto.Peer;
import nokv.raftstore.proto.Region;
import nokv.raftstore.proto.RegionStatus;
import nokv.raftstore.proto.RegionsResult;
import nokv.raftstore.proto.Request;
import nokv.raftstore.proto.Response;
import nokv.raftstore.proto.SplitRegion;
import nokv.raftstore.proto.StoreStatus;
import nokv.spi.Keys;
import org.jspecify.annotations.Nullable;

/** The requests of administrators and of the placement service. */
final class Admin {
  /** What such a request counts for in the mailbox. */
  private static final long REQUEST_BYTES = 256;

  private final Store store;

  Admin(Store store) {
    this.store = store;
  }

  static boolean isAdmin(Request request) {
    return switch (request.getCommandCase()) {
      case SPLIT_REGION, TRANSFER_LEADER, CHANGE_PEER, MERGE_REGION, STORE_STATUS -> true;
      default -> false;
    };
  }

  CompletionStage<Response> handle(Request request) {
    Context context = request.getContext();
    return switch (request.getCommandCase()) {
      case SPLIT_REGION -> split(context, request.getSplitRegion());
      case TRANSFER_LEADER -> transfer(context, request.getTransferLeader().getPeer());
      case CHANGE_PEER -> change(context, request.getChangePeer());
      case MERGE_REGION -> merge(context, request.getMergeRegion().getNeighbour());
      case STORE_STATUS -> status(request);
      default -> CompletableFuture.failedFuture(RegionErrors.invalid("this store cannot do " + request.getCommandCase()));
    };
  }

  private CompletionStage<Response> split(Context context, SplitRegion split) {
    var done = new CompletableFuture<Region>();
    store.onRegion(context, REQUEST_BYTES, done, peer -> {
      Region region = peer.region();
      if (!isCurrent(context, peer, done) || isMerging(peer, done)) return;
      String wrong = mistake(region, split);
      if (wrong == null) peer.proposeSplit(new RegionCommand.Split(region.getEpoch().getVersion(), split), done);
      else store.refuse(done, RegionErrors.invalid("region " + region.getId() + " cannot be split so: " + wrong));
    });
    return done.thenCompose(left -> regions(left, split.getNewRegionId())).thenApply(regions ->
        Response.newBuilder().setSplitRegion(RegionsResult.newBuilder().addAllRegions(regions)).build());
  }

  private @Nullable String mistake(Region region, SplitRegion split) {
    if (!RegionLife.isInside(region, split.getKey())) return "the key " + Keys.format(split.getKey().toByteArray()) + " has to lie behind its first key, and before its end";
    if (split.getNewPeerIdsCount() != region.getPeersCount()) return "it has " + region.getPeersCount() + " peers, and " + split.getNewPeerIdsCount() + " new peer ids were given";
    if (split.getNewRegionId() == 0 || split.getNewPeerIdsList().contains(0L)) return "0 is no id";
    if (split.getNewPeerIdsList().stream().distinct().count() < split.getNewPeerIdsCount()) return "two new peers would have the same id";
    return store.isTaken(split.getNewRegionId()) ? "there is, or was, a region " + split.getNewRegionId() + " already" : null;
  }

  /** The region, and the one that was split off it. */
  private CompletionStage<List<Region>> regions(Region left, long right) {
    var found = new CompletableFuture<List<Region>>();
    store.onRegion(Context.newBuilder().setRegionId(right).build(), REQUEST_BYTES, found, peer -> {
      Region born = peer.region();
      store.tell(List.of(found), each -> each.complete(List.of(left, born)));
    });
    return found;
  }

  private CompletionStage<Response> merge(Context context, Region neighbour) {
    var done = new CompletableFuture<Region>();
    store.onRegion(context, REQUEST_BYTES, done, peer -> {
      if (!isCurrent(context, peer, done)) return;
      Region region = peer.region();
      if (RegionLife.isInside(region, neighbour.getStartKey())) {
        store.tell(List.of(done), each -> each.complete(region));
        return;
      }
      String wrong = peer.merging.mistake(neighbour);
      if (wrong == null) peer.merging.begin(neighbour.getId(), done);
      else store.refuse(done, RegionErrors.invalid("region " + region.getId() + " cannot take in region " + neighbour.getId() + ": " + wrong));
    });
    return done.thenApply(region -> Response.newBuilder().setMergeRegion(RegionsResult.newBuilder().addRegions(region)).build());
  }

  private CompletionStage<Response> transfer(Context context, Peer to) {
    var done = new CompletableFuture<Response>();
    store.onRegion(context, REQUEST_BYTES, done, peer -> {
      if (!isCurrent(context, peer, done)) return;
      if (!peer.node.configuration().isVoter(to.getPeerId())) {
        store.refuse(done, RegionErrors.invalid("peer " + to.getPeerId() + " has no vote in region " + peer.region().getId() + ", so it cannot lead"));
        return;
      }
      peer.transfer(to);
      store.tell(List.of(done), each -> each.complete(Response.newBuilder().setTransferLeader(Done.getDefaultInstance()).build()));
    });
    return done;
  }

  private CompletionStage<Response> change(Context context, ChangePeer change) {
    var done = new CompletableFuture<Region>();
    store.onRegion(context, REQUEST_BYTES, done, peer -> {
      if (!isCurrent(context, peer, done) || isMerging(peer, done)) return;
      String wrong = mistake(peer.region(), change);
      if (wrong != null) store.refuse(done, RegionErrors.invalid("the peers of region " + peer.region().getId() + " cannot be changed so: " + wrong));
      else switch (change.getChange()) {
        case ADD -> peer.membership.add(change.getPeer(), done);
        case REMOVE -> peer.membership.remove(change.getPeer(), done);
        case UNRECOGNIZED -> store.refuse(done, RegionErrors.invalid("this build does not know that change of a peer"));
      }
    });
    return done.thenApply(region -> Response.newBuilder().setChangePeer(RegionsResult.newBuilder().addRegions(region)).build());
  }

  private static @Nullable String mistake(Region region, ChangePeer change) {
    Peer asked = change.getPeer();
    if (asked.getPeerId() == 0 || asked.getStoreId() == 0) return "0 is no id";
    var others = region.getPeersList().stream().filter(peer -> peer.getPeerId() != asked.getPeerId()).toList();
    Peer there = others.stream().filter(peer -> peer.getStoreId() == asked.getStoreId()).findFirst().orElse(null);
    return switch (change.getChange()) {
      case ADD -> there == null ? null : "store " + asked.getStoreId() + " has its peer " + there.getPeerId() + " already";
      case REMOVE -> others.stream().anyMatch(peer -> !peer.getLearner()) ? null : "peer " + asked.getPeerId() + " is the last that has a vote";
      case UNRECOGNIZED -> null;
    };
  }

  /** Whether its peers and bounds have to stay for now; then that is what {@code done} fails with. */
  private boolean isMerging(RegionPeer peer, CompletableFuture<?> done) {
    if (peer.region().hasMerge()) store.refuse(done, RegionErrors.busy("region " + peer.region().getId() + " is in a merge"));
    return peer.region().hasMerge();
  }

  /** Whether it leads and the request knows its epoch; otherwise that is what {@code done} fails with. */
  private boolean isCurrent(Context context, RegionPeer peer, CompletableFuture<?> done) {
    Region region = peer.region();
    if (!peer.leads()) store.refuse(done, RegionErrors.notLeader(region.getId(), peer.leader()));
    else if (!context.getEpoch().equals(region.getEpoch())) store.refuse(done, store.epochNotMatch(region, context.getEpoch().getVersion()));
    else return true;
    return false;
  }

  private CompletionStage<Response> status(Request request) {
    var asked = request.getStoreStatus();
    var done = new CompletableFuture<Response>();
    store.post(() -> {
      var regions = new ArrayList<RegionStatus.Builder>();
      for (RegionPeer peer : store.peers(asked.hasKey() ? asked.getKey() : null)) {
        var status = RegionStatus.newBuilder().setRegion(peer.region()).setTerm(peer.node.term()).setCommitted(peer.node.committed()).setApplied(peer.appliedIndex());
        Peer leader = peer.leader();
        if (leader != null) status.setLeader(leader);
        regions.add(status);
      }
      store.tell(List.of(done), each -> {
        var status = StoreStatus.newBuilder().setStoreId(store.storeId());
        for (var region : regions) status.addRegions(region.setApproximateBytes(store.engine().approximateBytes(RegionState.range(region.getRegion()))));
        each.complete(Response.newBuilder().setStoreStatus(status).build());
      });
    });
    return done;
  }
}
