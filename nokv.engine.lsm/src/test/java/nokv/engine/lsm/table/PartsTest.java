package nokv.engine.lsm.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Goal: the small parts that everything leans on keep their one promise each. */
class PartsTest {
  @ParameterizedTest @ValueSource(longs = {0, 1, 127, 128, 16383, 16384, 0xffffffffL, Long.MAX_VALUE, Long.MIN_VALUE, -1})
  void aVarintReadsBackAndTakesTheBytesItSays(long value) {
    byte[] bytes = new byte[Varint.MAX_BYTES];
    assertEquals(Varint.bytes(value), Varint.put(bytes, 0, value));
    assertEquals(value, Varint.get(bytes, 0));
    assertEquals(value, Varint.get(MemorySegment.ofArray(bytes), 0));
  }

  @Test void hintsSeparatorsAndComparisonsAgreeWithTheOrderOfTheDesign() {
    var model = new Model(3).fill(600);
    byte[][] keys = model.items.keySet().toArray(new byte[0][]);
    byte[][] prefixes = {{}, {0}, {0, 'k', 'k'}, {1}, {(byte) 255, (byte) 255}};
    for (int i = 0; i < keys.length; i++) {
      for (int j = 0; j < keys.length; j++) {
        int expected = Integer.signum(Integer.compare(i, j));
        MemorySegment a = MemorySegment.ofArray(keys[i]);
        MemorySegment b = MemorySegment.ofArray(keys[j]);
        assertEquals(expected, Integer.signum(InternalKey.compare(keys[i], keys[j])));
        assertEquals(expected, Integer.signum(InternalKey.compare(a, 0, keys[i].length, b, 0, keys[j].length)));
        assertEquals(expected, Integer.signum(InternalKey.compare(keys[i], keys[i].length, b, 0, keys[j].length)));
        boolean same = Arrays.equals(keys[i], 0, keys[i].length - 16, keys[j], 0, keys[j].length - 16);
        assertEquals(same, InternalKey.sameUserKey(keys[i], keys[i].length, b, 0, keys[j].length));
        for (byte[] prefix : prefixes) {
          int hints = Long.compareUnsigned(InternalKey.hint(keys[i], keys[i].length, prefix), InternalKey.hint(keys[j], keys[j].length, prefix));
          if (hints != 0) assertEquals(expected, Integer.signum(hints), InternalKey.toString(keys[i]) + " and " + InternalKey.toString(keys[j]));
        }
      }
      if (i == 0) continue;
      byte[] separator = Separator.between(keys[i - 1], keys[i - 1].length, keys[i], keys[i].length);
      assertTrue(InternalKey.compare(keys[i - 1], separator) <= 0 && InternalKey.compare(separator, keys[i]) < 0);
      assertTrue(separator.length <= keys[i - 1].length);
    }
  }

  @Test void aFilterKnowsAllItsKeysAndFewOthers() {
    int keys = 20_000;
    long[] hashes = new long[keys];
    for (int i = 0; i < keys; i++) hashes[i] = hash(i);
    try (Arena arena = Arena.ofConfined()) {
      Bloom filter = Bloom.of(Bloom.build(hashes, keys, arena));
      for (long hash : hashes) assertTrue(filter.mayContain(hash));
      int wrong = 0;
      for (int i = keys; i < 6 * keys; i++) if (filter.mayContain(hash(i))) wrong++;
      assertTrue(wrong < 5 * keys * 0.013, wrong + " false positives in " + 5 * keys);
    }
  }

  private static long hash(int number) {
    byte[] key = String.format("key%012d", number).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    return Bloom.hash(key, key.length);
  }

  private static Block block(int number) {
    byte[] bytes = new byte[4096];
    bytes[0] = (byte) number;
    bytes[4092] = 1;
    return java.util.Objects.requireNonNull(Block.of(bytes, bytes.length));
  }

  @Test void theCacheStaysWithinItsBytesAndForgetsATableOnRequest() {
    var cache = new BlockCache(64 << 10);
    var table = new BlockCache.Slots(1000);
    for (int i = 0; i < 1000; i++) cache.put(table, i, block(i));
    assertTrue(cache.bytes() <= cache.limitBytes() && cache.bytes() > cache.limitBytes() / 2, cache.bytes() + " bytes");
    assertTrue(cache.evictions() > 900);
    cache.close(table);
    assertEquals(0, cache.bytes());
    for (int i = 0; i < 1000; i++) assertNull(cache.get(table, i));
    cache.put(table, 1, block(1));
    assertNull(cache.get(table, 1), "a reader that came too late brought a block of a closed table back");
    var next = new BlockCache.Slots(1000);
    for (int i = 0; i < 1000; i++) cache.put(next, i, block(i));
    assertTrue(cache.bytes() <= cache.limitBytes() && cache.bytes() > cache.limitBytes() / 2, cache.bytes() + " bytes");
  }

  @Test void whatIsUsedAgainOutlivesALongScan() {
    var cache = new BlockCache(64 << 10);
    var hot = new BlockCache.Slots(8);
    var scanned = new BlockCache.Slots(10_000);
    for (int i = 0; i < 8; i++) {
      cache.put(hot, i, block(i));
      cache.get(hot, i);
    }
    for (int i = 0; i < 10_000; i++) cache.put(scanned, i, block(i));
    for (int i = 0; i < 8; i++) {
      Block found = cache.get(hot, i);
      assertTrue(found != null && found.bytes[0] == i, "block " + i + " went");
    }
  }

  @Test void tablesThatComeAndGoLeaveNothingInTheCache() {
    var random = new SplittableRandom(1);
    var cache = new BlockCache(256 << 10);
    var tables = new java.util.ArrayDeque<BlockCache.Slots>();
    for (int round = 0; round < 2000; round++) {
      var table = new BlockCache.Slots(100);
      tables.add(table);
      for (int i = 0; i < 100; i++) {
        int number = random.nextInt(100);
        if (cache.get(table, number) == null) cache.put(table, number, block(number));
      }
      if (tables.size() > 3) cache.close(tables.remove());
    }
    assertTrue(cache.bytes() <= cache.limitBytes(), cache.bytes() + " bytes");
    tables.forEach(cache::close);
    assertEquals(0, cache.bytes());
  }
}
