package nokv.engine.lsm.table;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.regex.Pattern;
import nokv.spi.Kind;
import nokv.spi.ValuePointer;
import nokv.spi.Vfs;
import nokv.vfs.MemVfs;
import org.junit.jupiter.api.Test;

/** Goal: the examples in docs/formats are what this code writes, so the formats do not change unnoticed. Method: write them, compare byte by byte. */
class FormatPagesTest {
  private static final Pattern LINE = Pattern.compile("[0-9a-f]{4}  ((?:[0-9a-f]{2} ?){1,16}).*");

  private static byte[] example(String page) throws IOException {
    var bytes = new ByteArrayOutputStream();
    for (String line : Files.readAllLines(Path.of("..", "docs", "formats", page))) {
      var hex = LINE.matcher(line);
      if (hex.matches()) bytes.writeBytes(HexFormat.ofDelimiter(" ").parseHex(hex.group(1).strip()));
    }
    return bytes.toByteArray();
  }

  private static String dump(byte[] bytes) {
    var text = new StringBuilder("\n");
    for (int at = 0; at < bytes.length; at += 16) {
      text.append(String.format("%04x  %s%n", at, HexFormat.ofDelimiter(" ").formatHex(bytes, at, Math.min(bytes.length, at + 16))));
    }
    return text.toString();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] value(long version, Kind kind, long start, long expiry, String inline) {
    var bytes = MemorySegment.ofArray(new byte[ValueHeader.MAX_BYTES + inline.length()]);
    long end = ValueHeader.write(bytes, 0, version, kind, start, expiry);
    MemorySegment.copy(utf8(inline), 0, bytes, ValueLayout.JAVA_BYTE, end, inline.length());
    return bytes.asSlice(0, end + inline.length()).toArray(ValueLayout.JAVA_BYTE);
  }

  private static byte[] pointerValue(long version) {
    var bytes = MemorySegment.ofArray(new byte[ValueHeader.MAX_BYTES]);
    long end = ValueHeader.writePointer(bytes, 0, version, Kind.PUT, 0, 0, new ValuePointer(1, 7, 4096, 1000));
    return bytes.asSlice(0, end).toArray(ValueLayout.JAVA_BYTE);
  }

  @Test void theExampleOfInternalKeysAndValueHeaders() throws IOException {
    var bytes = new ByteArrayOutputStream();
    bytes.writeBytes(InternalKey.of(16, utf8("k1"), 0x102030405L, 9));
    bytes.writeBytes(value(0x102030405L, Kind.PUT, 0x102030400L, 1000, "hello"));
    bytes.writeBytes(pointerValue(0x102030405L));
    assertArrayEquals(example("internal-key.md"), bytes.toByteArray(), () -> dump(bytes.toByteArray()));
  }

  @Test void theExampleOfATable() throws IOException {
    var disk = MemVfs.plain();
    byte[] written;
    try (var writer = new TableWriter(disk.open("t.sst", Vfs.Mode.CREATE))) {
      add(writer, InternalKey.of(0, utf8("k1"), 6, 2), value(6, Kind.DELETE, 0, 0, ""));
      add(writer, InternalKey.of(0, utf8("k1"), 5, 1), value(5, Kind.PUT, 3, 0, "hello"));
      add(writer, InternalKey.of(0, utf8("k2"), 5, 1), pointerValue(5));
      writer.addRangeDelete(new RangeTombstone(0, utf8("m"), utf8("n"), 7, 3));
      writer.finish();
      written = new byte[(int) writer.bytes()];
    }
    try (var file = disk.open("t.sst", Vfs.Mode.READ)) {
      assertEquals(written.length, file.read(0, MemorySegment.ofArray(written)));
    }
    assertArrayEquals(example("sst.md"), written, () -> dump(written));
  }

  private static void add(TableWriter writer, byte[] key, byte[] value) {
    writer.add(key, key.length, MemorySegment.ofArray(value), 0, value.length);
  }
}
