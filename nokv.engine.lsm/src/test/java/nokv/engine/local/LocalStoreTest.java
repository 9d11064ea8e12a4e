package nokv.engine.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import nokv.api.ClosedException;
import nokv.api.ColumnFamily;
import nokv.api.ConflictException;
import nokv.api.Cursor;
import nokv.api.Direction;
import nokv.api.DiskFullException;
import nokv.api.InvalidArgumentException;
import nokv.api.KeyRange;
import nokv.api.KvStore;
import nokv.api.OutcomeUnknownException;
import nokv.api.ReadOnlyException;
import nokv.api.Reader;
import nokv.api.SnapshotTooOldException;
import nokv.api.Timestamp;
import nokv.api.Transaction;
import nokv.api.TransactionOptions;
import nokv.api.TransactionTooLargeException;
import nokv.api.WriteBatch;
import nokv.spi.txn.Limits;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the store promises one at a time: visibility, conflicts with what is in flight, ages, limits, ends. */
@Timeout(30)
final class LocalStoreTest {
  private final TestWorld world = new TestWorld();
  private final MapEngine engine = new MapEngine();
  private TestWorld.Opened opened = world.open(engine);
  private KvStore store = opened.store();

  @AfterEach void close() {
    engine.letGo();
    opened.close();
  }

  private void openWith(Map<String, Object> options) {
    opened.close();
    opened = world.open(engine, options);
    store = opened.store();
  }

  // Time to live

  @Test void anEntryIsThereUntilTheMillisecondItExpires() {
    store.put(ColumnFamily.DEFAULT, bytes("b"), bytes("2"), Duration.ofSeconds(5));
    world.pass(Duration.ofMillis(4999));
    assertArrayEquals(bytes("2"), store.get(bytes("b")));
    world.pass(Duration.ofMillis(1));
    assertNull(store.get(bytes("b")));
    assertNull(store.getEntry(ColumnFamily.DEFAULT, bytes("b")));
  }

  @Test void inASnapshotAnEntryExpiresNotAtAllOrHasExpired() {
    store.put(ColumnFamily.DEFAULT, bytes("b"), bytes("2"), Duration.ofSeconds(5));
    try (var snapshot = store.snapshot()) {
      world.pass(Duration.ofSeconds(10));
      assertArrayEquals(bytes("2"), snapshot.get(bytes("b")));
    }
    try (var snapshot = store.snapshot()) {
      assertNull(snapshot.get(bytes("b")));
    }
  }

  @Test void anExpiredEntryShadowsTheOneBefore() {
    store.put(bytes("a"), bytes("1"));
    store.put(ColumnFamily.DEFAULT, bytes("a"), bytes("2"), Duration.ofSeconds(5));
    world.pass(Duration.ofSeconds(6));
    assertNull(store.get(bytes("a")));
  }

  // What is in flight

  @Test void aBatchInFlightIsSeenByNobodyAndASnapshotTakenMeanwhileNeverSeesIt() {
    store.put(bytes("a"), bytes("1"));
    engine.holdBack();
    var write = store.writeAsync(new WriteBatch().put(bytes("a"), bytes("2")));
    assertFalse(write.toCompletableFuture().isDone());
    assertEquals("1", text(store.get(bytes("a"))));
    try (var snapshot = store.snapshot()) {
      assertEquals("1", text(snapshot.get(bytes("a"))));
      engine.letGo();
      assertEquals("2", text(store.get(bytes("a"))));
      assertEquals("1", text(snapshot.get(bytes("a"))));
      assertTrue(value(write) > snapshot.timestamp());
    }
  }

  @Test void timestampsOfSnapshotsNeverGoBack() {
    try (var before = store.snapshot()) {
      engine.holdBack();
      var write = store.writeAsync(new WriteBatch().put(bytes("a"), bytes("1")));
      try (var during = store.snapshot()) {
        assertTrue(during.timestamp() >= before.timestamp());
        engine.letGo();
        assertTrue(value(write) > during.timestamp());
        assertNull(during.get(bytes("a")));
      }
    }
  }

  @Test void aTransactionConflictsWithABatchInFlightOnItsKeyAndNotWithOthers() {
    var touched = begin();
    var untouched = begin();
    touched.put(bytes("a"), bytes("mine"));
    untouched.put(bytes("c"), bytes("mine"));
    engine.holdBack();
    store.writeAsync(new WriteBatch().put(bytes("a"), bytes("theirs")).put(bytes("b"), bytes("theirs")));
    assertInstanceOf(ConflictException.class, failure(touched.commitAsync()));
    var commit = untouched.commitAsync();
    engine.letGo();
    assertTrue(value(commit) > 0);
  }

  @Test void aTransactionConflictsWithARangeDeleteThatCoversItsKey() {
    var inFlight = begin();
    var visible = begin();
    var outside = begin();
    inFlight.put(bytes("b"), bytes("1"));
    visible.put(bytes("b"), bytes("2"));
    outside.put(bytes("x"), bytes("3"));
    engine.holdBack();
    store.writeAsync(new WriteBatch().deleteRange(ColumnFamily.DEFAULT, new KeyRange(bytes("a"), bytes("c"))));
    assertInstanceOf(ConflictException.class, failure(inFlight.commitAsync()));
    engine.letGo();
    assertThrows(ConflictException.class, visible::commit);
    outside.commit();
  }

  @Test void aSerializableTransactionConflictsWithWhatEntersARangeItScanned() {
    store.put(bytes("b"), bytes("1"));
    store.put(bytes("m"), bytes("1"));
    for (boolean inFlight : new boolean[] {true, false}) {
      for (String phantom : List.of("a", "b", "c", "m", "n")) {
        var reader = store.begin(TransactionOptions.SERIALIZABLE);
        try (Cursor cursor = reader.scan(ColumnFamily.DEFAULT, KeyRange.ALL, Direction.FORWARD)) {
          assertTrue(cursor.next() && cursor.next() && text(cursor.key()).equals("m"));
        }
        reader.put(bytes("z"), bytes("1"));
        engine.holdBack();
        store.writeAsync(new WriteBatch().put(bytes(phantom), bytes("2")));
        if (!inFlight) engine.letGo();
        var commit = reader.commitAsync();
        engine.letGo();
        if (phantom.equals("n")) assertTrue(value(commit) > 0, "the cursor had not come to n");
        else assertInstanceOf(ConflictException.class, failure(commit), phantom);
        store.write(new WriteBatch().delete(bytes("a")).delete(bytes("c")).delete(bytes("n")).delete(bytes("z")));
      }
    }
  }

  @Test void writeSkewIsPossibleUnderSnapshotIsolationAndNotWhereSerializable() {
    assertEquals(2, skew(TransactionOptions.READ_WRITE));
    assertEquals(1, skew(TransactionOptions.SERIALIZABLE));
  }

  /** Two doctors go off call, each having seen the other on; how many succeed. */
  private int skew(TransactionOptions options) {
    store.write(new WriteBatch().put(bytes("alice"), bytes("on")).put(bytes("bob"), bytes("on")));
    var first = store.begin(options);
    var second = store.begin(options);
    assertEquals("on", text(first.get(bytes("bob"))));
    assertEquals("on", text(second.get(bytes("alice"))));
    first.put(bytes("alice"), bytes("off"));
    second.put(bytes("bob"), bytes("off"));
    int done = 0;
    for (var transaction : List.of(first, second)) {
      try {
        transaction.commit();
        done++;
      } catch (ConflictException e) {
        assertTrue(e.retryable());
      }
    }
    return done;
  }

  @Test void aFailedBatchHoldsNothingBack() {
    engine.failWrites(new DiskFullException("full"));
    var failed = begin();
    failed.put(bytes("a"), bytes("1"));
    assertThrows(DiskFullException.class, failed::commit);
    assertThrows(DiskFullException.class, () -> store.put(bytes("a"), bytes("1")));
    engine.failWrites(null);
    var again = begin();
    again.put(bytes("a"), bytes("2"));
    assertTrue(again.commit() > again.startTimestamp());
  }

  @Test void aTransactionWhoseLogFailsHasAnUnknownOutcome() {
    engine.failWrites(new ReadOnlyException("the sync failed"));
    var transaction = begin();
    transaction.put(bytes("a"), bytes("1"));
    assertThrows(OutcomeUnknownException.class, transaction::commit);
  }

  // Managed transactions

  @Test void aManagedTransactionReadsAndWritesAtTheCallersVersions() {
    long base = store.put(bytes("a"), bytes("1"));
    long later = base + (1L << 40);
    var transaction = store.begin(TransactionOptions.managed(base));
    transaction.put(bytes("a"), bytes("2"));
    assertThrows(InvalidArgumentException.class, transaction::commit);
    assertInstanceOf(InvalidArgumentException.class, failure(transaction.commitAt(base)));
    assertEquals(later, value(transaction.commitAt(later)));
    assertEquals("2", text(store.get(bytes("a"))));
    try (var snapshot = store.snapshot()) {
      assertTrue(snapshot.timestamp() >= later);
    }
    assertTrue(store.put(bytes("a"), bytes("3")) > later, "later versions are above the caller's");
    assertEquals("3", text(store.get(bytes("a"))));
    var stale = store.begin(TransactionOptions.managed(base + 1));
    stale.put(bytes("a"), bytes("4"));
    assertInstanceOf(ConflictException.class, failure(stale.commitAt(base + 2)));
  }

  @Test void aManagedTransactionThatStartedBeforeARestartStillConflicts() {
    openWith(Map.of("keep_versions", "1h"));
    long base = store.put(bytes("a"), bytes("1"));
    store.put(bytes("a"), bytes("2"));
    store.put(bytes("b"), bytes("1"));
    openWith(Map.of("keep_versions", "1h"));
    var stale = store.begin(TransactionOptions.managed(base));
    stale.put(bytes("a"), bytes("3"));
    assertInstanceOf(ConflictException.class, failure(stale.commitAt(base + (1L << 30))));
    var fine = store.begin(TransactionOptions.managed(base));
    fine.put(bytes("c"), bytes("3"));
    assertEquals(base + (1L << 30), value(fine.commitAt(base + (1L << 30))));
  }

  // Old versions

  @Test void whatNoSnapshotNeedsIsDroppedAndReadingItIsAnError() {
    long first = store.put(bytes("a"), bytes("1"));
    try (var snapshot = store.snapshot()) {
      store.put(bytes("a"), bytes("2"));
      store.put(bytes("a"), bytes("3"));
      world.pass(Duration.ofSeconds(3));
      engine.compact(KeyRange.ALL);
      assertEquals(3, engine.size(), "above the snapshot all versions stay");
      assertEquals("1", text(snapshot.get(bytes("a"))));
      assertThrows(SnapshotTooOldException.class, () -> store.getAt(ColumnFamily.DEFAULT, bytes("a"), first - 1));
    }
    world.pass(Duration.ofSeconds(3));
    engine.compact(KeyRange.ALL);
    assertEquals(1, engine.size());
    assertThrows(SnapshotTooOldException.class, () -> store.getAt(ColumnFamily.DEFAULT, bytes("a"), first));
    assertThrows(SnapshotTooOldException.class, () -> store.begin(TransactionOptions.managed(first)));
  }

  @Test void versionsStayReadableForAsLongAsTheOptionSays() {
    openWith(Map.of("keep_versions", "10s"));
    long first = store.put(bytes("a"), bytes("1"));
    world.pass(Duration.ofMillis(500));
    store.put(bytes("a"), bytes("2"));
    world.pass(Duration.ofSeconds(8));
    engine.compact(KeyRange.ALL);
    assertEquals("1", text(store.getAt(ColumnFamily.DEFAULT, bytes("a"), first).value()));
    openWith(Map.of("keep_versions", "10s"));
    assertEquals("1", text(store.getAt(ColumnFamily.DEFAULT, bytes("a"), first).value()), "also after a restart");
    openWith(Map.of("keep_versions", "0s"));
    assertThrows(SnapshotTooOldException.class, () -> store.getAt(ColumnFamily.DEFAULT, bytes("a"), first));
    openWith(Map.of("keep_versions", "10s"));
    assertThrows(SnapshotTooOldException.class, () -> store.getAt(ColumnFamily.DEFAULT, bytes("a"), first), "what a shorter setting let go does not come back");
  }

  @Test void aBackupOfWhatChangedIsRefusedWhereSomeOfItMayHaveBeenDropped() {
    long first = store.put(bytes("a"), bytes("1"));
    store.delete(bytes("a"));
    world.pass(Duration.ofSeconds(5));
    var refused = assertThrows(SnapshotTooOldException.class, () -> store.backup(java.nio.file.Path.of("backup"), first + 1, bytes -> {}));
    assertTrue(refused.getMessage().contains("take a full backup"), refused.getMessage());
  }

  @Test void aSnapshotPastItsAgeIsEndedAndHoldsNothing() {
    openWith(Map.of("max_snapshot_age", "1m"));
    store.put(bytes("a"), bytes("1"));
    var snapshot = store.snapshot();
    var transaction = begin();
    transaction.put(bytes("b"), bytes("1"));
    var cursor = snapshot.scan(ColumnFamily.DEFAULT, KeyRange.ALL, Direction.FORWARD);
    store.put(bytes("a"), bytes("2"));
    world.pass(Duration.ofSeconds(59));
    assertEquals("1", text(snapshot.get(bytes("a"))));
    world.pass(Duration.ofSeconds(3));
    assertThrows(SnapshotTooOldException.class, () -> snapshot.get(bytes("a")));
    assertThrows(SnapshotTooOldException.class, cursor::next);
    assertThrows(SnapshotTooOldException.class, transaction::commit);
    engine.compact(KeyRange.ALL);
    assertEquals(1, engine.size());
    assertEquals(0, figure("open"));
    cursor.close();
    snapshot.close();
    transaction.close();
  }

  // Reading its own writes

  @Test void aCursorSeesTheWritesOfTheMomentItWasOpened() {
    store.write(new WriteBatch().put(bytes("a"), bytes("1")).put(bytes("c"), bytes("1")).put(bytes("e"), bytes("1")));
    try (var transaction = begin()) {
      transaction.put(bytes("b"), bytes("2"));
      transaction.delete(bytes("c"));
      try (Cursor cursor = transaction.scan(ColumnFamily.DEFAULT, KeyRange.ALL, Direction.REVERSE)) {
        transaction.put(bytes("d"), bytes("3"));
        transaction.delete(bytes("b"));
        assertEquals("e b a", keys(cursor));
      }
      try (Cursor cursor = transaction.scan(ColumnFamily.DEFAULT, KeyRange.ALL, Direction.FORWARD)) {
        assertEquals("a d e", keys(cursor));
      }
    }
    assertEquals("1", text(store.get(bytes("c"))), "rolled back");
  }

  @Test void arraysGivenToATransactionMayBeUsedAgain() {
    byte[] key = bytes("a");
    byte[] value = bytes("1");
    try (var transaction = begin()) {
      transaction.put(key, value);
      key[0] = 'x';
      value[0] = 'x';
      transaction.get(bytes("a"))[0] = 'y';
      transaction.commit();
    }
    assertEquals("1", text(store.get(bytes("a"))));
  }

  // Limits and ends

  @Test void whatIsOverALimitIsRefused() {
    byte[] longKey = new byte[KvStore.MAX_KEY_BYTES + 1];
    for (Reader reader : List.of(store, store.snapshot(), begin())) {
      assertThrows(InvalidArgumentException.class, () -> reader.get(ColumnFamily.DEFAULT, longKey));
      assertInstanceOf(InvalidArgumentException.class, failure(reader.getAsync(ColumnFamily.DEFAULT, longKey)));
    }
    assertThrows(InvalidArgumentException.class, () -> store.put(longKey, bytes("1")));
    assertThrows(InvalidArgumentException.class, () -> store.put(ColumnFamily.DEFAULT, bytes("a"), bytes("1"), -1));
    assertThrows(InvalidArgumentException.class, () -> store.put(ColumnFamily.DEFAULT, bytes("a"), bytes("1"), Duration.ZERO));
    assertInstanceOf(InvalidArgumentException.class, failure(store.writeAsync(new WriteBatch().delete(longKey))));
    assertThrows(InvalidArgumentException.class, () -> store.begin(TransactionOptions.READ_ONLY).put(bytes("a"), bytes("1")));
    store.put(new byte[KvStore.MAX_KEY_BYTES], new byte[0]);
    assertNotNull(store.get(new byte[KvStore.MAX_KEY_BYTES]));
  }

  @Test void aTransactionPastTheLimitIsRefusedAndMayStillCommitWhatFitted() {
    openWith(Map.of("max_transaction_size", "2KiB"));
    var transaction = begin();
    transaction.put(bytes("a"), new byte[1000]);
    assertThrows(TransactionTooLargeException.class, () -> transaction.put(bytes("b"), new byte[1000]));
    transaction.put(bytes("a"), new byte[1100]);
    transaction.commit();
    assertEquals(1100, store.get(bytes("a")).length);
    assertThrows(TransactionTooLargeException.class, () -> store.write(new WriteBatch().put(bytes("a"), new byte[1500]).put(bytes("b"), new byte[1500])));
    store.put(bytes("large"), new byte[5000]);
  }

  @Test void afterCloseEverythingIsClosed() {
    store.put(bytes("a"), bytes("1"));
    var snapshot = store.snapshot();
    var transaction = begin();
    var cursor = store.scan(ColumnFamily.DEFAULT, KeyRange.ALL, Direction.FORWARD);
    store.close();
    for (Reader reader : List.of(store, snapshot, transaction)) {
      assertThrows(ClosedException.class, () -> reader.get(bytes("a")));
      assertInstanceOf(ClosedException.class, failure(reader.getAsync(ColumnFamily.DEFAULT, bytes("a"))));
    }
    assertThrows(ClosedException.class, cursor::next);
    assertThrows(ClosedException.class, transaction::commit);
    assertThrows(ClosedException.class, () -> store.put(bytes("a"), bytes("1")));
    assertInstanceOf(ClosedException.class, failure(store.writeAsync(new WriteBatch().put(bytes("a"), bytes("1")))));
    assertInstanceOf(ClosedException.class, failure(store.snapshotAsync()));
    assertInstanceOf(ClosedException.class, failure(store.beginAsync(TransactionOptions.READ_WRITE)));
    cursor.close();
    snapshot.close();
    transaction.close();
    store.close();
  }

  @Test void nonBlockingFormsRunNothingOnTheCallersThread() {
    var tasks = new ArrayDeque<Runnable>();
    var queued = new TestWorld(tasks::add);
    try (var other = queued.open(new MapEngine())) {
      var begun = other.store().beginAsync(TransactionOptions.READ_WRITE);
      assertFalse(begun.toCompletableFuture().isDone(), "the first ceiling is not stored yet");
      for (Runnable task; (task = tasks.poll()) != null; ) task.run();
      var transaction = value(begun);
      transaction.put(bytes("a"), bytes("1"));
      assertTrue(value(transaction.commitAsync()) > 0);
      var get = other.store().getAsync(ColumnFamily.DEFAULT, bytes("a"));
      var scan = other.store().scanAsync(ColumnFamily.DEFAULT, KeyRange.ALL, Direction.FORWARD, 10);
      var many = other.store().multiGetAsync(ColumnFamily.DEFAULT, List.of(bytes("a"), bytes("b")));
      assertFalse(get.toCompletableFuture().isDone());
      for (Runnable task; (task = tasks.poll()) != null; ) task.run();
      assertEquals("1", text(value(get)));
      assertEquals(1, value(scan).size());
      assertNull(value(many).get(1));
    }
  }

  @Test void figuresTellWhatHappened() {
    long conflicts = (Long) txn().get("conflicts");
    theSecondWriterLoses();
    assertEquals(conflicts + 1, (Long) txn().get("conflicts"));
    try (var snapshot = store.snapshot()) {
      world.pass(Duration.ofSeconds(2));
      assertEquals(1, figure("open"));
      assertEquals(2000, figure("oldest_snapshot_age_millis"));
      assertNotNull(world.environment.metrics().getMetrics().get("txn.open"));
      assertTrue(snapshot.timestamp() < Timestamp.MAX);
    }
    opened.close();
    assertTrue(world.environment.metrics().getMetrics().keySet().stream().noneMatch(name -> name.startsWith("txn.")));
  }

  /** Goal: a flush of hot keys need not keep what was replaced a moment ago. Method: megabytes are written while no time passes, without and with a reader in the past. */
  @Test void whatWasReplacedMayBeDroppedAfterSomeMegabytesThoughNoTimePasses() {
    long before = engine.retained();
    for (int i = 0; i < 5; i++) store.put(bytes("a"), new byte[1 << 20]);
    long after = engine.retained();
    assertTrue(after > before, before + " to " + after);
    try (var snapshot = store.snapshot()) {
      for (int i = 0; i < 5; i++) store.put(bytes("a"), new byte[i]);
      for (int i = 0; i < 5; i++) store.put(bytes("b"), new byte[1 << 20]);
      assertTrue(engine.retained() <= snapshot.timestamp());
      assertEquals(1 << 20, snapshot.get(bytes("a")).length);
    }
  }

  @Test void theSecondWriterLoses() {
    var first = begin();
    var second = begin();
    first.put(bytes("a"), bytes("1"));
    second.put(bytes("a"), bytes("2"));
    first.commit();
    assertThrows(ConflictException.class, second::commit);
    assertThrows(ClosedException.class, () -> second.get(bytes("a")));
    assertEquals("1", text(store.get(bytes("a"))));
  }

  private Transaction begin() {
    return store.begin();
  }

  @SuppressWarnings("unchecked")
  private Map<String, Object> txn() {
    return (Map<String, Object>) opened.replicator().stats().get("txn");
  }

  private long figure(String name) {
    return ((Number) txn().get(name)).longValue();
  }

  private static String keys(Cursor cursor) {
    var keys = new StringBuilder();
    while (cursor.next()) keys.append(keys.isEmpty() ? "" : " ").append(text(cursor.key()));
    return keys.toString();
  }

  private static <T> T value(CompletionStage<T> stage) {
    assertTrue(stage.toCompletableFuture().isDone());
    return stage.toCompletableFuture().join();
  }

  /** The exception itself, as a dependent sees it. */
  private static Throwable failure(CompletionStage<?> stage) {
    var seen = new Throwable[1];
    stage.whenComplete((value, error) -> seen[0] = error);
    assertFalse(seen[0] instanceof CompletionException);
    return seen[0];
  }

  static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  static String text(byte[] bytes) {
    return bytes == null ? "none" : new String(bytes, UTF_8);
  }
}
