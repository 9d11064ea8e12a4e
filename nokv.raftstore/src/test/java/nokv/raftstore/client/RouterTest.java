package nokv.raftstore.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import nokv.api.DiskFullException;
import nokv.api.InvalidArgumentException;
import nokv.api.OutcomeUnknownException;
import nokv.api.UnavailableException;
import nokv.raftstore.proto.Get;
import nokv.raftstore.proto.Key;
import nokv.raftstore.proto.Mutation;
import nokv.raftstore.proto.Prewrite;
import nokv.raftstore.proto.RegionError;
import nokv.raftstore.proto.Request;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Goal: a request reaches its region's leader whatever the client believed at first, and ends in time, with the right error, where there is none. Time is virtual. */
class RouterTest {
  private static final long SEED = Long.getLong("nokv.seed", System.nanoTime());

  private final VirtualTime time = new VirtualTime();
  private final SmallCluster cluster = new SmallCluster(time);
  private final Router router = router(false);

  private Router router(boolean followerReads) {
    return new Router(time.environment(SEED), cluster, SmallCluster.topology(), new Router.Settings(8, Duration.ofSeconds(10), Duration.ofSeconds(3), followerReads));
  }

  private static Request.Builder write(List<String> keys) {
    var prewrite = Prewrite.newBuilder();
    for (String key : keys) prewrite.addMutations(Mutation.newBuilder().setKey(Key.newBuilder().setFamily(16).setKey(ByteString.copyFromUtf8(key))));
    return Request.newBuilder().setPrewrite(prewrite);
  }

  private CompletableFuture<?> write(String key) {
    return router.send(key.getBytes(UTF_8), write(List.of(key))).toCompletableFuture();
  }

  private <T> T finished(CompletionStage<T> stage) {
    time.run();
    var future = stage.toCompletableFuture();
    assertTrue(future.isDone(), "never ended, seed " + SEED);
    return future.join();
  }

  private Throwable failure(CompletionStage<?> stage) {
    return assertThrows(CompletionException.class, () -> finished(stage), "seed " + SEED).getCause();
  }

  @Test void aRequestGoesStraightToTheLeaderOfTheFile() {
    finished(write("a"));
    finished(write("z"));
    assertEquals(2, cluster.calls);
  }

  @Test void aHintIsFollowedAtOnceAndRemembered() {
    cluster.leaders.put(1L, 3L);
    finished(write("a"));
    finished(write("b"));
    assertEquals(3, cluster.calls);
    assertTrue(time.millis() < 2, "waited " + time.millis() + " ms");
  }

  /** The election takes as long as it takes: followers point to the dead leader, then know of none, then one of them leads. */
  @ParameterizedTest @ValueSource(ints = {200, 1_000, 2_500, 8_000})
  void writesGoOnATenthOfASecondAfterTheElection(int electionMillis) {
    cluster.dead.add(1L);
    cluster.leaders.remove(1L);
    cluster.hints.put(1L, 1L);
    time.schedule(Duration.ofMillis(electionMillis / 2), () -> cluster.hints.remove(1L));
    time.schedule(Duration.ofMillis(electionMillis), () -> cluster.leaders.put(1L, 2L));
    var done = new ArrayList<Long>();
    for (int i = 0; i < 64; i++) write("key" + i).thenRun(() -> done.add(time.millis()));
    time.run();
    assertEquals(64, done.size(), "seed " + SEED);
    assertTrue(done.getLast() <= electionMillis + 210, "found the leader at " + done.getLast() + " ms, seed " + SEED);
    assertTrue(cluster.calls < 64 * (10 + electionMillis / 20), cluster.calls + " calls");
  }

  @Test void aPausedLeaderCostsOneAttempt() {
    cluster.mute.add(1L);
    time.schedule(Duration.ofMillis(1_500), () -> cluster.leaders.put(1L, 2L));
    finished(write("a"));
    assertTrue(time.millis() < 3_300, "took " + time.millis() + " ms");
  }

  @Test void withoutALeaderTheDeadlineEndsIt() {
    cluster.leaders.remove(1L);
    var failure = failure(write("a"));
    assertInstanceOf(UnavailableException.class, failure);
    assertTrue(time.millis() <= 10_000 && time.millis() > 9_800, "gave up at " + time.millis());
  }

  @Test void aWriteWhoseAnswerWasLostIsNeverCalledUndone() {
    cluster.mute.addAll(List.of(1L, 2L, 3L));
    assertInstanceOf(OutcomeUnknownException.class, failure(write("a")));
  }

  @Test void aReadHasNoUnknownOutcome() {
    cluster.mute.addAll(List.of(1L, 2L, 3L));
    var read = Request.newBuilder().setGet(Get.newBuilder().setKey(Key.newBuilder().setKey(ByteString.copyFromUtf8("a"))));
    assertInstanceOf(UnavailableException.class, failure(router.send(new byte[] {'a'}, read)));
  }

  @Test void aFullDiskIsToldAtOnce() {
    cluster.broken.put(1L, RegionError.newBuilder().setDiskFull(RegionError.DiskFull.getDefaultInstance()).build());
    assertInstanceOf(DiskFullException.class, failure(write("a")));
    assertEquals(1, cluster.calls);
  }

  @Test void whatCannotBeDoneIsToldAtOnce() {
    cluster.broken.put(1L, RegionError.newBuilder().setMessage("the key lies outside").setInvalidRequest(RegionError.InvalidRequest.getDefaultInstance()).build());
    assertEquals("the key lies outside", assertInstanceOf(InvalidArgumentException.class, failure(write("a"))).getMessage());
    assertEquals(1, cluster.calls);
  }

  @Test void aBusyStoreIsAskedAgainWhenItSays() {
    cluster.broken.put(1L, RegionError.newBuilder().setServerIsBusy(RegionError.ServerIsBusy.newBuilder().setBackoffMillis(700)).build());
    time.schedule(Duration.ofMillis(600), cluster.broken::clear);
    finished(write("a"));
    assertEquals(2, cluster.calls);
  }

  @Test void itemsOfARegionThatHasSplitAreGroupedAnew() {
    cluster.regions.clear();
    cluster.regions.addAll(List.of(SmallCluster.region(1, "", "f", 2), SmallCluster.region(3, "f", "m", 2), SmallCluster.region(2, "m", "", 1)));
    cluster.leaders.put(3L, 2L);
    var answers = finished(router.sendEach(List.of("a", "g", "b", "z", "h", "f"), key -> key.getBytes(UTF_8), (region, keys) -> write(keys)));
    var grouped = new TreeSet<String>();
    for (var answer : answers) grouped.add(answer.region().getId() + "=" + answer.items());
    assertEquals(new TreeSet<>(List.of("1=[a, b]", "2=[z]", "3=[g, h, f]")), grouped);
    assertEquals(3, cluster.served.size());
  }

  @Test void itemsOfMergedRegionsBecomeOneRequest() {
    cluster.regions.clear();
    cluster.regions.add(SmallCluster.region(1, "", "", 5));
    var answers = finished(router.sendEach(List.of("a", "z"), key -> key.getBytes(UTF_8), (region, keys) -> write(keys)));
    assertEquals(2, answers.stream().mapToInt(answer -> answer.items().size()).sum());
    assertEquals(1, finished(router.region(new byte[] {'z'})).getId());
  }

  @Test void oneRegionThatFailsFailsAllAfterTheOthersHaveAnswered() {
    cluster.leaders.remove(2L);
    assertInstanceOf(UnavailableException.class, failure(router.sendEach(List.of("a", "z"), key -> key.getBytes(UTF_8), (region, keys) -> write(keys))));
    assertEquals(1, cluster.served.size());
  }

  @Test void aRegionThatIsNotWhereItWasIsFoundByAskingAll() {
    cluster.regions.clear();
    cluster.regions.add(SmallCluster.region(9, "", "", 7));
    cluster.leaders.put(9L, 3L);
    finished(write("a"));
    assertEquals(9, finished(router.region(new byte[] {'a'})).getId());
    assertTrue(time.millis() < 100, "took " + time.millis() + " ms");
  }

  @Test void snapshotReadsMayGoToFollowersAndFallBackToTheLeader() {
    var followers = router(true);
    for (int i = 0; i < 12; i++) {
      finished(followers.send(new byte[] {'a'}, Request.newBuilder().setGet(Get.newBuilder().setVersion(9).setKey(Key.newBuilder().setKey(ByteString.copyFromUtf8("a"))))));
    }
    assertTrue(cluster.served.stream().map(each -> each.getContext().getPeer().getStoreId()).distinct().count() > 1, "seed " + SEED);
    cluster.dead.addAll(List.of(2L, 3L));
    for (int i = 0; i < 12; i++) {
      finished(followers.send(new byte[] {'a'}, Request.newBuilder().setGet(Get.newBuilder().setVersion(9).setKey(Key.newBuilder().setKey(ByteString.copyFromUtf8("a"))))));
    }
    finished(write("a"));
    assertFalse(cluster.served.getLast().getContext().getFollowerRead());
  }

  /** Leaders move, regions split, stores come and go while requests run; in the end all is well, and so is every request. */
  @Test void everyRequestEndsWellIfTheClusterIsWellInTheEnd() {
    var random = new java.util.SplittableRandom(SEED);
    long version = 2;
    for (int step = 0; step < 60; step++) {
      long at = random.nextLong(6_000);
      long split = version++;
      switch (random.nextInt(4)) {
        case 0 -> time.schedule(Duration.ofMillis(at), () -> cluster.leaders.replaceAll((region, leader) -> 1 + random.nextLong(3)));
        case 1 -> time.schedule(Duration.ofMillis(at), () -> cluster.dead.add(1 + random.nextLong(3)));
        case 2 -> time.schedule(Duration.ofMillis(at), cluster.dead::clear);
        default -> time.schedule(Duration.ofMillis(at), () -> reshape(random, 1_000 + split));
      }
    }
    time.schedule(Duration.ofMillis(6_000), cluster.dead::clear);
    var writes = new ArrayList<CompletableFuture<?>>();
    for (int i = 0; i < 500; i++) {
      String key = "" + (char) ('a' + random.nextInt(26)) + i;
      time.schedule(Duration.ofMillis(random.nextLong(6_000)), () -> writes.add(write(key)));
    }
    time.run();
    for (var write : writes) write.join();
    assertEquals(500, writes.size(), "seed " + SEED);
  }

  private void reshape(java.util.SplittableRandom random, long version) {
    String middle = String.valueOf((char) ('b' + random.nextInt(20)));
    cluster.regions.clear();
    cluster.regions.addAll(List.of(SmallCluster.region(version, "", middle, version + time.millis()), SmallCluster.region(version + 5_000, middle, "", version + time.millis())));
    cluster.leaders.put(version, 1 + random.nextLong(3));
    cluster.leaders.put(version + 5_000, 1 + random.nextLong(3));
  }
}
