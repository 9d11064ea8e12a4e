package nokv.raftstore.admin;

import com.google.protobuf.ByteString;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.LongStream;
import nokv.raftstore.client.Router;
import nokv.raftstore.proto.Peer;
import nokv.raftstore.proto.Region;
import nokv.raftstore.proto.RegionStatus;
import nokv.raftstore.proto.RegisterAccess;
import nokv.raftstore.proto.RegisterResult;
import nokv.raftstore.proto.Request;
import nokv.raftstore.proto.StoreStatus;
import nokv.spi.Topology;

/** Ids for new regions and peers: none is given twice in the life of a cluster. The next free one stands in a register. Thread-safe. */
public final class RegionIds {
  private static final ByteString REGISTER = ByteString.copyFromUtf8("region-ids");

  private final Router router;
  private final Topology topology;

  public RegionIds(Router router, Topology topology) {
    this.router = router;
    this.topology = topology;
  }

  /** Takes some adjacent ids and gives the first. A few may be lost where an answer is. */
  public CompletionStage<Long> take(int count) {
    return access(RegisterAccess.newBuilder()).thenCompose(at -> at.getValue() != 0 ? take(at.getValue(), at.getValue(), count)
        : router.status(RegionAdmin.STATUS_TIMEOUT).thenCompose(stores -> take(0, first(stores.values()), count)));
  }

  private CompletionStage<Long> take(long expected, long first, int count) {
    return set(expected, first + count).thenCompose(done -> done ? CompletableFuture.completedFuture(first) : take(count));
  }

  /** Only who is told so has set it: a set whose answer was lost, asked for again, looks like one that has failed. */
  private CompletionStage<Boolean> set(long expected, long next) {
    return access(RegisterAccess.newBuilder().setSet(true).setExpected(expected).setNext(next)).thenApply(RegisterResult::getDone);
  }

  private CompletionStage<RegisterResult> access(RegisterAccess.Builder access) {
    return router.send(REGISTER.toByteArray(), Request.newBuilder().setRegister(access.setName(REGISTER))).thenApply(response -> response.getRegister());
  }

  /** Above all that the file lists and all that there are. */
  private long first(Collection<StoreStatus> stores) {
    var listed = topology.regions().stream().flatMapToLong(region -> LongStream.concat(LongStream.of(region.id()), region.peers().stream().mapToLong(Topology.Peer::peerId)));
    var regions = stores.stream().flatMap(store -> store.getRegionsList().stream()).map(RegionStatus::getRegion);
    return LongStream.concat(listed, regions.flatMapToLong(RegionIds::ids)).max().orElse(0) + 1;
  }

  private static LongStream ids(Region region) {
    return LongStream.concat(LongStream.of(region.getId()), region.getPeersList().stream().mapToLong(Peer::getPeerId));
  }
}
