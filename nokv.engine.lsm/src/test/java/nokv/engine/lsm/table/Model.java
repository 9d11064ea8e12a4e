package nokv.engine.lsm.table;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Supplier;
import nokv.spi.Kind;
import nokv.spi.ValuePointer;

/** Versions in a sorted map, and what every source of versions must answer like it. */
public final class Model {
  /** One version. */
  public record Item(int family, byte[] key, long version, long sequence, Kind kind, long start, long expiry, byte[] value, ValuePointer pointer) {
    public byte[] internalKey() {
      return InternalKey.of(family, key, version, sequence);
    }

    public byte[] encodedValue() {
      byte[] bytes = new byte[ValueHeader.MAX_BYTES + value.length];
      var segment = MemorySegment.ofArray(bytes);
      if (pointer != null) return Arrays.copyOf(bytes, (int) ValueHeader.writePointer(segment, 0, version, kind, start, expiry, pointer));
      long at = ValueHeader.write(segment, 0, version, kind, start, expiry);
      System.arraycopy(value, 0, bytes, (int) at, value.length);
      return Arrays.copyOf(bytes, (int) at + value.length);
    }
  }

  /** By family, user key, version and sequence, spelled out as the design says it. */
  public final NavigableMap<byte[], Item> items = new TreeMap<>(Model::inOrder);
  private final SplittableRandom random;

  public Model(long seed) {
    random = new SplittableRandom(seed);
  }

  private static int inOrder(byte[] a, byte[] b) {
    int user = Arrays.compareUnsigned(a, 0, a.length - 16, b, 0, b.length - 16);
    return user != 0 ? user : Arrays.compareUnsigned(a, a.length - 16, a.length, b, b.length - 16, b.length);
  }

  /** Keys that are empty, all 0xff, prefixes of each other, or alike for long. */
  public byte[] randomKey() {
    int shape = random.nextInt(10);
    byte[] key = new byte[shape == 0 ? 0 : shape < 6 ? random.nextInt(1, 5) : random.nextInt(1, 40)];
    for (int i = 0; i < key.length; i++) {
      key[i] = switch (shape) {
        case 1, 6 -> (byte) 0xff;
        case 2, 7 -> (byte) random.nextInt(2);
        case 3 -> (byte) random.nextInt();
        default -> i + 2 < key.length ? (byte) 'k' : (byte) random.nextInt(256);
      };
    }
    return key;
  }

  public Item randomItem(long sequence) {
    var kinds = new Kind[] {Kind.PUT, Kind.PUT, Kind.PUT, Kind.DELETE, Kind.LOCK_ONLY, Kind.ROLLBACK};
    Kind kind = kinds[random.nextInt(kinds.length)];
    long version = random.nextInt(4) == 0 ? random.nextLong(Long.MAX_VALUE) : random.nextInt(50);
    byte[] value = new byte[kind != Kind.PUT ? 0 : random.nextInt(20) == 0 ? random.nextInt(6000) : random.nextInt(30)];
    for (int i = 0; i < value.length; i++) value[i] = (byte) random.nextInt();
    ValuePointer pointer = kind == Kind.PUT && random.nextInt(5) == 0
        ? new ValuePointer(random.nextInt(3), random.nextInt(5), random.nextLong(1L << 40), random.nextInt(1 << 20)) : null;
    return new Item(random.nextInt(3) == 0 ? 255 : random.nextInt(2), randomKey(), version, sequence, kind, random.nextBoolean() ? 0 : random.nextLong(Long.MAX_VALUE),
        random.nextInt(4) == 0 ? random.nextLong(1L << 42) : 0, pointer != null ? new byte[0] : value, pointer);
  }

  public Model fill(int count) {
    for (int i = 0; i < count; i++) {
      Item item = randomItem(i / 3);
      items.put(item.internalKey(), item);
    }
    return this;
  }

  /** Walks the iterator from one end to the other, both ways, and then at random. */
  public void assertWalks(InternalIterator it, String what) {
    boolean on = it.seekToFirst();
    for (Map.Entry<byte[], Item> entry : items.entrySet()) {
      assertAt(entry, it, on, what);
      on = it.next();
    }
    assertEquals(false, on, what);
    on = it.seekToLast();
    for (Map.Entry<byte[], Item> entry : items.descendingMap().entrySet()) {
      assertAt(entry, it, on, what);
      on = it.prev();
    }
    assertEquals(false, on, what);
    Map.Entry<byte[], Item> at = null;
    for (int step = 0; step < 1500; step++) {
      byte[] target = randomTarget();
      String where = what + ", step " + step;
      int move = at == null ? random.nextInt(2) : random.nextInt(8);
      if (move == 0) {
        at = items.ceilingEntry(target);
        on = it.seek(target);
      } else if (move == 1) {
        at = items.floorEntry(target);
        on = it.seekForPrev(target);
      } else if (move < 5) {
        at = items.higherEntry(at.getKey());
        on = it.next();
      } else {
        at = items.lowerEntry(at.getKey());
        on = it.prev();
      }
      assertAt(at, it, on, where);
    }
  }

  private byte[] randomTarget() {
    if (random.nextBoolean() || items.isEmpty()) return randomItem(random.nextInt(Math.max(1, items.size()))).internalKey();
    byte[] key = anyItem().internalKey();
    if (random.nextBoolean()) key[key.length - 1 - random.nextInt(16)] += (byte) (random.nextBoolean() ? 1 : -1);
    return key;
  }

  private Item anyItem() {
    var entry = items.ceilingEntry(randomItem(random.nextInt(items.size())).internalKey());
    return entry == null ? items.firstEntry().getValue() : entry.getValue();
  }

  private static void assertAt(Map.Entry<byte[], Item> expected, InternalIterator it, boolean on, String what) {
    assertEquals(expected != null, on, what);
    assertEquals(on, it.valid(), what);
    if (expected == null) return;
    Item item = expected.getValue();
    assertArrayEquals(expected.getKey(), java.util.Arrays.copyOf(it.entry().key(), it.entry().keyLength()), what);
    assertArrayEquals(item.encodedValue(), it.entry().value().asSlice(it.entry().valueOffset(), it.entry().valueLength()).toArray(ValueLayout.JAVA_BYTE), what);
    assertEquals(item.family, it.entry().family(), what);
    assertArrayEquals(item.key, it.entry().userKey(), what);
    assertEquals(item.version, it.entry().version(), what);
    assertEquals(item.sequence, it.entry().sequence(), what);
    assertHeader(item, it.entry().header(new ValueHeader()), () -> what);
  }

  private static void assertHeader(Item item, ValueHeader header, Supplier<String> what) {
    assertEquals(item.kind, header.kind(), what);
    assertEquals(item.start, header.startTimestamp(), what);
    assertEquals(item.expiry, header.expiryMillis(), what);
    assertEquals(item.pointer != null, header.isPointer(), what);
    if (item.pointer != null) assertEquals(item.pointer, header.pointer(), what);
    else assertArrayEquals(item.value, header.value(), what);
  }

  /** Something that answers lookups. */
  public interface Source {
    boolean get(Lookup lookup);
  }

  public void assertFinds(Source source, String what) {
    var lookup = new Lookup();
    for (int i = 0; i < 2000; i++) {
      Item target = items.isEmpty() || random.nextInt(4) == 0 ? randomItem(i) : anyItem();
      long version = random.nextInt(3) == 0 ? Long.MAX_VALUE : random.nextBoolean() ? target.version : Math.max(0, target.version + random.nextInt(-2, 3));
      long sequence = random.nextInt(3) == 0 ? Long.MAX_VALUE : random.nextBoolean() ? target.sequence : random.nextInt(Math.max(1, items.size() / 3));
      boolean passOver = random.nextBoolean();
      Item expected = null;
      for (Item item : versions(target)) {
        boolean passed = passOver && (item.kind == Kind.LOCK_ONLY || item.kind == Kind.ROLLBACK);
        if (item.version <= version && item.sequence <= sequence && !passed) {
          expected = item;
          break;
        }
      }
      int number = i;
      Supplier<String> where = () -> what + ", lookup " + number + " of " + InternalKey.toString(InternalKey.of(target.family, target.key, version, sequence)) + (passOver ? " passing over" : "");
      boolean found = source.get(lookup.of(target.family, target.key, version, sequence, passOver));
      assertEquals(expected != null, found, where);
      if (expected == null) continue;
      assertEquals(expected.version, lookup.foundVersion(), where);
      assertEquals(expected.sequence, lookup.foundSequence(), where);
      assertHeader(expected, lookup.header(), where);
    }
  }

  private List<Item> versions(Item of) {
    var first = InternalKey.of(of.family, of.key, Long.MAX_VALUE, Long.MAX_VALUE);
    var last = InternalKey.of(of.family, of.key, 0, 0);
    var found = new ArrayList<Item>(items.subMap(first, true, last, true).values());
    assertTrue(found.stream().allMatch(item -> Arrays.equals(item.key, of.key)));
    return found;
  }
}
