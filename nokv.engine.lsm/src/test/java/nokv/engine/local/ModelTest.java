package nokv.engine.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import nokv.api.ColumnFamily;
import nokv.api.ConflictException;
import nokv.api.Cursor;
import nokv.api.Direction;
import nokv.api.Entry;
import nokv.api.KeyRange;
import nokv.api.Reader;
import nokv.api.Snapshot;
import nokv.api.Timestamp;
import nokv.api.Transaction;
import nokv.api.TransactionOptions;
import nokv.api.WriteBatch;
import nokv.spi.StorageEngine;
import nokv.spi.txn.FamilyKey;
import nokv.spi.txn.Stages;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Goal: the store answers as a sorted map does, whatever happens in whatever order, conflicts included. Method: random operations on both, from a seed; time stands still but for the
 * steps in which it is moved, the clock is set forward and back, old versions are dropped, and the store is opened anew.
 */
class ModelTest {
  private static final ColumnFamily OTHER = ColumnFamily.of(20, "other");

  /** An engine that keeps what it holds over {@link #reopen}. */
  interface Bed {
    StorageEngine engine();

    void reopen();
  }

  static final class MapBed implements Bed {
    private MapEngine engine = new MapEngine();

    @Override public MapEngine engine() {
      return engine;
    }

    @Override public void reopen() {
      engine = engine.reopened();
    }
  }

  @ParameterizedTest @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void storeAnswersAsTheModel(long seed) {
    new Run(seed, new TestWorld(), new MapBed()).steps(5_000);
  }

  @Test void storeAnswersAsTheModelFromARandomSeed() {
    long seed = System.nanoTime();
    new Run(seed, new TestWorld(), new MapBed()).steps(10_000);
  }

  /** One play. */
  static final class Run {
    private final long seed;
    private final SplittableRandom random;
    private final TestWorld world;
    private final Bed bed;
    private final Model model = new Model();
    private final List<OpenSnapshot> snapshots = new ArrayList<>();
    private final List<OpenTransaction> transactions = new ArrayList<>();
    private TestWorld.Opened opened;
    private long greatestTimestamp;
    private int step;
    private String doing = "";

    private record OpenSnapshot(Snapshot snapshot, TreeMap<FamilyKey, Model.Value> state) {}

    private record Scanned(int family, KeyRange range) {}

    private static final class OpenTransaction {
      final Transaction transaction;
      final TransactionOptions options;
      /** As it sees it: the state at its start with its own writes, which have version 0. */
      final TreeMap<FamilyKey, Model.Value> state;
      final TreeMap<FamilyKey, Model.Value> start;
      final TreeSet<FamilyKey> written = new TreeSet<>();
      final TreeSet<FamilyKey> read = new TreeSet<>();
      final List<Scanned> scanned = new ArrayList<>();

      OpenTransaction(Transaction transaction, TransactionOptions options, TreeMap<FamilyKey, Model.Value> state) {
        this.transaction = transaction;
        this.options = options;
        this.state = new TreeMap<>(state);
        this.start = state;
      }
    }

    Run(long seed, TestWorld world, Bed bed) {
      this.seed = seed;
      this.random = new SplittableRandom(seed);
      this.world = world;
      this.bed = bed;
      this.opened = world.open(bed.engine());
    }

    void steps(int count) {
      try {
        for (step = 0; step < count; step++) one();
        check("at the end", opened.store(), model.copy(), presentMillis());
        opened.close();
      } catch (Throwable e) {
        throw new AssertionError("seed " + seed + ", step " + step + ", " + doing + ": " + e, e);
      }
    }

    private void one() {
      int what = random.nextInt(1000);
      if (what < 200) write();
      else if (what < 350) readPresent();
      else if (what < 380) batch();
      else if (what < 420) openSnapshot();
      else if (what < 500) readSnapshot();
      else if (what < 530) closeSnapshot();
      else if (what < 590) begin();
      else if (what < 820) inTransaction();
      else if (what < 890) endTransaction();
      else if (what < 975) passTime();
      else if (what < 990) stepClock();
      else if (what < 996) compact();
      else reopen();
    }

    private void write() {
      doing = "write";
      FamilyKey key = key();
      if (random.nextInt(4) == 0) {
        model.delete(key, fresh(opened.store().delete(family(key), key.key())));
      } else {
        byte[] value = value();
        long expiry = expiry();
        model.put(key, value, fresh(opened.store().put(family(key), key.key(), value, expiry)), expiry);
      }
    }

    private void batch() {
      doing = "batch";
      var batch = new WriteBatch();
      var puts = new ArrayList<Runnable>();
      long[] version = {0};
      for (int i = random.nextInt(6); i >= 0; i--) {
        FamilyKey key = key();
        int kind = random.nextInt(6);
        if (kind == 0) {
          KeyRange range = range();
          batch.deleteRange(family(key), range);
          puts.add(() -> model.deleteRange(key.family(), range, version[0]));
        } else if (kind == 1) {
          batch.delete(family(key), key.key());
          puts.add(() -> model.delete(key, version[0]));
        } else {
          byte[] value = value();
          long expiry = expiry();
          batch.put(family(key), key.key(), value, expiry);
          puts.add(() -> model.put(key, value, version[0], expiry));
        }
      }
      version[0] = random.nextBoolean() ? opened.store().write(batch) : Stages.await(opened.store().writeAsync(batch));
      boolean nothing = batch.writes().stream().allMatch(write -> write instanceof WriteBatch.DeleteRange delete && delete.range().isEmpty());
      if (!nothing) fresh(version[0]);
      puts.forEach(Runnable::run);
    }

    /** Every version and timestamp is above those before. */
    private long fresh(long version) {
      assertTrue(version > greatestTimestamp && version > model.newestVersion, () -> "version " + version + " is not above " + greatestTimestamp + " and " + model.newestVersion);
      greatestTimestamp = version;
      return version;
    }

    private void readPresent() {
      doing = "read the present";
      check("present", opened.store(), model.copy(), presentMillis());
    }

    private long presentMillis() {
      return Math.max(Timestamp.physicalMillis(model.newestVersion), world.millis());
    }

    private void openSnapshot() {
      doing = "open a snapshot";
      Snapshot snapshot = opened.store().snapshot();
      timestamp(snapshot.timestamp());
      snapshots.add(new OpenSnapshot(snapshot, model.copy()));
    }

    private void timestamp(long timestamp) {
      assertTrue(timestamp >= greatestTimestamp && timestamp >= model.newestVersion, () -> "timestamp " + timestamp + " is below " + greatestTimestamp);
      greatestTimestamp = timestamp;
    }

    private void readSnapshot() {
      doing = "read a snapshot";
      if (snapshots.isEmpty()) return;
      OpenSnapshot open = snapshots.get(random.nextInt(snapshots.size()));
      long timestamp = open.snapshot.timestamp();
      check("snapshot", open.snapshot, open.state, Timestamp.physicalMillis(timestamp));
      FamilyKey key = key();
      compare("getAt", expected(open.state, key, Timestamp.physicalMillis(timestamp)), opened.store().getAt(family(key), key.key(), timestamp));
    }

    private void closeSnapshot() {
      doing = "close a snapshot";
      if (!snapshots.isEmpty()) snapshots.remove(random.nextInt(snapshots.size())).snapshot.close();
    }

    private void begin() {
      doing = "begin";
      if (transactions.size() > 6) return;
      int kind = random.nextInt(8);
      if (kind == 0 && !snapshots.isEmpty()) {
        OpenSnapshot open = snapshots.get(random.nextInt(snapshots.size()));
        var options = TransactionOptions.managed(open.snapshot.timestamp());
        transactions.add(new OpenTransaction(opened.store().begin(options), options, open.state));
        return;
      }
      var options = kind == 1 ? TransactionOptions.READ_ONLY : kind < 4 ? TransactionOptions.SERIALIZABLE : TransactionOptions.READ_WRITE;
      Transaction transaction = random.nextBoolean() ? opened.store().begin(options) : Stages.await(opened.store().beginAsync(options));
      timestamp(transaction.startTimestamp());
      transactions.add(new OpenTransaction(transaction, options, model.copy()));
    }

    private void inTransaction() {
      doing = "work in a transaction";
      if (transactions.isEmpty()) return;
      OpenTransaction open = transactions.get(random.nextInt(transactions.size()));
      long millis = Timestamp.physicalMillis(open.transaction.startTimestamp());
      FamilyKey key = key();
      int kind = random.nextInt(6);
      if (kind < 3 && !open.options.readOnly()) {
        open.written.add(key);
        if (random.nextInt(4) == 0) {
          open.transaction.delete(family(key), key.key());
          open.state.remove(key);
        } else {
          byte[] value = value();
          long expiry = expiry();
          open.transaction.put(family(key), key.key(), value, expiry);
          open.state.put(key, new Model.Value(value, 0, expiry));
        }
      } else if (kind == 3) {
        open.read.add(key);
        compare("get in transaction", expected(open.state, key, millis), open.transaction.getEntry(family(key), key.key()));
      } else {
        scanPart(open, key.family(), millis);
      }
    }

    private void scanPart(OpenTransaction open, int family, long millis) {
      KeyRange range = range();
      Direction direction = random.nextBoolean() ? Direction.FORWARD : Direction.REVERSE;
      List<Entry> expected = Model.scan(open.state, family, range, direction, millis);
      int take = random.nextInt(expected.size() + 2);
      try (Cursor cursor = open.transaction.scan(family(family), range, direction)) {
        for (int i = 0; i < take; i++) {
          boolean more = cursor.next();
          assertEquals(i < expected.size(), more, "scan in transaction, entry " + i);
          if (!more) {
            open.scanned.add(new Scanned(family, range));
            return;
          }
          compare("scan in transaction", expected.get(i), cursor.entry());
        }
        if (take == 0) return;
        byte[] last = expected.get(take - 1).key();
        open.scanned.add(new Scanned(family, direction == Direction.FORWARD ? new KeyRange(range.start(), Arrays.copyOf(last, last.length + 1)) : new KeyRange(last, range.end())));
      }
    }

    private void endTransaction() {
      doing = "end a transaction";
      if (transactions.isEmpty()) return;
      OpenTransaction open = transactions.remove(random.nextInt(transactions.size()));
      if (random.nextInt(4) == 0) {
        open.transaction.rollback();
        return;
      }
      boolean mustConflict = !open.written.isEmpty() && mustConflict(open);
      boolean mayConflict = mustConflict || (!open.written.isEmpty() && mayConflict(open));
      doing = "commit at " + open.transaction.startTimestamp() + ", must conflict: " + mustConflict + ", may: " + mayConflict;
      long version;
      try {
        version = commit(open);
      } catch (ConflictException e) {
        assertTrue(mayConflict, "a conflict without cause");
        return;
      }
      if (mustConflict) fail("no conflict");
      if (open.written.isEmpty()) return;
      for (FamilyKey key : open.written) {
        Model.Value value = open.state.get(key);
        if (value == null) model.delete(key, version);
        else model.put(key, value.bytes(), version, value.expiryMillis());
      }
    }

    private long commit(OpenTransaction open) {
      if (open.options.managed()) {
        long version = Math.max(greatestTimestamp, model.newestVersion) + 1 + random.nextInt(100_000);
        return Stages.await(open.transaction.commitAt(version));
      }
      long version = random.nextBoolean() ? open.transaction.commit() : Stages.await(open.transaction.commitAsync());
      return open.written.isEmpty() ? version : fresh(version);
    }

    private boolean mustConflict(OpenTransaction open) {
      long start = open.transaction.startTimestamp();
      for (FamilyKey key : open.written) if (model.changedAfter(key, start)) return true;
      if (!open.options.serializable()) return false;
      for (FamilyKey key : open.read) if (model.changedAfter(key, start)) return true;
      var now = model.copy();
      for (Scanned scanned : open.scanned) {
        if (!Model.within(now, scanned.family, scanned.range).equals(Model.within(open.start, scanned.family, scanned.range))) return true;
      }
      return false;
    }

    /** Also where a range that was scanned changed and changed back. */
    private boolean mayConflict(OpenTransaction open) {
      if (!open.options.serializable()) return false;
      for (Scanned scanned : open.scanned) if (model.changedAfter(scanned.family, scanned.range, open.transaction.startTimestamp())) return true;
      return false;
    }

    private void passTime() {
      doing = "pass time";
      world.pass(Duration.ofMillis(random.nextInt(10) == 0 ? random.nextInt(20_000) : random.nextInt(300)));
    }

    private void stepClock() {
      doing = "step the clock";
      world.step(Duration.ofMillis(random.nextInt(-5_000, 5_000)));
    }

    private void compact() {
      doing = "compact";
      Stages.await(bed.engine().compact(KeyRange.ALL));
    }

    private void reopen() {
      doing = "reopen";
      snapshots.clear();
      transactions.clear();
      opened.close();
      bed.reopen();
      opened = world.open(bed.engine());
    }

    // Comparing

    private void check(String what, Reader reader, TreeMap<FamilyKey, Model.Value> state, long millis) {
      FamilyKey key = key();
      Entry expected = expected(state, key, millis);
      compare(what + " entry", expected, reader.getEntry(family(key), key.key()));
      assertEquals(text(expected == null ? null : expected.value()), text(reader.get(family(key), key.key())), what + " value");
      List<byte[]> keys = List.of(key.key(), key().key(), key().key());
      // The present of several reads is a snapshot's, which never goes back, as the clock may.
      if (reader == opened.store()) openSnapshot();
      long at = reader == opened.store() ? Math.max(millis, Timestamp.physicalMillis(greatestTimestamp)) : millis;
      var values = keys.stream().map(k -> expected(state, new FamilyKey(key.family(), k), at)).map(e -> text(e == null ? null : e.value())).toList();
      if (random.nextInt(4) == 0) assertEquals(values, reader.multiGet(family(key), keys).stream().map(Run::text).toList(), what + " values");
      if (random.nextInt(3) == 0) checkScan(what, reader, state, key.family(), millis);
    }

    private void checkScan(String what, Reader reader, TreeMap<FamilyKey, Model.Value> state, int family, long millis) {
      KeyRange range = range();
      Direction direction = random.nextBoolean() ? Direction.FORWARD : Direction.REVERSE;
      List<Entry> expected = Model.scan(state, family, range, direction, millis);
      try (Cursor cursor = reader.scan(family(family), range, direction)) {
        if (random.nextBoolean()) {
          if (random.nextBoolean()) cursor.next();
          byte[] from = key().key();
          cursor.seek(from);
          expected = expected.stream().filter(e -> direction == Direction.FORWARD ? Arrays.compareUnsigned(e.key(), from) >= 0 : Arrays.compareUnsigned(e.key(), from) <= 0).toList();
        }
        for (Entry entry : expected) {
          assertTrue(cursor.next(), what + " scan ended early");
          compare(what + " scan", entry, cursor.entry());
        }
        assertTrue(!cursor.next() && !cursor.next(), what + " scan has too much");
      }
    }

    private static Entry expected(TreeMap<FamilyKey, Model.Value> state, FamilyKey key, long millis) {
      Model.Value value = state.get(key);
      return value == null || !value.liveAt(millis) ? null : new Entry(key.key(), value.bytes(), value.version(), value.expiryMillis());
    }

    private static void compare(String what, Entry expected, Entry actual) {
      assertEquals(text(expected), text(actual), what);
    }

    private static String text(Entry entry) {
      return entry == null ? "none" : text(entry.key()) + "=" + text(entry.value()) + "@" + entry.version() + " until " + entry.expiryMillis();
    }

    private static String text(byte[] bytes) {
      return bytes == null ? "none" : HexFormat.of().formatHex(bytes);
    }

    // Choosing

    private FamilyKey key() {
      byte[] key = new byte[random.nextInt(3)];
      for (int i = 0; i < key.length; i++) key[i] = (byte) (random.nextInt(12) * 23);
      return new FamilyKey(random.nextInt(4) == 0 ? OTHER.id() : 0, key);
    }

    private static ColumnFamily family(FamilyKey key) {
      return family(key.family());
    }

    private static ColumnFamily family(int id) {
      return id == 0 ? ColumnFamily.DEFAULT : OTHER;
    }

    private byte[] value() {
      byte[] value = new byte[random.nextInt(8) == 0 ? random.nextInt(200) : random.nextInt(20)];
      random.nextBytes(value);
      return value;
    }

    private long expiry() {
      return random.nextInt(4) == 0 ? Math.max(1, world.millis() + random.nextInt(-50, 2_000)) : 0;
    }

    private KeyRange range() {
      byte[] a = key().key();
      byte[] b = key().key();
      if (random.nextInt(4) == 0) return KeyRange.from(a);
      return Arrays.compareUnsigned(a, b) <= 0 ? new KeyRange(a, b) : new KeyRange(b, a);
    }
  }
}
