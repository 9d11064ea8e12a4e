package nokv.engine.lsm.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import nokv.spi.Vfs;
import nokv.vfs.MemVfs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Goal: a table is the sorted map that was written to it. Method: random versions against a TreeMap, walked and asked every way. */
class TableModelTest {
  private static final BlockCache CACHE = new BlockCache(1 << 20);

  static TableReader write(Model model, List<RangeTombstone> ranges, String path) {
    return write(model, ranges, path, Compression.NONE);
  }

  private static TableReader write(Model model, List<RangeTombstone> ranges, String path, Compression compression) {
    var disk = MemVfs.plain();
    try (var writer = new TableWriter(disk.open(path, Vfs.Mode.CREATE), compression)) {
      for (var range : ranges) writer.addRangeDelete(range);
      model.items.forEach((key, item) -> {
        byte[] value = item.encodedValue();
        writer.add(key, key.length, MemorySegment.ofArray(value), 0, value.length);
      });
      TableProperties written = writer.finish();
      assertEquals(model.items.size(), written.entries());
    }
    return TableReader.open(disk.open(path, Vfs.Mode.READ), CACHE);
  }

  @ParameterizedTest @ValueSource(ints = {0, 1, 2, 15, 16, 17, 300, 5000})
  void walksAndFindsLikeASortedMap(int count) {
    for (long seed = 1; seed <= 3; seed++) {
      String what = count + " items, seed " + seed;
      Model model = new Model(seed).fill(count);
      for (Compression compression : Compression.values()) {
        try (TableReader table = write(model, List.of(), "t.sst", compression)) {
          table.verify();
          model.assertWalks(table.iterator(), what + ", " + compression);
          model.assertWalks(table.scan(), what + ", scan, " + compression);
          model.assertFinds(table::get, what + ", " + compression);
        }
      }
    }
  }

  @ParameterizedTest @ValueSource(longs = {1, 2, 3, 4})
  void manySourcesWalkAsOne(long seed) {
    var random = new SplittableRandom(seed);
    var parts = new ArrayList<Model>();
    for (int i = 0; i < 5; i++) parts.add(new Model(seed * 100 + i));
    Model all = new Model(seed).fill(2000);
    all.items.forEach((key, item) -> parts.get(random.nextInt(5)).items.put(key, item));
    var tables = parts.stream().map(part -> write(part, List.of(), "t.sst")).toList();
    try (var merged = new MergingIterator(tables.stream().map(TableReader::iterator).toList())) {
      all.assertWalks(merged, "seed " + seed);
    }
    tables.forEach(TableReader::close);
  }

  @Test void refusesKeysOutOfOrder() {
    try (var writer = new TableWriter(MemVfs.plain().open("t.sst", Vfs.Mode.CREATE))) {
      byte[] key = InternalKey.of(0, new byte[] {1}, 5, 5);
      byte[] value = {1};
      writer.add(key, key.length, MemorySegment.ofArray(value), 0, 1);
      assertThrows(IllegalArgumentException.class, () -> writer.add(key, key.length, MemorySegment.ofArray(value), 0, 1));
      byte[] newer = InternalKey.of(0, new byte[] {1}, 6, 6);
      assertThrows(IllegalArgumentException.class, () -> writer.add(newer, newer.length, MemorySegment.ofArray(value), 0, 1));
    }
  }

  @Test void keepsRangeDeletesAndPropertiesTrue() {
    var ranges = List.of(new RangeTombstone(0, new byte[] {}, new byte[] {5}, 7, 900), new RangeTombstone(1, new byte[] {1}, new byte[] {}, 1, 3));
    Model model = new Model(5).fill(700);
    try (TableReader table = write(model, ranges, "t.sst")) {
      table.verify();
      assertEquals(2, table.rangeDeletes().size());
      assertEquals(2, table.properties().rangeDeletes());
      assertEquals(900, table.properties().maxSequence());
      assertEquals(model.items.values().stream().filter(item -> item.kind() == nokv.spi.Kind.DELETE).count(), table.properties().deletes());
      long pointed = model.items.values().stream().filter(item -> item.pointer() != null).mapToLong(item -> item.pointer().length()).sum();
      assertEquals(pointed, table.properties().references().stream().mapToLong(TableProperties.Reference::bytes).sum());
      assertFalse(table.properties().outOfOrder());
    }
  }
}
