package nokv.raftstore.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import nokv.raftstore.proto.ChangePeer;
import nokv.raftstore.proto.Peer;
import nokv.raftstore.proto.Region;
import nokv.raftstore.proto.RegionError;
import nokv.raftstore.proto.Request;
import nokv.raftstore.proto.SplitRegion;
import nokv.raftstore.proto.TransferLeader;
import nokv.spi.RegionHook;
import org.junit.jupiter.api.Test;

/** Goal: whoever changes a region is told exactly what became of it, or what is wrong. Method: a simulated cluster, see {@link SimulatedCluster}. */
class RegionLifeTest {
  static Request.Builder split(String key, long region, Long... peers) {
    return Request.newBuilder().setSplitRegion(SplitRegion.newBuilder().setKey(ByteString.copyFromUtf8(key)).setNewRegionId(region).addAllNewPeerIds(List.of(peers)));
  }

  static Request.Builder change(ChangePeer.Change change, long store, long peer) {
    return Request.newBuilder().setChangePeer(ChangePeer.newBuilder().setChange(change).setPeer(Peer.newBuilder().setStoreId(store).setPeerId(peer)));
  }

  private static SimulatedCluster quiet(String... bounds) {
    var cluster = new SimulatedCluster(5, 3, Map.of(), bounds);
    cluster.start();
    cluster.settle();
    return cluster;
  }

  /** What the region's leader answers. */
  private static RegionError ask(SimulatedCluster cluster, Region known, Request.Builder request) {
    var answers = cluster.stores.stream().map(store -> cluster.ask(store, request.setContext(SimulatedCluster.context(known)).build()).getRegionError());
    return answers.filter(error -> !error.hasNotLeader()).findFirst().orElseThrow();
  }

  @Test void whatCannotBeDoneIsAnsweredWithWhatIsWrong() {
    var cluster = quiet("h");
    Region region = cluster.stores.getFirst().store.regions().getFirst();
    Map.of("behind its first key", split("x", 9, 91L, 92L, 93L), "has 3 peers, and 2", split("c", 9, 91L, 92L), "0 is no id", split("c", 0, 91L, 92L, 93L),
        "same id", split("c", 9, 91L, 91L, 93L), "region 2 already", split("c", 2, 91L, 92L, 93L), "has no vote", Request.newBuilder().setTransferLeader(TransferLeader.newBuilder()
            .setPeer(Peer.newBuilder().setPeerId(77))), "peer 102 already", change(ChangePeer.Change.ADD, 2, 88)).forEach((what, request) -> {
          RegionError error = ask(cluster, region, request);
          assertTrue(error.hasInvalidRequest() && error.getMessage().contains(what), () -> what + ": " + error);
        });
    assertEquals(region, cluster.stores.getFirst().store.regions().getFirst());
  }

  @Test void aPeerThatWasToGetItsVoteGetsItFromTheNextLeader() {
    var cluster = new SimulatedCluster(6, 4, Map.of(), "h");
    cluster.start();
    cluster.settle();
    SimulatedStore fourth = cluster.stores.getLast();
    fourth.crash();
    SimulatedStore leader = cluster.leader(1);
    Region region = leader.store.regions().getFirst();
    leader.store.handle(change(ChangePeer.Change.ADD, 4, 401).setContext(SimulatedCluster.context(region)).build());
    cluster.await("a learner", Duration.ofSeconds(10), () -> cluster.stores.subList(0, 3).stream().allMatch(store -> store.store.regions().getFirst().getPeersCount() == 4));
    leader.crash();
    fourth.start();
    cluster.await("its vote", Duration.ofSeconds(20), () -> fourth.store.regions().stream().anyMatch(each -> each.getPeersList().stream().noneMatch(Peer::getLearner)));
    leader.start();
    cluster.settle();
  }

  @Test void hooksAreToldOfTheLifeOfRegionsInOrder() {
    var cluster = quiet("h");
    var told = new ArrayList<String>();
    cluster.stores.getFirst().store.watch(new RegionHook() {
      @Override public void opened(Region region) {
        told.add("opened " + region.id());
      }

      @Override public void leaderChanged(Region region, long storeId) {
        if (storeId != 0) told.add("region " + region.id() + " led by " + storeId);
      }

      @Override public void split(Region left, Region right) {
        told.add("split " + left.id() + " " + right.id() + " at " + new String(right.range().start()));
      }

      @Override public void merged(Region region, long takenIn) {
        told.add("merged " + region.id() + " " + takenIn);
      }

      @Override public void closed(Region region) {
        told.add("closed " + region.id());
        throw new IllegalStateException("a hook that fails");
      }
    });
    cluster.administer(1, region -> split("d", 9, 91L, 92L, 93L));
    cluster.settle();
    cluster.administer(1, region -> MergeTest.merge(cluster, region));
    cluster.settle();
    cluster.pass(Duration.ofSeconds(1));
    assertEquals(List.of("opened 1", "opened 2", "split 1 9 at d", "opened 9", "merged 1 9", "closed 9"), told.stream().filter(each -> !each.contains("led by")).toList());
    assertTrue(told.stream().anyMatch(each -> each.startsWith("region 9 led by")), told::toString);
  }

  @Test void aStoreThatLosesItsPowerWhileASnapshotIsInstalledFinishesItAtTheNextStart() {
    int resumed = 0;
    for (long seed = 60; seed < 66; seed++) {
      var cluster = new SimulatedCluster(seed, 4, Map.of(), "h");
      cluster.start();
      StoreTest.load(cluster, 4000, false);
      cluster.settle();
      SimulatedStore fourth = cluster.stores.getLast();
      SimulatedStore leader = cluster.leader(1);
      Region region = leader.store.regions().getFirst();
      leader.store.handle(change(ChangePeer.Change.ADD, 4, 401).setContext(SimulatedCluster.context(region)).build());
      cluster.await("a snapshot that is being installed", Duration.ofSeconds(20), () -> isApplying(fourth));
      fourth.crash();
      fourth.start();
      if (isApplying(fourth)) resumed++;
      StoreTest.load(cluster, 1000, false);
      cluster.await("its vote", Duration.ofSeconds(20), () -> fourth.store.regions().stream().anyMatch(each -> each.getPeersList().stream().noneMatch(Peer::getLearner)));
      cluster.settle();
    }
    assertTrue(resumed > 2, resumed + " installations were interrupted");
  }

  private static boolean isApplying(SimulatedStore store) {
    return RegionState.all(store.engine).stream().anyMatch(state -> state.status() == RegionState.Status.APPLYING);
  }

  @Test void whoDoesNotKnowOfASplitIsToldOfBothHalvesAndNoOther() {
    var cluster = quiet("h");
    Region before = cluster.stores.getFirst().store.regions().getFirst();
    cluster.administer(1, region -> split("d", 9, 91L, 92L, 93L));
    cluster.settle();
    RegionError error = ask(cluster, before, split("c", 10, 94L, 95L, 96L));
    assertEquals(List.of("1 to d", "9 to h"), error.getEpochNotMatch().getCurrentList().stream().map(each -> each.getId() + " to " + each.getEndKey().toStringUtf8()).toList());
  }
}
