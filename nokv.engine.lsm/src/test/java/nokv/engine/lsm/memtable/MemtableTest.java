package nokv.engine.lsm.memtable;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import nokv.engine.lsm.table.InternalKey;
import nokv.engine.lsm.table.Lookup;
import nokv.engine.lsm.table.Model;
import nokv.engine.lsm.table.ValueHeader;
import nokv.spi.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Goal: a memtable of either structure is the sorted map that was written to it, and its readers need not wait for its writer. */
@ParameterizedClass @EnumSource(Memtable.Structure.class)
class MemtableTest {
  @Parameter Memtable.Structure structure;

  static void add(Memtable memtable, Model.Item item) {
    if (item.pointer() != null) {
      memtable.addPointer(item.family(), item.key(), item.version(), item.sequence(), item.kind(), item.start(), item.expiry(), item.pointer());
    } else {
      memtable.add(item.family(), item.key(), item.version(), item.sequence(), item.kind(), item.start(), item.expiry(), item.value());
    }
  }

  @ParameterizedTest @ValueSource(ints = {0, 1, 2, 300, 5000})
  void walksAndFindsLikeASortedMap(int count) {
    for (long seed = 1; seed <= 3; seed++) {
      String what = count + " items, seed " + seed;
      Model model = new Model(seed).fill(count);
      var inAnyOrder = new ArrayList<>(model.items.values());
      Collections.shuffle(inAnyOrder, new Random(seed));
      try (var memtable = new Memtable(structure, seed)) {
        for (Model.Item item : inAnyOrder) add(memtable, item);
        assertEquals(model.items.size(), memtable.entries());
        model.assertWalks(memtable.iterator(), what);
        model.assertFinds(memtable::get, what);
      }
    }
  }

  /** Keys with a long common prefix, and some without: hints of both kinds, and the list is copied when the prefix is learned. */
  @ParameterizedTest @ValueSource(longs = {1, 2})
  void findsKeysWithinAndOutsideTheCommonPrefix(long seed) {
    var random = new Random(seed);
    var model = new Model(seed);
    try (var memtable = new Memtable(structure, seed)) {
      for (int i = 0; i < 17_000; i++) {
        byte[] key = random.nextInt(20) == 0 ? model.randomKey() : ("user:profile:" + random.nextInt(3000)).getBytes(StandardCharsets.UTF_8);
        var item = new Model.Item(random.nextInt(30) == 0 ? random.nextInt(256) : 7, key, random.nextInt(50), i, Kind.PUT, 0, 0, key, null);
        model.items.put(item.internalKey(), item);
        add(memtable, item);
      }
      model.assertWalks(memtable.iterator(), "seed " + seed);
      model.assertFinds(memtable::get, "seed " + seed);
    }
  }

  @Test void ofEqualKeysTheOneWrittenLastComesFirst() {
    try (var memtable = new Memtable(structure, 1)) {
      for (int i = 0; i < 3000; i++) memtable.add(0, new byte[] {1}, 5, 5, Kind.PUT, 0, 0, new byte[] {(byte) (i >> 8), (byte) i});
      var lookup = new Lookup().of(0, new byte[] {1}, 9, 9, true);
      assertTrue(memtable.get(lookup));
      assertArrayEquals(new byte[] {(byte) (2999 >> 8), (byte) 2999}, lookup.header().value());
      var it = memtable.iterator();
      int expected = 3000;
      for (boolean on = it.seekToFirst(); on; on = it.next()) {
        expected--;
        assertArrayEquals(new byte[] {(byte) (expected >> 8), (byte) expected}, it.entry().header(new ValueHeader()).value());
      }
      assertEquals(0, expected);
    }
  }

  /** Few bytes and long keys, so that nodes of every size, long prefixes, prefixes that are cut, and keys that end where others go on all come about; with every move from everywhere. */
  @ParameterizedTest @ValueSource(ints = {1, 2, 5, 17, 49, 256})
  void findsAndWalksKeysOfAnyBranching(int branching) {
    var random = new Random(branching);
    var model = new Model(branching);
    byte[] shared = new byte[300];
    random.nextBytes(shared);
    try (var memtable = new Memtable(structure, 1)) {
      for (int i = 0; i < 4000; i++) {
        int same = random.nextInt(4) == 0 ? random.nextInt(shared.length) : 3 * random.nextInt(3);
        byte[] key = Arrays.copyOf(shared, same + random.nextInt(4));
        for (int j = same; j < key.length; j++) key[j] = (byte) (random.nextInt(branching) * 255 / Math.max(1, branching - 1));
        var item = new Model.Item(0, key, random.nextInt(300), i, Kind.PUT, 0, 0, key, null);
        model.items.put(item.internalKey(), item);
        add(memtable, item);
      }
      model.assertWalks(memtable.iterator(), structure + ", branching " + branching);
      model.assertFinds(memtable::get, structure + ", branching " + branching);
    }
  }

  @Test void equalKeysAreWalkedBothWays() {
    try (var memtable = new Memtable(structure, 1)) {
      for (int k = 0; k < 3; k++) for (int i = 0; i < 4; i++) memtable.add(0, new byte[] {(byte) k}, 5, 5, Kind.PUT, 0, 0, new byte[] {(byte) (10 * k + i)});
      var there = new ArrayList<Integer>();
      var back = new ArrayList<Integer>();
      var it = memtable.iterator();
      for (boolean on = it.seekToFirst(); on; on = it.next()) there.add((int) it.entry().header(new ValueHeader()).value()[0]);
      for (boolean on = it.seekToLast(); on; on = it.prev()) back.addFirst((int) it.entry().header(new ValueHeader()).value()[0]);
      assertEquals(List.of(3, 2, 1, 0, 13, 12, 11, 10, 23, 22, 21, 20), there);
      assertEquals(there, back);
      assertTrue(it.seekForPrev(InternalKey.of(0, new byte[] {1}, 5, 5)));
      assertEquals(10, it.entry().header(new ValueHeader()).value()[0]);
    }
  }

  @Test void valuesLargerThanAChunkHaveTheirOwn() {
    try (var memtable = new Memtable(structure, 1)) {
      byte[] large = new byte[3 * Chunks.CHUNK_BYTES];
      large[large.length - 1] = 42;
      for (int i = 0; i < 10; i++) memtable.add(0, new byte[] {(byte) i}, 1, i, Kind.PUT, 0, 0, i % 2 == 0 ? large : new byte[] {(byte) i});
      for (int i = 0; i < 10; i++) {
        var lookup = new Lookup().of(0, new byte[] {(byte) i}, 9, 99, true);
        assertTrue(memtable.get(lookup));
        assertArrayEquals(i % 2 == 0 ? large : new byte[] {(byte) i}, lookup.header().value());
      }
      assertTrue(memtable.reservedBytes() < 16L * large.length / 3 + 4 * Chunks.CHUNK_BYTES);
    }
  }

  /**
   * Goal: a reader sees every entry added before it began, each whole, in order, both ways. Method: readers check what the writer has announced while it goes on writing; keys count
   * up by a step that meets every residue, so that nodes are linked everywhere between those that readers walk over.
   */
  @Test void readersSeeAllThatWasAnnouncedWhileTheWriterGoesOn() throws Exception {
    int count = 20_000;
    int step = 7_919;
    var announced = new AtomicInteger();
    try (var memtable = new Memtable(structure, 1); var threads = Executors.newFixedThreadPool(3)) {
      var readers = new ArrayList<Future<?>>();
      for (int r = 0; r < 2; r++) {
        int seed = r;
        readers.add(threads.submit(() -> {
          var random = new Random(seed);
          var lookup = new Lookup();
          while (announced.get() < count) {
            int known = announced.get();
            for (int i = 0; i < 50 && known > 0; i++) {
              int n = random.nextInt(known);
              assertTrue(memtable.get(lookup.of(0, key(n, step, count), 9, Long.MAX_VALUE, true)), "entry " + n + " of " + known);
              assertEquals(n, lookup.foundSequence());
              assertArrayEquals(key(n, step, count), lookup.header().value());
            }
            walk(memtable, known, random.nextBoolean(), key(random.nextInt(count), step, count));
          }
          return null;
        }));
      }
      Future<?> writer = threads.submit(() -> {
        for (int n = 0; n < count; n++) {
          byte[] key = key(n, step, count);
          memtable.add(0, key, 1, n, Kind.PUT, 0, 0, key);
          announced.set(n + 1);
        }
      });
      writer.get();
      for (Future<?> reader : readers) reader.get();
      assertEquals(count, memtable.entries());
    }
  }

  private static byte[] key(int n, int step, int count) {
    return String.format("key%06d", (long) n * step % count).getBytes(StandardCharsets.UTF_8);
  }

  /** 300 entries on from somewhere: in order, whole, and none missing of those announced before, which are counted by walking the same stretch again. */
  private static void walk(Memtable memtable, int known, boolean forward, byte[] from) {
    var it = memtable.iterator();
    var header = new ValueHeader();
    byte[] before = null;
    var seen = new ArrayList<Long>();
    boolean on = forward ? it.seek(InternalKey.of(0, from, Long.MAX_VALUE, Long.MAX_VALUE)) : it.seekForPrev(InternalKey.of(0, from, 0, 0));
    for (int i = 0; on && i < 300; i++, on = forward ? it.next() : it.prev()) {
      byte[] key = it.entry().userKey();
      assertArrayEquals(key, it.entry().header(header).value());
      if (before != null) assertTrue(forward ? Arrays.compareUnsigned(before, key) < 0 : Arrays.compareUnsigned(before, key) > 0);
      before = key;
      if (it.entry().sequence() < known) seen.add(it.entry().sequence());
    }
    if (before == null) return;
    var again = new ArrayList<Long>();
    on = forward ? it.seek(InternalKey.of(0, from, Long.MAX_VALUE, Long.MAX_VALUE)) : it.seekForPrev(InternalKey.of(0, from, 0, 0));
    for (; on; on = forward ? it.next() : it.prev()) {
      if (it.entry().sequence() < known) again.add(it.entry().sequence());
      if (Arrays.equals(it.entry().userKey(), before)) break;
    }
    assertEquals(again, seen);
  }
}
