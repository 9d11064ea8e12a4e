package nokv.raftstore.txn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import java.util.concurrent.CompletableFuture;
import nokv.api.Timestamp;
import nokv.raftstore.proto.CheckTxnStatus;
import nokv.raftstore.proto.Commit;
import nokv.raftstore.proto.Context;
import nokv.raftstore.proto.Get;
import nokv.raftstore.proto.GetResult;
import nokv.raftstore.proto.Key;
import nokv.raftstore.proto.Mutation;
import nokv.raftstore.proto.Mutation.Op;
import nokv.raftstore.proto.Prewrite;
import nokv.raftstore.proto.PrewriteResult;
import nokv.raftstore.proto.RegisterAccess;
import nokv.raftstore.proto.RegisterResult;
import nokv.raftstore.proto.Request;
import nokv.raftstore.proto.Scan;
import nokv.raftstore.proto.ScanResult;
import nokv.raftstore.proto.ResolveLock;
import nokv.raftstore.proto.TxnStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CommandsTest {
  private final LoneRegions store = new LoneRegions();

  @AfterEach void close() {
    store.close();
  }

  private static Key key(String key) {
    return Key.newBuilder().setKey(ByteString.copyFromUtf8(key)).build();
  }

  private static Prewrite.Builder prewrite(long start, String value, String... keys) {
    var prewrite = Prewrite.newBuilder().setStartVersion(start).setPrimary(key(keys[0])).setLockTtlMillis(1000);
    for (String key : keys) prewrite.addMutations(Mutation.newBuilder().setOp(Op.PUT).setKey(key(key)).setValue(ByteString.copyFromUtf8(value)));
    return prewrite;
  }

  private PrewriteResult ask(Prewrite.Builder prewrite) {
    var response = store.ask(Request.newBuilder().setPrewrite(prewrite));
    assertTrue(response.hasPrewrite(), response.toString());
    return response.getPrewrite();
  }

  private long put(String key, String value) {
    return ask(prewrite(store.timestamp(), value, key).setOnePhase(true).setBlind(true)).getCommitVersion();
  }

  private static Request.Builder read(String key, long version) {
    return Request.newBuilder().setGet(Get.newBuilder().setKey(key(key)).setVersion(version));
  }

  private GetResult get(String key, long version) {
    return store.ask(read(key, version)).getGet();
  }

  private String value(String key, long version) {
    GetResult result = get(key, version);
    assertFalse(result.hasError(), result.toString());
    return result.hasEntry() ? result.getEntry().getValue().toStringUtf8() : "";
  }

  @Test void onePhaseIsRefusedUntilTheGreatestReadTimestampIsRenewed() {
    var request = Request.newBuilder().setPrewrite(prewrite(store.timestamp(), "v", "a").setOnePhase(true).setBlind(true));
    assertTrue(store.ask(request).getRegionError().hasServerIsBusy());
    store.lead();
    assertTrue(put("a", "v") > 0);
    assertEquals("v", value("a", 0));
  }

  @Test void onePhaseGoesAboveEveryRead() {
    store.lead();
    put("a", "1");
    long late = store.timestamp();
    long read = store.timestamp();
    assertEquals("1", value("a", read));
    long committed = ask(prewrite(late, "2", "a").setOnePhase(true).setBlind(true)).getCommitVersion();
    assertTrue(committed > read, committed + " and read at " + read);
    assertEquals("1", value("a", read));
    assertEquals("2", value("a", store.timestamp()));
  }

  @Test void aVersionIsNeverMoreThanOneAboveWhatTheOracleHasGiven() {
    store.lead();
    long early = store.timestamp();
    long late = store.timestamp();
    long first = ask(prewrite(late, "1", "a").setOnePhase(true).setBlind(true)).getCommitVersion();
    assertEquals(late + 1, first);
    var refused = ask(prewrite(early, "2", "a").setOnePhase(true).setBlind(true));
    assertTrue(refused.getErrors(0).hasConflict(), refused.toString());
    long again = put("a", "2");
    assertTrue(again > first, again + " over " + first);
    assertEquals("2", value("a", store.timestamp()));
  }

  @Test void whatIsAskedTwiceIsDoneOnce() {
    store.lead();
    var once = prewrite(store.timestamp(), "1", "a").setOnePhase(true).setBlind(true);
    long committed = ask(once).getCommitVersion();
    put("a", "2");
    assertEquals(committed, ask(once).getCommitVersion());
    assertEquals("2", value("a", 0));
  }

  @Test void aCommitInOnePhaseThatIsAskedAgainInTwoTellsItsVersion() {
    store.lead();
    long start = store.timestamp();
    long committed = ask(prewrite(start, "1", "a", "b").setOnePhase(true)).getCommitVersion();
    put("b", "2");
    // The region was split meanwhile: each half is asked for its own keys.
    assertEquals(committed, ask(prewrite(start, "1", "a")).getCommitVersion());
    assertEquals(committed, ask(prewrite(start, "1", "a").setMutations(0, prewrite(start, "1", "b").getMutations(0))).getCommitVersion());
  }

  @Test void belowTheSafePointNothingIsReadOrBegun() {
    store.lead();
    put("a", "1");
    long start = store.timestamp();
    put("a", "2");
    long safePoint = store.timestamp();
    store.safePoint.raise(safePoint).toCompletableFuture().join();
    assertTrue(get("a", start).getError().hasSnapshotTooOld());
    assertTrue(ask(prewrite(start, "3", "b")).getErrors(0).hasSnapshotTooOld());
    assertTrue(ask(prewrite(start, "3", "b").setOnePhase(true).setBlind(true)).getErrors(0).hasSnapshotTooOld());
    var again = Request.newBuilder().setContext(Context.newBuilder().setAgain(true)).setPrewrite(prewrite(start, "3", "b").setOnePhase(true));
    assertTrue(store.ask(again).getRegionError().hasUndetermined(), "it may have been done, and be forgotten");
    assertEquals("2", value("a", safePoint));
    assertTrue(store.ask(Request.newBuilder().setCommit(Commit.newBuilder().addKeys(key("b")).setStartVersion(start).setCommitVersion(safePoint + 1))).getCommit().getError().hasSnapshotTooOld());
  }

  @Test void aScanIsHinderedOnlyByLocksWithinItsPage() {
    store.lead();
    for (String key : new String[] {"a", "b", "c", "d"}) put(key, key);
    assertEquals(0, ask(prewrite(store.timestamp(), "locked", "c")).getErrorsCount());
    var forward = Scan.newBuilder().setLimit(10).setMaxBytes(1 << 20).setVersion(store.timestamp());
    assertEquals("ab+", page(forward));
    assertEquals("a+", page(forward.setLimit(1)));
    assertEquals("c is locked", page(forward.setLimit(10).setStartKey(ByteString.copyFromUtf8("c"))));
    assertEquals("d", page(forward.setStartKey(ByteString.copyFromUtf8("d"))));
    var reverse = Scan.newBuilder().setReverse(true).setLimit(10).setMaxBytes(1 << 20).setVersion(store.timestamp());
    assertEquals("d+", page(reverse));
    assertEquals("c is locked", page(reverse.setEndKey(ByteString.copyFromUtf8("d"))));
    assertEquals("ba", page(reverse.setEndKey(ByteString.copyFromUtf8("c"))));
  }

  /** The keys of a page; + = there may be more. */
  private String page(Scan.Builder scan) {
    ScanResult result = store.ask(Request.newBuilder().setScan(scan)).getScan();
    if (result.hasError()) return result.getError().getLocked().getKey().getKey().toStringUtf8() + " is locked";
    var keys = new StringBuilder();
    for (var entry : result.getEntriesList()) keys.append(entry.getKey().toStringUtf8());
    return keys + (result.getMore() ? "+" : "");
  }

  @Test void commandsBeyondTheBytesThatMayBeUnderWayAreRefusedAsBusy() throws Exception {
    store.lead();
    store.hold();
    var large = Request.newBuilder().setPrewrite(prewrite(store.timestamp(), "x".repeat(LoneRegions.COMMAND_BYTES), "a").setOnePhase(true).setBlind(true));
    var under = store.send(large);
    store.awaitHeld();
    assertTrue(store.ask(read("b", 0)).getRegionError().getServerIsBusy().getBackoffMillis() > 0);
    store.letGo();
    under.join();
    assertEquals("", value("b", 0));
  }

  @Test void aRegisterIsSetOnlyFromWhatIsExpected() {
    var access = RegisterAccess.newBuilder().setName(ByteString.copyFromUtf8("r"));
    assertEquals(0, register(access).getValue());
    assertTrue(register(access.setSet(true).setNext(7)).getDone());
    RegisterResult refused = register(access.setNext(9));
    assertFalse(refused.getDone());
    assertEquals(7, refused.getValue());
    assertTrue(register(access.setExpected(7)).getDone());
    assertEquals(9, register(access.setSet(false)).getValue());
  }

  private RegisterResult register(RegisterAccess.Builder access) {
    return store.ask(Request.newBuilder().setRegister(access)).getRegister();
  }

  @Test void aReaderWaitsForACommitBelowItThatIsNotApplied() throws Exception {
    store.lead();
    put("a", "1");
    store.hold();
    CompletableFuture<?> write = store.send(Request.newBuilder().setPrewrite(prewrite(store.timestamp(), "2", "a").setOnePhase(true).setBlind(true)));
    store.awaitHeld();
    var read = store.send(read("a", store.timestamp() + 1));
    assertEquals("1", value("a", 0));
    assertFalse(read.isDone());
    store.letGo();
    write.join();
    assertEquals("2", read.join().getGet().getEntry().getValue().toStringUtf8());
  }

  @Test void aReaderIsNotAnsweredByAStoreThatLostTheLeadToAWriteBelowIt() throws Exception {
    store.lead();
    put("a", "1");
    store.hold();
    var write = store.send(Request.newBuilder().setPrewrite(prewrite(store.timestamp(), "2", "a").setOnePhase(true).setBlind(true)));
    store.awaitHeld();
    var read = store.send(read("a", store.timestamp() + 1));
    assertFalse(read.isDone());
    store.lose();
    assertTrue(write.join().getRegionError().hasUndetermined());
    assertTrue(read.join().getRegionError().hasNotLeader(), "the write may be committed by the next leader, at a version that this reader must see");
  }

  @Test void aPrewriteAskedAgainAfterOthersHaveCommittedItTellsTheVersionTheyChose() {
    store.lead();
    long start = store.timestamp();
    var prewrite = prewrite(start, "1", "a").setAsyncCommit(true);
    assertTrue(ask(prewrite).getMinCommitVersion() > start);
    long committed = store.timestamp() + 100;
    store.ask(Request.newBuilder().setResolveLock(ResolveLock.newBuilder().setStartVersion(start).setCommitVersion(committed).addKeys(key("a"))));
    assertEquals(committed, ask(prewrite).getMinCommitVersion());
  }

  @Test void aLockIsSeenResolvedAndItsPrewriteRefusedAfterwards() {
    store.lead();
    put("a", "1");
    put("b", "1");
    long start = store.timestamp();
    var prewrite = prewrite(start, "2", "a", "b");
    assertEquals(0, ask(prewrite).getErrorsCount());
    assertEquals(0, ask(prewrite).getErrorsCount());
    assertEquals("1", value("a", 0));
    assertTrue(get("b", 0).getError().hasLocked());
    assertTrue(get("a", store.timestamp()).getError().hasLocked());
    assertTrue(ask(prewrite(store.timestamp(), "3", "b").setOnePhase(true)).getErrors(0).hasLocked());

    long later = Timestamp.of(5000, 0);
    var check = CheckTxnStatus.newBuilder().setPrimary(key("a")).setStartVersion(start).setCurrentVersion(later).setRollbackIfMissing(true);
    assertEquals(TxnStatus.State.ROLLED_BACK, store.ask(Request.newBuilder().setCheckTxnStatus(check)).getCheckTxnStatus().getState());
    store.ask(Request.newBuilder().setResolveLock(ResolveLock.newBuilder().setStartVersion(start).addKeys(key("b"))));
    assertEquals("1", value("b", 0));
    assertTrue(ask(prewrite).getErrors(0).hasAlreadyRolledBack());
  }

  @Test void aReaderPushesTheCommitOfATransactionAboveItself() {
    store.lead();
    put("a", "1");
    long start = store.timestamp();
    ask(prewrite(start, "2", "a"));
    long early = store.timestamp();
    long read = store.timestamp();
    var check = CheckTxnStatus.newBuilder().setPrimary(key("a")).setStartVersion(start).setCallerStartVersion(read).setCurrentVersion(read);
    assertEquals(read + 1, store.ask(Request.newBuilder().setCheckTxnStatus(check)).getCheckTxnStatus().getLock().getMinCommitVersion());
    assertEquals("1", value("a", read));
    var commit = Commit.newBuilder().addKeys(key("a")).setStartVersion(start);
    assertTrue(store.ask(Request.newBuilder().setCommit(commit.setCommitVersion(early))).getCommit().getError().hasCommitVersionTooOld());
    long committed = store.timestamp();
    for (int i = 0; i < 2; i++) assertFalse(store.ask(Request.newBuilder().setCommit(commit.setCommitVersion(committed))).getCommit().hasError());
    assertEquals("1", value("a", read));
    assertEquals("2", value("a", committed));
    assertTrue(ask(prewrite(read, "3", "a")).getErrors(0).hasConflict());
  }

  @Test void aRangeDeleteIsDoneOnce() {
    store.lead();
    put("a", "1");
    put("b", "1");
    var delete = prewrite(store.timestamp(), "", "a").setOnePhase(true).setBlind(true).clearMutations()
        .addMutations(Mutation.newBuilder().setOp(Op.DELETE_RANGE).setKey(key("a")).setValue(ByteString.copyFromUtf8("c")));
    long committed = ask(delete).getCommitVersion();
    assertTrue(committed > 0);
    assertEquals("", value("b", 0));
    put("b", "2");
    assertEquals(committed, ask(delete).getCommitVersion());
    assertEquals("2", value("b", 0));
  }
}
