package nokv.vlog;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.codahale.metrics.MetricRegistry;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import nokv.api.ConfigException;
import nokv.api.CorruptException;
import nokv.api.ReadOnlyException;
import nokv.api.TooNewException;
import nokv.spi.Clock;
import nokv.spi.Command;
import nokv.spi.Environment;
import nokv.spi.MemoryBudget;
import nokv.spi.NodeConfig;
import nokv.spi.Options;
import nokv.spi.PluginRegistry;
import nokv.spi.ValuePointer;
import nokv.spi.ValueStore;
import nokv.spi.ValueStore.Temperature;
import nokv.spi.ValueStoreProvider;
import nokv.spi.Vfs;
import nokv.spi.VfsException;
import nokv.spi.VfsFile;
import nokv.vfs.MemVfs;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Goal: a value that was synced is read back as it was, whatever happened; what was not is gone or whole; bytes that changed are never given out. */
final class ValueLogTest {
  private static final long SEGMENT = 64 << 10;

  private static Environment environment() {
    return new Environment(Clock.SYSTEM, Runnable::run, Runnable::run, (delay, task) -> () -> {}, () -> 1, new MemoryBudget(1 << 30), new MetricRegistry());
  }

  private static ValueStore open(Vfs vfs, boolean readOnly, String... options) {
    return open(new VlogProvider(), vfs, readOnly, options);
  }

  private static ValueStore open(ValueStoreProvider provider, Vfs vfs, boolean readOnly, String... options) {
    var raw = new HashMap<String, Object>(Map.of("segment_size", "64KiB"));
    for (int i = 0; i < options.length; i += 2) raw.put(options[i], options[i + 1]);
    if (!readOnly) {
      vfs.createDirectories("node");
      vfs.syncDirectory(".");
    }
    return provider.open(environment(), Options.parse("test", provider.options(), raw), vfs, "node", readOnly);
  }

  private static byte[] key(long n) {
    return ("key" + n).getBytes();
  }

  private static byte[] value(long n, int length) {
    var value = new byte[length];
    new SplittableRandom(n).nextBytes(value);
    return value;
  }

  /** What a test knows of the store: values by pointer, as they were appended. */
  private static final class Model {
    final Map<ValuePointer, byte[]> values = new LinkedHashMap<>();

    List<ValuePointer> last() {
      var last = new HashMap<String, ValuePointer>();
      for (ValuePointer p : values.keySet()) last.merge(p.bucket() + "/" + p.segment(), p, (a, b) -> a.offset() > b.offset() ? a : b);
      return List.copyOf(last.values());
    }

    void assertAllReadable(ValueStore store, String where) {
      values.forEach((pointer, value) -> assertArrayEquals(value, store.read(pointer), where + ": " + pointer));
    }
  }

  /** Appends, rewinds, syncs and drops; after each sync what was appended before is in {@code synced}, the rest in {@code unsynced}. */
  private static void workload(Vfs vfs, Model synced, Model unsynced, long seed) {
    var random = new SplittableRandom(seed);
    try (ValueStore store = open(vfs, false)) {
      store.recovered(synced.last());
      long n = 0;
      for (int group = 0; group < 14; group++) {
        ValueStore.Mark mark = store.mark();
        var appended = new LinkedHashMap<ValuePointer, byte[]>();
        for (int i = random.nextInt(4); i >= 0; i--) {
          byte[] value = value(n, 1 + random.nextInt(group % 5 == 4 ? 40_000 : 3000));
          appended.put(store.append(3, key(n), value, n % 3 == 0 ? Temperature.HOT : Temperature.COLD), value);
          n++;
        }
        if (random.nextInt(4) == 0) {
          if (random.nextBoolean()) store.write();
          store.rewind(mark);
          continue;
        }
        unsynced.values.putAll(appended);
        store.write();
        if (random.nextInt(3) > 0) {
          store.sync();
          synced.values.putAll(unsynced.values);
          unsynced.values.clear();
        }
        var sealed = store.segments().stream().filter(s -> s.bucket() == 1 && s.sealed()).findFirst();
        if (group >= 10 && sealed.isPresent()) {
          int victim = sealed.get().segment();
          synced.values.keySet().removeIf(p -> p.bucket() == 1 && p.segment() == victim);
          unsynced.values.keySet().removeIf(p -> p.bucket() == 1 && p.segment() == victim);
          store.drop(1, victim);
        }
      }
    }
  }

  @ParameterizedTest @ValueSource(doubles = {0, 0.5, 1})
  void syncedValuesSurvivePowerLossAtEveryOperation(double survival) {
    loseThePowerEverywhere(survival, 1, 4);
  }

  @Tag("long") @ParameterizedTest @ValueSource(doubles = {0, 0.5, 1})
  void syncedValuesSurvivePowerLossAtEveryOperationOfManyRuns(double survival) {
    loseThePowerEverywhere(survival, 5, 150);
  }

  private static void loseThePowerEverywhere(double survival, long firstSeed, long lastSeed) {
    for (long seed = firstSeed; seed <= lastSeed; seed++) {
      var dry = MemVfs.strict(seed);
      workload(dry, new Model(), new Model(), seed);
      for (long at = 1; at <= dry.operations(); at++) {
        String where = "power lost at operation " + at + " of " + dry.operations() + ", seed " + seed + ", survival " + survival;
        var disk = MemVfs.strict(seed);
        disk.cutPowerAt(at);
        var synced = new Model();
        var unsynced = new Model();
        long s = seed;
        assertTrue(MemVfs.isPowerOff(assertThrows(RuntimeException.class, () -> workload(disk, synced, unsynced, s), where)), where);
        MemVfs after = disk.afterPowerLoss(survival);
        secondLife(after, synced, unsynced, seed, where);
      }
      assertEquals(0, dry.openFiles());
    }
  }

  private static void secondLife(MemVfs disk, Model synced, Model unsynced, long seed, String where) {
    var known = new Model();
    try (ValueStore store = open(disk, false)) {
      known.values.putAll(synced.values);
      // As replay does: up to the first value that was lost.
      for (var entry : unsynced.values.entrySet()) {
        if (!store.verify(entry.getKey())) break;
        known.values.put(entry.getKey(), entry.getValue());
      }
      known.assertAllReadable(store, where);
      store.recovered(known.last());
      known.assertAllReadable(store, where);
      for (int i = 0; i < 3; i++) known.values.put(store.append(0, key(i), value(-i, 2000), Temperature.COLD), value(-i, 2000));
      store.sync();
      known.assertAllReadable(store, where);
      assertEquals(List.of(), store.check(), where);
    }
    try (ValueStore store = open(disk.afterPowerLoss(0), false)) {
      known.assertAllReadable(store, where + ", then again");
      store.recovered(known.last());
      known.assertAllReadable(store, where + ", then again");
    }
  }

  /** Method: a map of pointers to values beside the store, through thousands of random steps with reopening, dropping and collection. */
  @Test void theStoreBehavesAsAMap() {
    long seed = System.nanoTime();
    var random = new SplittableRandom(seed);
    var disk = MemVfs.strict(seed);
    var model = new Model();
    ValueStore store = open(disk, false, "gc_ratio", "0.3");
    store.recovered(List.of());
    for (int step = 0; step < 3000; step++) {
      String where = "step " + step + ", seed " + seed;
      switch (random.nextInt(40)) {
        case 0 -> {
          store.sync();
          store.close();
          disk = random.nextBoolean() ? disk.afterPowerLoss(0.5) : disk.afterProcessCrash();
          store = open(disk, false, "gc_ratio", "0.3");
          store.recovered(model.last());
          model.assertAllReadable(store, where);
        }
        case 1, 2 -> collect(store, model, where);
        case 3, 4, 5, 6, 7, 8 -> {
          if (model.values.isEmpty()) continue;
          ValuePointer garbage = new ArrayList<>(model.values.keySet()).get(random.nextInt(model.values.size()));
          store.discard(garbage);
          model.values.remove(garbage);
        }
        default -> {
          byte[] value = value(step, random.nextInt(random.nextInt(8) == 0 ? 20_000 : 800));
          ValuePointer pointer = store.append(1, key(step), value, random.nextBoolean() ? Temperature.HOT : Temperature.COLD);
          store.write();
          assertArrayEquals(value, store.read(pointer), where);
          assertEquals(value.length, store.valueLength(pointer, key(step).length), where);
          model.values.put(pointer, value);
        }
      }
    }
    assertEquals(List.of(), store.check(), "seed " + seed);
    long live = model.values.keySet().stream().mapToLong(ValuePointer::length).sum();
    long known = store.segments().stream().mapToLong(s -> s.bytes() - s.discardedBytes()).sum();
    assertTrue(known >= live, "live values counted as garbage, seed " + seed);
    store.close();
  }

  private static void collect(ValueStore store, Model model, String where) {
    for (ValueStore.Segment victim : store.victims(100_000)) {
      assertTrue(victim.sealed() && victim.discardedBytes() >= 0.3 * (victim.bytes() - SegmentHeader.BYTES), where + ": " + victim);
      for (ValuePointer old : List.copyOf(model.values.keySet())) {
        if (old.bucket() != victim.bucket() || old.segment() != victim.segment()) continue;
        byte[] value = store.read(old);
        model.values.remove(old);
        model.values.put(store.append(1, key(0), value, Temperature.COLD), value);
      }
      store.sync();
      store.drop(victim.bucket(), victim.segment());
      model.assertAllReadable(store, where);
    }
  }

  @Test void aValueWhoseBytesChangedIsReportedWithFileAndOffsetAndNeverGivenOut() {
    var disk = MemVfs.plain();
    var pointers = new ArrayList<ValuePointer>();
    try (ValueStore store = open(disk, false)) {
      store.recovered(List.of());
      for (int i = 0; i < 3; i++) pointers.add(store.append(0, key(i), value(i, 60), Temperature.COLD));
      store.sync();
      ValuePointer middle = pointers.get(1);
      String path = "node/vlog/bucket-001/000001.vlog";
      for (long offset = middle.offset(); offset < middle.offset() + middle.length(); offset++) {
        flip(disk, path, offset);
        var e = assertThrows(CorruptException.class, () -> store.read(middle));
        assertTrue(e.getMessage().startsWith(path + " is damaged at offset " + middle.offset() + " "), e.getMessage());
        assertFalse(store.verify(middle));
        assertEquals(1, store.check().size());
        flip(disk, path, offset);
      }
      for (int i : new int[] {-1, 1}) {
        var wrong = new ValuePointer(1, 1, middle.offset(), middle.length() + i);
        assertThrows(CorruptException.class, () -> store.read(wrong));
        assertFalse(store.verify(wrong));
      }
      assertThrows(CorruptException.class, () -> store.read(new ValuePointer(1, 9, 24, 100)));
      assertThrows(CorruptException.class, () -> store.read(new ValuePointer(1, 1, 24, Integer.MAX_VALUE)));
      assertThrows(CorruptException.class, () -> store.read(new ValuePointer(7, 1, 24, 100)));
      assertArrayEquals(value(2, 60), store.read(pointers.get(2)));
    }
    disk.delete("node/vlog/bucket-001/000001.vlog");
    try (ValueStore store = open(disk, false)) {
      var e = assertThrows(CorruptException.class, () -> store.recovered(pointers));
      assertTrue(e.getMessage().contains("000001.vlog is missing"), e.getMessage());
    }
  }

  private static void flip(Vfs vfs, String path, long offset) {
    try (VfsFile file = vfs.open(path, Vfs.Mode.READ_WRITE)) {
      var one = MemorySegment.ofArray(new byte[1]);
      file.read(offset, one);
      one.set(java.lang.foreign.ValueLayout.JAVA_BYTE, 0, (byte) (one.get(java.lang.foreign.ValueLayout.JAVA_BYTE, 0) ^ 8));
      file.write(offset, one);
    }
  }

  @Test void aFullDiskIsLeftByRewindingAndAppendsResume() {
    var disk = MemVfs.strict(1);
    try (ValueStore store = open(disk, false)) {
      store.recovered(List.of());
      ValuePointer first = store.append(0, key(1), value(1, 5000), Temperature.COLD);
      store.sync();
      disk.capacity(60_000);
      for (int size : new int[] {30_000, 50_000, 500_000}) {
        ValueStore.Mark mark = store.mark();
        var e = assertThrows(VfsException.class, () -> {
          for (int i = 0; i < 4; i++) store.append(0, key(i), value(i, size), Temperature.COLD);
          store.sync();
        });
        assertEquals(VfsException.Cause.NO_SPACE, e.kind());
        store.rewind(mark);
        assertArrayEquals(value(1, 5000), store.read(first));
      }
      disk.capacity(Long.MAX_VALUE);
      ValuePointer second = store.append(0, key(2), value(2, 70_000), Temperature.COLD);
      store.sync();
      assertArrayEquals(value(2, 70_000), store.read(second));
      assertEquals(List.of(), store.check());
    }
  }

  @Test void aSegmentNumberIsNotUsedAgainWhileItsFileMightBePointedTo() {
    var disk = MemVfs.strict(1);
    try (ValueStore store = open(disk, false)) {
      store.recovered(List.of());
      for (int i = 0; i < 3; i++) store.append(0, key(i), value(i, 40_000), Temperature.COLD);
      store.sync();
      assertEquals(List.of(1, 2, 3), store.segments().stream().map(ValueStore.Segment::segment).toList());
      assertThrows(IllegalArgumentException.class, () -> store.drop(1, 3), "it takes appends");
    }
    try (ValueStore store = open(disk, false)) {
      store.recovered(List.of());
      assertEquals(List.of(3), store.segments().stream().map(ValueStore.Segment::segment).toList(), "the file is kept for its number");
      for (int i = 0; i < 2; i++) store.append(0, key(i), value(i, 40_000), Temperature.COLD);
      store.drop(1, 3);
      store.sync();
    }
    try (ValueStore store = open(disk, false)) {
      store.recovered(List.of(new ValuePointer(1, 4, SegmentHeader.BYTES, ValueRecord.HEADER_BYTES + 4 + 40_000)));
      assertEquals(1, store.segments().size());
      assertEquals(5, store.append(0, key(1), value(1, 60_000), Temperature.COLD).segment());
    }
  }

  @Test void garbageIsKnownAgainAfterARestart() {
    var disk = MemVfs.strict(1);
    var pointers = new ArrayList<ValuePointer>();
    try (ValueStore store = open(disk, false)) {
      store.recovered(List.of());
      for (int i = 0; i < 5; i++) pointers.add(store.append(0, key(i), value(i, 30_000), Temperature.COLD));
      store.sync();
      store.discard(pointers.get(0));
    }
    try (ValueStore store = open(disk, true)) {
      assertEquals(pointers.getFirst().length(), store.segments().getFirst().discardedBytes());
      assertEquals(1, store.victims(1).size());
      assertThrows(ReadOnlyException.class, () -> store.append(0, key(1), key(1), Temperature.HOT));
    }
    flip(disk, "node/vlog/discards", 20);
    try (ValueStore store = open(disk, true)) {
      assertEquals(0, store.segments().getFirst().discardedBytes(), "a damaged file of statistics is as none");
    }
  }

  @Test void inlineSeparatesNothingAndReadsWhatWasSeparated() {
    var disk = MemVfs.strict(1);
    ValuePointer pointer;
    try (ValueStore store = open(disk, false)) {
      store.recovered(List.of());
      assertEquals(2048, store.thresholdBytes());
      pointer = store.append(0, key(1), value(1, 5000), Temperature.HOT);
      store.sync();
    }
    try (ValueStore store = open(new InlineProvider(), disk, false, "threshold", "1KiB")) {
      assertEquals(Integer.MAX_VALUE, store.thresholdBytes());
      store.recovered(List.of(pointer));
      assertArrayEquals(value(1, 5000), store.read(pointer));
    }
  }

  @Test void aLaterFormatAndOptionsOutOfRangeAreRefused() {
    var disk = MemVfs.plain();
    try (ValueStore store = open(disk, false)) {
      store.recovered(List.of());
      store.append(0, key(1), key(1), Temperature.HOT);
      store.sync();
    }
    try (VfsFile file = disk.open("node/vlog/bucket-000/000001.vlog", Vfs.Mode.READ_WRITE)) {
      file.write(SegmentHeader.VERSION_OFFSET, MemorySegment.ofArray(new byte[] {9}));
    }
    assertThrows(TooNewException.class, () -> open(disk, true));
    assertEquals(0, disk.openFiles(), "nothing is left open");
    assertThrows(ConfigException.class, () -> open(disk, true, "gc_ratio", "1.5"));
    assertThrows(ConfigException.class, () -> open(disk, true, "segment_size", "1KiB"));
    assertThrows(ConfigException.class, () -> open(disk, true, "threshold", "1"));
  }

  @Test void theCommandListsTheSegmentsOfAStoppedNode(@TempDir java.nio.file.Path directory) {
    var provider = PluginRegistry.installed().get(ValueStoreProvider.class, "vlog");
    NodeConfig node = NodeConfig.embedded(directory.toString()).with("vlog", "segment_size", "64KiB");
    try (Vfs vfs = PluginRegistry.installed().get(nokv.spi.VfsProvider.class, "os").open(environment(), Options.parse("os", List.of(), Map.of()), PluginRegistry.installed());
        ValueStore store = provider.open(environment(), node.options(provider), vfs, node.directory(), false)) {
      store.recovered(List.of());
      ValuePointer pointer = store.append(0, key(1), value(1, 9000), Temperature.COLD);
      store.append(0, key(1), value(1, 60_000), Temperature.COLD);
      store.sync();
      store.discard(pointer);
    }
    Command command = provider.commands().getFirst();
    Map<String, Object> result = command.action().run(new Command.Context(node, environment(), nokv.spi.PluginRegistry.installed(), Options.parse("none", List.of(), Map.of())));
    assertEquals(true, result.get("ok"));
    assertEquals(2, ((List<?>) result.get("segments")).size());
    assertEquals(9000L + ValueRecord.HEADER_BYTES + 4, result.get("discarded_bytes"));
  }
}
