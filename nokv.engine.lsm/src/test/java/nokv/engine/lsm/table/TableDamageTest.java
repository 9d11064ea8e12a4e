package nokv.engine.lsm.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import nokv.api.CorruptException;
import nokv.api.NoKVException;
import nokv.api.TooNewException;
import nokv.api.TooOldException;
import nokv.spi.Vfs;
import nokv.spi.VfsException;
import nokv.spi.VfsFile;
import nokv.vfs.MemVfs;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Goal: no damaged byte is ever taken for data. Method: damage each byte of a table, cut it everywhere, give it the wrong version. */
class TableDamageTest {
  private static final String PATH = "dir/000007.sst";
  private final MemVfs disk = MemVfs.plain();
  private final Model model = new Model(11).fill(150);
  private final List<RangeTombstone> ranges = List.of(new RangeTombstone(1, new byte[] {1}, new byte[] {2}, 30, 4));
  private byte[] good = writeTable(Compression.NONE);

  private byte[] writeTable(Compression compression) {
    disk.createDirectories("dir");
    if (disk.exists(PATH)) disk.delete(PATH);
    try (var writer = new TableWriter(disk.open(PATH, Vfs.Mode.CREATE), compression)) {
      ranges.forEach(writer::addRangeDelete);
      model.items.forEach((key, item) -> {
        byte[] value = item.encodedValue();
        writer.add(key, key.length, MemorySegment.ofArray(value), 0, value.length);
      });
      writer.finish();
      byte[] bytes = new byte[(int) writer.bytes()];
      try (VfsFile file = disk.open(PATH, Vfs.Mode.READ)) {
        assertEquals(bytes.length, file.size());
        assertEquals(bytes.length, file.read(0, MemorySegment.ofArray(bytes)));
      }
      return bytes;
    }
  }

  @AfterEach void allFilesAreClosed() {
    assertEquals(0, disk.openFiles(), () -> disk.openPaths().toString());
  }

  private void put(byte[] bytes) {
    disk.delete(PATH);
    try (VfsFile file = disk.open(PATH, Vfs.Mode.CREATE)) {
      file.write(0, MemorySegment.ofArray(bytes));
    }
  }

  private TableReader open() {
    return TableReader.open(disk.open(PATH, Vfs.Mode.READ), new BlockCache(1 << 20));
  }

  @ParameterizedTest @ValueSource(ints = {0x01, 0x80, 0xff})
  void everyDamagedByteIsDetectedAndNoReaderIsMisled(int flip) {
    for (int at = 0; at < good.length; at++) {
      byte[] bad = good.clone();
      bad[at] ^= (byte) flip;
      put(bad);
      String what = "byte " + at + " of " + good.length + " changed by " + flip;
      NoKVException found = assertThrows(NoKVException.class, () -> {
        try (TableReader table = open()) {
          readsRightOrFails(table, what);
          table.verify();
        }
      }, what);
      assertTrue(found instanceof CorruptException, what + ": " + found);
      assertTrue(found.getMessage().contains(PATH) && found.getMessage().contains("offset"), found.getMessage());
    }
  }

  @ParameterizedTest @EnumSource(names = {"LZ4", "ZSTD"})
  void everyDamagedByteOfACompressedTableIsDetected(Compression compression) {
    int plain = good.length;
    good = writeTable(compression);
    assertTrue(good.length < plain, "nothing was compressed");
    everyDamagedByteIsDetectedAndNoReaderIsMisled(0x10);
  }

  @ParameterizedTest @EnumSource(names = {"LZ4", "ZSTD"})
  void contentThatNoCompressorMadeIsCorruptEvenUnderARightChecksum(Compression compression) {
    good = writeTable(compression);
    int length;
    try (TableReader table = reopenGood()) {
      length = table.index().handle(0).length();
    }
    var random = new java.util.SplittableRandom(7);
    for (int i = 0; i < 2000; i++) {
      byte[] bad = good.clone();
      for (int n = random.nextInt(1, 4); n > 0; n--) bad[TableFormat.HEADER_BYTES + random.nextInt(length)] ^= (byte) (1 << random.nextInt(8));
      var segment = MemorySegment.ofArray(bad);
      var content = segment.asSlice(TableFormat.HEADER_BYTES, length);
      segment.set(TableFormat.INT, TableFormat.HEADER_BYTES + length + 1L, TableFormat.blockCrc(content, compression.code, TableFormat.HEADER_BYTES));
      put(bad);
      try (TableReader table = open()) {
        table.verify();
      } catch (CorruptException e) {
        assertTrue(e.getMessage().contains(PATH), e.getMessage());
      }
    }
  }

  private void readsRightOrFails(TableReader table, String what) {
    try {
      var it = table.iterator();
      boolean on = it.seekToFirst();
      for (var item : model.items.values()) {
        assertTrue(on, what);
        assertEquals(item.sequence(), it.entry().sequence(), what);
        assertEquals(-1, MemorySegment.ofArray(item.encodedValue()).mismatch(it.entry().value().asSlice(it.entry().valueOffset(), it.entry().valueLength())), what);
        on = it.next();
      }
    } catch (CorruptException e) {
      return;
    }
    assertEquals(ranges.size(), table.rangeDeletes().size(), what);
  }

  @Test void everyCutIsDetected() {
    for (int length = 0; length < good.length; length++) {
      put(java.util.Arrays.copyOf(good, length));
      assertThrows(CorruptException.class, this::open, "cut to " + length + " bytes");
    }
    put(java.util.Arrays.copyOf(good, good.length + 1));
    assertThrows(CorruptException.class, this::open);
  }

  @Test void anotherVersionIsNotDamage() {
    assertThrows(TooNewException.class, () -> openVersion(TableFormat.VERSION + 1));
    assertThrows(TooOldException.class, () -> openVersion(0));
  }

  private void openVersion(int version) {
    byte[] other = good.clone();
    var segment = MemorySegment.ofArray(other);
    segment.set(TableFormat.INT, TableFormat.HEADER_VERSION_OFFSET, version);
    segment.set(TableFormat.INT, TableFormat.HEADER_CRC_OFFSET, TableFormat.crc(segment, 0, TableFormat.HEADER_CRC_OFFSET));
    put(other);
    open().close();
  }

  @Test void aCompressionOfALaterReleaseIsTooNew() {
    byte[] other = good.clone();
    var segment = MemorySegment.ofArray(other);
    long trailer;
    try (TableReader table = reopenGood()) {
      trailer = table.index().handle(0).offset() + table.index().handle(0).length();
    }
    segment.set(ValueLayout.JAVA_BYTE, trailer, (byte) 77);
    var content = segment.asSlice(TableFormat.HEADER_BYTES, trailer - TableFormat.HEADER_BYTES);
    segment.set(TableFormat.INT, trailer + 1, TableFormat.blockCrc(content, (byte) 77, TableFormat.HEADER_BYTES));
    put(other);
    try (TableReader table = open()) {
      assertThrows(TooNewException.class, () -> table.iterator().seekToFirst());
    }
  }

  private TableReader reopenGood() {
    put(good);
    return open();
  }

  @Test void aBlockFromAWrongPlaceIsDetected() {
    byte[] other = good.clone();
    int first;
    int second;
    try (TableReader table = reopenGood()) {
      first = (int) table.index().handle(0).offset();
      second = (int) table.index().handle(1).offset();
    }
    // The first block again, then whatever fits: its own checksum would be right, but not at this offset.
    System.arraycopy(good, first, other, second, Math.min(second - first, good.length - TableFormat.FOOTER_BYTES - second));
    put(other);
    try (TableReader table = open()) {
      assertThrows(CorruptException.class, () -> readAll(table));
    } catch (CorruptException e) {
      assertTrue(e.getMessage().contains(PATH));
    }
  }

  private static void readAll(TableReader table) {
    var it = table.iterator();
    for (boolean on = it.seekToFirst(); on; on = it.next()) { /* on */ }
  }

  @Test void aFullDiskOrAFailedSyncLeavesNoOpenFile() {
    disk.capacity(0);
    try (var writer = new TableWriter(disk.open("dir/full.sst", Vfs.Mode.CREATE))) {
      byte[] key = InternalKey.of(0, new byte[] {1}, 5, 5);
      writer.add(key, key.length, MemorySegment.ofArray(new byte[] {1}), 0, 1);
      VfsException full = assertThrows(VfsException.class, writer::finish);
      assertEquals(VfsException.Cause.NO_SPACE, full.kind());
    }
  }
}
