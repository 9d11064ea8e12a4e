package nokv.engine.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import nokv.api.ColumnFamily;
import nokv.api.ConflictException;
import nokv.api.Cursor;
import nokv.api.Direction;
import nokv.api.KeyRange;
import nokv.api.KvStore;
import nokv.api.Reader;
import nokv.api.Transaction;
import nokv.api.TransactionOptions;
import nokv.spi.txn.Stages;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Goal: what holds for one thread holds for many. Method: invariants that a lost update, a torn snapshot or a skewed write would break. */
@Timeout(30)
class ConcurrencyTest {
  private static final int THREADS = 4;
  private static final int ACCOUNTS = 10;
  private static final long TOTAL = ACCOUNTS * 100L;

  /** What a test does with a store. */
  @FunctionalInterface
  interface Work {
    void with(TestWorld.Opened opened) throws Exception;
  }

  void withStore(Work work) throws Exception {
    var world = new TestWorld();
    try (var engine = new MapEngine(); var opened = world.open(engine)) {
      work.with(opened);
    }
  }

  int rounds() {
    return 1_500;
  }

  /** Money moves between accounts; every snapshot, scanned or read key by key, has all of it. */
  @Test void transfersKeepTheTotalInEverySnapshot() throws Exception {
    withStore(opened -> {
      KvStore store = opened.store();
      for (int i = 0; i < ACCOUNTS; i++) store.put(key(i), number(100));
      var work = new ArrayList<Callable<Void>>();
      for (int t = 0; t < THREADS - 1; t++) {
        long seed = t;
        work.add(() -> {
          var random = new SplittableRandom(seed);
          for (int i = 0; i < rounds(); i++) transfer(store, random);
          return null;
        });
      }
      work.add(() -> {
        for (int i = 0; i < rounds() / 3; i++) {
          try (var snapshot = store.snapshot()) {
            assertEquals(TOTAL, total(snapshot));
            assertEquals(TOTAL, scanned(snapshot));
          }
          assertEquals(TOTAL, scanned(store));
          var keys = new ArrayList<byte[]>();
          for (int k = 0; k < ACCOUNTS; k++) keys.add(key(k));
          assertEquals(TOTAL, store.multiGet(ColumnFamily.DEFAULT, keys).stream().mapToLong(ConcurrencyTest::number).sum());
        }
        return null;
      });
      run(work);
      assertEquals(TOTAL, scanned(store));
    });
  }

  private static void transfer(KvStore store, SplittableRandom random) {
    int from = random.nextInt(ACCOUNTS);
    int to = (from + 1 + random.nextInt(ACCOUNTS - 1)) % ACCOUNTS;
    try (Transaction transaction = store.begin()) {
      long amount = random.nextInt(10);
      transaction.put(key(from), number(number(transaction.get(key(from))) - amount));
      transaction.put(key(to), number(number(transaction.get(key(to))) + amount));
      transaction.commit();
    } catch (ConflictException e) {
      assertTrue(e.retryable());
    }
  }

  @Test void noIncrementIsLost() throws Exception {
    withStore(opened -> {
      KvStore store = opened.store();
      store.put(key(0), number(0));
      var done = new AtomicLong();
      var work = new ArrayList<Callable<Void>>();
      for (int t = 0; t < THREADS; t++) {
        work.add(() -> {
          for (int i = 0; i < rounds(); i++) {
            try (Transaction transaction = store.begin()) {
              transaction.put(key(0), number(number(transaction.get(key(0))) + 1));
              transaction.commit();
              done.incrementAndGet();
            } catch (ConflictException e) {
              assertTrue(e.retryable());
            }
          }
          return null;
        });
      }
      run(work);
      assertTrue(done.get() >= rounds(), "somebody always wins");
      assertEquals(done.get(), number(store.get(key(0))));
    });
  }

  /** Everybody adds a row with the number of rows there are; in any serial order the numbers are 0, 1, 2 …: a phantom would give one twice. */
  @Test void serializableScansSeeNoPhantoms() throws Exception {
    withStore(opened -> {
      KvStore store = opened.store();
      var work = new ArrayList<Callable<Void>>();
      for (int t = 0; t < THREADS; t++) {
        int thread = t;
        work.add(() -> {
          for (int i = 0; i < 60; i++) {
            try (Transaction transaction = store.begin(TransactionOptions.SERIALIZABLE)) {
              int rows = 0;
              try (Cursor cursor = transaction.scan(ColumnFamily.DEFAULT, KeyRange.ALL, Direction.REVERSE)) {
                while (cursor.next()) rows++;
              }
              transaction.put(key(i * THREADS + thread), number(rows));
              transaction.commit();
            } catch (ConflictException e) {
              assertTrue(e.retryable());
            }
          }
          return null;
        });
      }
      run(work);
      var numbers = new ArrayList<Long>();
      try (Cursor cursor = store.scan(ColumnFamily.DEFAULT, KeyRange.ALL, Direction.FORWARD)) {
        while (cursor.next()) numbers.add(number(cursor.value()));
      }
      numbers.sort(null);
      for (int i = 0; i < numbers.size(); i++) assertEquals(i, numbers.get(i));
      assertTrue(numbers.size() >= 60, "somebody always wins: " + numbers.size());
    });
  }

  /** Compare-and-set loops on one register lose nothing, and nobody reads less than what was set before. */
  @Test void registersAreLinearizable() throws Exception {
    withStore(opened -> {
      var completed = new AtomicLong();
      var work = new ArrayList<Callable<Void>>();
      for (int t = 0; t < THREADS; t++) {
        work.add(() -> {
          var register = opened.replicator().register("shared");
          for (int i = 0; i < 300; ) {
            long floor = completed.get();
            long seen = Stages.await(register.read());
            assertTrue(seen >= floor, "read " + seen + " after " + floor + " was set");
            if (!Stages.await(register.compareAndSet(seen, seen + 1))) continue;
            completed.accumulateAndGet(seen + 1, Math::max);
            i++;
          }
          return null;
        });
      }
      run(work);
      assertEquals(300L * THREADS, Stages.await(opened.replicator().register("shared").read()));
    });
  }

  private static void run(List<Callable<Void>> work) throws Exception {
    try (var threads = Executors.newFixedThreadPool(work.size())) {
      for (Future<Void> result : threads.invokeAll(work)) result.get();
    }
  }

  private static long total(Reader reader) {
    long total = 0;
    for (int i = 0; i < ACCOUNTS; i++) total += number(reader.get(key(i)));
    return total;
  }

  private static long scanned(Reader reader) {
    long total = 0;
    try (Cursor cursor = reader.scan(ColumnFamily.DEFAULT, KeyRange.ALL, Direction.FORWARD)) {
      while (cursor.next()) total += number(cursor.value());
    }
    return total;
  }

  private static byte[] key(int number) {
    return ByteBuffer.allocate(4).putInt(number).array();
  }

  private static byte[] number(long value) {
    return ByteBuffer.allocate(8).putLong(value).array();
  }

  private static long number(byte[] bytes) {
    return ByteBuffer.wrap(bytes).getLong();
  }
}
