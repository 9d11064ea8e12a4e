package nokv.engine.lsm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import nokv.api.Direction;
import nokv.api.KeyRange;
import nokv.api.Timestamp;
import nokv.spi.EngineBatch;
import nokv.spi.Kind;
import nokv.spi.StorageEngine;
import nokv.spi.Version;
import nokv.vfs.MemVfs;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Goal: the engine answers as a plain list of all that was ever written would. Method: random operations on few keys, with reopening, pins, range deletes, expiry, writes out of order,
 * retention, flushes and compactions in between; every answer compared.
 */
class EngineModelTest {
  private static final int KEYS = 60;
  private static final int[] FAMILIES = {0, 3};

  private record Event(long order, int family, byte[] key, byte[] end, long version, Kind kind, long expiry, byte[] value) {
    boolean covers(int otherFamily, byte[] other) {
      return kind == Kind.DELETE_RANGE && family == otherFamily && new KeyRange(key, end.length == 0 ? null : end).contains(other);
    }
  }

  private record Pinned(StorageEngine.Pin pin, long order, long retained) {}

  private static final Comparator<Event> BY_AGE = Comparator.comparingLong(Event::version).thenComparingLong(Event::order);

  private final List<Event> events = new ArrayList<>();
  private final List<Pinned> pins = new ArrayList<>();
  private SplittableRandom random = new SplittableRandom();
  private MemVfs disk = MemVfs.strict(0);
  private StepNode node;
  private long seed;
  private long order;
  private long now = 1000;
  private long retained;
  private String where = "";

  @ParameterizedTest @ValueSource(longs = {1, 2})
  void answersAsAListOfAllWritesWould(long runSeed) {
    run(runSeed, 3000);
  }

  @Tag("long") @ParameterizedTest @ValueSource(longs = {11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void answersAsAListOfAllWritesWouldForLong(long runSeed) {
    run(runSeed, 40_000);
  }

  private void run(long runSeed, int steps) {
    seed = runSeed;
    random = new SplittableRandom(seed);
    disk = MemVfs.strict(seed);
    node = open();
    for (int step = 0; step < steps; step++) {
      where = "step " + step + ", seed " + seed;
      try {
        step();
      } catch (RuntimeException e) {
        throw new AssertionError(where, e);
      }
    }
    reopen();
    checkScan(null, Direction.FORWARD);
    node.close();
    assertEquals(List.of(), disk.openPaths(), where);
  }

  private StepNode open() {
    return new StepNode(disk, random.nextLong(), Map.of());
  }

  private void step() {
    int dice = random.nextInt(1000);
    if (dice < 450) write();
    else if (dice < 700) checkGet(null);
    else if (dice < 760) checkScan(null, random.nextBoolean() ? Direction.FORWARD : Direction.REVERSE);
    else if (dice < 790) checkVersions();
    else if (dice < 830) checkFind();
    else if (dice < 850) pin();
    else if (dice < 900) checkPins();
    else if (dice < 910) unpin();
    else if (dice < 930) node.await(node.engine.flush());
    else if (dice < 940) node.await(node.engine.compact(random.nextInt(3) == 0 ? KeyRange.ALL : range()));
    else if (dice < 960) retain();
    else if (dice < 990) node.runTasks();
    else if (dice < 993) reopen();
    if (random.nextInt(50) == 0) now += 5;
  }

  private int family() {
    return FAMILIES[random.nextInt(FAMILIES.length)];
  }

  private byte[] key() {
    int k = random.nextInt(KEYS);
    return (k % 7 == 0 ? "k" : "key" + k).getBytes();
  }

  private KeyRange range() {
    byte[] a = key();
    if (random.nextInt(4) == 0) return KeyRange.from(a);
    byte[] b = key();
    return java.util.Arrays.compareUnsigned(a, b) <= 0 ? new KeyRange(a, b) : new KeyRange(b, a);
  }

  private void write() {
    var batch = new EngineBatch();
    long version = Timestamp.of(++now, 0);
    boolean late = random.nextInt(30) == 0;
    if (late) {
      version = Math.max(retained + 1, version - Timestamp.of(random.nextInt(100), 0));
      batch.setOutOfOrder();
    }
    batch.setVersion(version);
    int entries = random.nextInt(10) == 0 ? random.nextInt(2, 30) : 1;
    for (int i = 0; i < entries; i++) add(batch, version, entries == 1);
    node.engine.write(batch);
    if (random.nextInt(3) == 0) node.runTasks();
  }

  private void add(EngineBatch batch, long version, boolean alone) {
    int family = family();
    int dice = random.nextInt(100);
    if (dice < 3) {
      KeyRange range = range();
      batch.deleteRange(family, range, EngineBatch.OF_BATCH);
      if (!range.isEmpty()) events.add(new Event(++order, family, range.start(), range.end() == null ? new byte[0] : range.end(), version, Kind.DELETE_RANGE, 0, new byte[0]));
      return;
    }
    byte[] key = key();
    Kind kind = dice < 20 ? Kind.DELETE : dice < 23 && alone ? Kind.LOCK_ONLY : Kind.PUT;
    byte[] value = new byte[kind == Kind.PUT ? random.nextInt(4) == 0 ? random.nextInt(200, 3000) : random.nextInt(100) : 0];
    random.nextBytes(value);
    long expiry = kind == Kind.PUT && random.nextInt(10) == 0 ? now + random.nextInt(1, 200) : 0;
    batch.add(new EngineBatch.Entry(family, key, EngineBatch.OF_BATCH, kind, version - 7, expiry, value));
    events.add(new Event(++order, family, key, new byte[0], version, kind, expiry, value));
  }

  private long readTimestamp() {
    long at = random.nextInt(3) == 0 ? Timestamp.of(now - random.nextInt(300), 0) : Timestamp.endOf(now);
    return Math.max(at, retained);
  }

  private byte[] expected(int family, byte[] key, long readTimestamp, long upTo) {
    Event newest = events.stream().filter(e -> e.order <= upTo && e.version <= readTimestamp && e.family == family)
        .filter(e -> e.covers(family, key) || ((e.kind == Kind.PUT || e.kind == Kind.DELETE) && java.util.Arrays.equals(e.key, key))).max(BY_AGE).orElse(null);
    return newest == null || newest.kind != Kind.PUT || Timestamp.expired(newest.expiry, readTimestamp) ? null : newest.value;
  }

  private void checkGet(byte[] given) {
    int family = family();
    byte[] key = given == null ? key() : given;
    long at = readTimestamp();
    byte[] expected = expected(family, key, at, order);
    byte[] found = node.engine.get(family, key, at);
    String what = where + ": " + family + "/" + new String(key) + " at " + at;
    if (expected == null) assertNull(found, what);
    else assertArrayEquals(expected, found, what);
  }

  private void checkFind() {
    int family = family();
    byte[] key = key();
    Version found = node.engine.find(family, key, Timestamp.MAX);
    Event newest = events.stream().filter(e -> e.family == family && (e.covers(family, key) || (e.kind != Kind.DELETE_RANGE && java.util.Arrays.equals(e.key, key)))).max(BY_AGE).orElse(null);
    if (newest == null || newest.version <= retained) return;
    assertNotNull(found, where);
    assertEquals(newest.version, found.version(), where);
    assertEquals(newest.kind == Kind.DELETE_RANGE ? Kind.DELETE : newest.kind, found.kind(), where);
  }

  private void checkScan(Pinned pinned, Direction direction) {
    int family = family();
    KeyRange range = random.nextInt(3) == 0 ? KeyRange.ALL : range();
    long at = Math.max(readTimestamp(), pinned == null ? 0 : pinned.retained);
    long upTo = pinned == null ? order : pinned.order;
    var expected = new ArrayList<byte[]>();
    for (int k = 0; k < KEYS; k++) {
      byte[] key = (k % 7 == 0 ? "k" : "key" + k).getBytes();
      if ((k == 0 || k % 7 != 0) && range.contains(key) && expected(family, key, at, upTo) != null) expected.add(key);
    }
    Comparator<byte[]> byKey = java.util.Arrays::compareUnsigned;
    expected.sort(direction == Direction.FORWARD ? byKey : byKey.reversed());
    try (var cursor = node.engine.scan(family, range, direction, at, pinned == null ? null : pinned.pin)) {
      int from = 0;
      if (!expected.isEmpty() && random.nextInt(3) == 0) {
        from = random.nextInt(expected.size());
        cursor.seek(expected.get(from));
      }
      for (byte[] key : expected.subList(from, expected.size())) {
        String what = where + ": " + direction + " expected " + new String(key);
        assertTrue(cursor.next(), what);
        assertEquals(new String(key), new String(cursor.key()), what);
        assertArrayEquals(expected(family, key, at, upTo), cursor.value(), what);
        assertEquals(cursor.version() - 7, cursor.startTimestamp(), what);
      }
      if (cursor.next()) throw new AssertionError(where + ": " + direction + " also " + new String(cursor.key()));
    }
  }

  private void checkVersions() {
    int family = family();
    var expected = new ArrayList<String>();
    for (int k = 0; k < KEYS; k++) {
      byte[] key = (k % 7 == 0 ? "k" : "key" + k).getBytes();
      if (k != 0 && k % 7 == 0) continue;
      Event before = null;
      for (Event e : events.stream().filter(e -> e.family == family && (e.covers(family, key) || java.util.Arrays.equals(e.key, key) && e.kind != Kind.DELETE_RANGE)).sorted(BY_AGE.reversed()).toList()) {
        boolean hidden = before != null && before.version == e.version && before.kind != Kind.LOCK_ONLY;
        if (!hidden && e.version > retained && e.kind != Kind.DELETE_RANGE) expected.add(new String(key) + "@" + e.version + " " + e.kind);
        if (!hidden) before = e;
      }
    }
    expected.sort(null);
    var found = new ArrayList<String>();
    try (var cursor = node.engine.versions(family, KeyRange.ALL, null)) {
      while (cursor.next()) {
        byte[] key = cursor.key();
        long version = cursor.version();
        boolean fromRange = cursor.kind() == Kind.DELETE && events.stream().anyMatch(e -> e.version == version && e.covers(family, key))
            && events.stream().noneMatch(e -> e.version == version && e.family == family && e.kind == Kind.DELETE && java.util.Arrays.equals(e.key, key));
        if (version > retained && !fromRange) found.add(new String(key) + "@" + version + " " + cursor.kind());
      }
    }
    found.sort(null);
    // A delete of a key and one of its range in one batch cannot be told apart from outside.
    var both = new ArrayList<>(expected);
    both.removeIf(text -> text.endsWith("DELETE"));
    found.removeIf(text -> text.endsWith("DELETE"));
    assertEquals(both, found, where);
  }

  private void pin() {
    if (pins.size() < 4) pins.add(new Pinned(node.engine.pin(), order, retained));
  }

  private void checkPins() {
    for (Pinned pinned : pins) checkScan(pinned, random.nextBoolean() ? Direction.FORWARD : Direction.REVERSE);
  }

  private void unpin() {
    if (!pins.isEmpty()) pins.remove(random.nextInt(pins.size())).pin.close();
  }

  private void retain() {
    retained = Math.max(retained, Timestamp.of(now - random.nextInt(400), 0));
    node.engine.retain(KeyRange.ALL, retained);
  }

  private void reopen() {
    while (!pins.isEmpty()) unpin();
    if (random.nextBoolean()) node.runTasks();
    node.close();
    assertEquals(List.of(), disk.openPaths(), where);
    node = open();
    node.engine.retain(KeyRange.ALL, retained);
  }
}
