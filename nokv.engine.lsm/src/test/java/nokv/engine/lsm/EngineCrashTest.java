package nokv.engine.lsm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import nokv.api.KeyRange;
import nokv.api.Timestamp;
import nokv.spi.EngineBatch;
import nokv.vfs.MemVfs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Goal: after a power loss at any moment the engine opens by itself with a prefix of the writes that holds every one acknowledged. Method: one workload of small and large writes,
 * flushes, compactions, collections and rewrites of the manifest; the power cut at every file operation of it, at three rates of survival; all keys compared after recovery, and again
 * after more writes and another opening.
 */
class EngineCrashTest {
  private static final long SEED = 7;
  private static final int WRITES = 90;
  private static final byte[] COUNTER = "counter".getBytes();

  /** What write {@code i} does, from the seed: the same for every run. */
  private static EngineBatch batch(int i) {
    var random = new SplittableRandom(SEED * 1000 + i);
    var batch = new EngineBatch();
    batch.put(0, COUNTER, EngineBatch.OF_BATCH, 0, 0, ByteBuffer.allocate(4).putInt(i).array());
    batch.setVersion(i);
    for (int n = random.nextInt(1, 4); n > 0; n--) {
      byte[] key = key(random.nextInt(25));
      switch (random.nextInt(8)) {
        case 0 -> batch.delete(0, key, EngineBatch.OF_BATCH, 0);
        case 1, 2, 3 -> batch.put(0, key, EngineBatch.OF_BATCH, 0, 0, value(random, random.nextInt(1000, 4000)));
        case 4 -> {
          if (random.nextInt(4) == 0) batch.deleteRange(0, new KeyRange(key, KeyRange.prefixEnd(key)), EngineBatch.OF_BATCH);
        }
        default -> batch.put(0, key, EngineBatch.OF_BATCH, 0, 0, value(random, random.nextInt(150)));
      }
    }
    return batch;
  }

  private static byte[] key(int k) {
    return ("key" + (char) ('a' + k)).getBytes();
  }

  private static byte[] value(SplittableRandom random, int length) {
    byte[] value = new byte[length];
    random.nextBytes(value);
    return value;
  }

  private static Map<String, byte[]> expected(int writes) {
    var map = new TreeMap<String, byte[]>();
    for (int i = 1; i <= writes; i++) {
      for (EngineBatch.Entry e : batch(i).entries()) {
        switch (e.kind()) {
          case PUT -> map.put(new String(e.key()), e.value());
          case DELETE -> map.remove(new String(e.key()));
          case DELETE_RANGE -> map.keySet().removeIf(key -> new KeyRange(e.key(), e.value()).contains(key.getBytes()));
          default -> throw new AssertionError();
        }
      }
    }
    return map;
  }

  /** Runs the workload from where the store is; returns the last write acknowledged before the power went, or all. */
  private static int run(MemVfs disk, String sync) {
    int acknowledged = 0;
    StepNode node = null;
    try {
      node = open(disk, sync);
      int from = counter(node) + 1;
      for (int i = from; i <= WRITES; i++) {
        node.engine.write(batch(i));
        acknowledged = i;
        node.engine.retain(KeyRange.ALL, Math.max(0, i - 5));
        if (i % 6 == 0) node.await(node.engine.flush());
        if (i % 30 == 0) node.await(node.engine.compact(KeyRange.ALL));
        if (i % 7 == 0) node.await(node.engine.putMetadata("mark", batch(i).entries().getFirst().value()));
        if (i % 2 == 0) node.passTime();
      }
    } catch (RuntimeException e) {
      if (!disk.poweredOff()) throw e;
      assertTrue(MemVfs.isPowerOff(e), () -> "the power went off, but what came was " + e);
    } finally {
      if (node != null) close(node, disk);
    }
    return acknowledged;
  }

  private static void close(StepNode node, MemVfs disk) {
    try {
      node.close();
    } catch (RuntimeException e) {
      if (!disk.poweredOff()) throw e;
    }
  }

  private static StepNode open(MemVfs disk, String sync) {
    return new StepNode(disk, SEED, Map.of("level0_compaction_trigger", "2", "level0_slowdown_trigger", "100", "sync", sync));
  }

  private static int counter(StepNode node) {
    byte[] value = node.engine.get(0, COUNTER, Timestamp.MAX);
    return value == null ? 0 : ByteBuffer.wrap(value).getInt();
  }

  private static void check(StepNode node, int least, int most, String where) {
    int writes = counter(node);
    assertTrue(writes >= least && writes <= most, where + ": " + writes + " writes are there, expected " + least + " to " + most);
    Map<String, byte[]> expected = expected(writes);
    for (int k = 0; k < 25; k++) {
      byte[] value = expected.get(new String(key(k)));
      byte[] found = node.engine.get(0, key(k), Timestamp.MAX);
      if (value == null) assertNull(found, where + ": " + new String(key(k)));
      else assertArrayEquals(value, found, where + ": " + new String(key(k)) + " after " + writes + " writes");
    }
  }

  @Test void theWorkloadDoesEverythingThatIsToBeCut() {
    var disk = MemVfs.strict(SEED);
    StepNode node = open(disk, "always");
    for (int i = 1; i <= WRITES; i++) {
      node.engine.write(batch(i));
      node.engine.retain(KeyRange.ALL, Math.max(0, i - 5));
      if (i % 6 == 0) node.await(node.engine.flush());
      if (i % 30 == 0) node.await(node.engine.compact(KeyRange.ALL));
      if (i % 7 == 0) node.await(node.engine.putMetadata("mark", batch(i).entries().getFirst().value()));
      if (i % 2 == 0) node.passTime();
    }
    check(node, WRITES, WRITES, "no power loss");
    var metrics = node.environment.metrics();
    for (String name : List.of("flush.count", "compaction.count", "value_log.collections")) assertTrue(metrics.counter(name).getCount() > 0, name);
    assertTrue(disk.list("db").stream().anyMatch(name -> name.startsWith("MANIFEST-") && !name.equals("MANIFEST-000001")), "the manifest was rewritten");
    assertTrue(node.values.segments().stream().noneMatch(s -> s.sealed() && s.discardedBytes() * 5 > s.bytes()), () -> "collected: " + node.values.segments());
    node.close();
    assertEquals(List.of(), disk.openPaths());
  }

  @ParameterizedTest @CsvSource({"0", "0.5", "1"})
  void acknowledgedWritesSurvivePowerLossAtEveryOperation(double survival) {
    cutAtEveryOperation(survival, "always");
  }

  @ParameterizedTest @CsvSource({"0, none", "0.5, none", "1, none", "0, interval", "0.5, interval", "1, interval"})
  void whatSurvivesWithoutSyncsIsAPrefixAtEveryOperation(double survival, String sync) {
    cutAtEveryOperation(survival, sync);
  }

  private static void cutAtEveryOperation(double survival, String sync) {
    var whole = MemVfs.strict(SEED);
    assertEquals(WRITES, run(whole, sync));
    for (long at = 1; at <= whole.operations(); at++) {
      long seed = SEED + at;
      String where = "power lost at operation " + at + " of " + whole.operations() + ", survival " + survival + ", sync " + sync + ", seed " + seed;
      try {
        var disk = MemVfs.strict(seed);
        disk.cutPowerAt(at);
        int acknowledged = run(disk, sync);
        assertEquals(List.of(), disk.openPaths(), where);
        var after = disk.afterPowerLoss(survival);
        try (StepNode node = open(after, sync)) {
          check(node, sync.equals("always") ? acknowledged : 0, Math.min(WRITES, acknowledged + 1), where);
        }
        assertEquals(List.of(), after.openPaths(), where);
        if (at % 5 == 0) {
          run(after, sync);
          try (StepNode node = open(after, sync)) {
            check(node, WRITES, WRITES, where + ", then run to the end");
          }
        }
      } catch (RuntimeException e) {
        throw new AssertionError(where, e);
      }
    }
  }
}
