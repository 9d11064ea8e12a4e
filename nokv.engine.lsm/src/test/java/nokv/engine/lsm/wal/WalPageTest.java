package nokv.engine.lsm.wal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import nokv.spi.Kind;
import nokv.spi.ValuePointer;
import nokv.spi.Vfs;
import nokv.spi.VfsFile;
import nokv.vfs.MemVfs;
import org.junit.jupiter.api.Test;

/** Goal: the example on the format page is what the code reads. */
final class WalPageTest {
  @Test void theExampleOfTheFormatPageIsReadAsItSays() throws IOException {
    var hex = new StringBuilder();
    for (String line : Files.readAllLines(Path.of("../docs/formats/wal.md"))) {
      if (line.matches("[0-9a-f]{4}  [0-9a-f]{2}.*")) hex.append(line, 6, Math.min(line.length(), 54));
    }
    byte[] bytes = HexFormat.of().parseHex(hex.toString().replace(" ", ""));
    assertEquals(163, bytes.length);
    var disk = MemVfs.plain();
    disk.createDirectories("node/wal");
    try (VfsFile file = disk.open("node/wal/000001.wal", Vfs.Mode.CREATE)) {
      file.write(0, MemorySegment.ofArray(bytes));
    }
    var seen = new ArrayList<String>();
    long records = Wal.replay(disk, "node", 0, (type, payload, position, durable) -> {
      assertEquals(BatchRecord.TYPE, type);
      assertEquals(position.offset() == 28, durable, "the second record says that the first was synced");
      BatchRecord batch = BatchRecord.of(payload);
      while (batch.next()) {
        String value = batch.pointer() == null ? new String(batch.value().toArray(ValueLayout.JAVA_BYTE)) : "pointer";
        seen.add(batch.sequence() + " " + batch.family() + " " + new String(batch.key().toArray(ValueLayout.JAVA_BYTE)) + " " + batch.kind() + " " + batch.startTimestamp() + " " + value);
        if (batch.sequence() == 2) assertEquals(new ValuePointer(1, 1, 24, 50), assertPointer(batch));
        assertEquals(batch.sequence() + 0x102030404L, batch.version());
      }
      return true;
    });
    assertEquals(2, records);
    assertEquals(java.util.List.of("1 0 k1 " + Kind.PUT + " 0 hello", "1 16 k2 " + Kind.DELETE + " 7 ", "2 0 k3 " + Kind.PUT + " 0 pointer"), seen);
  }

  private static ValuePointer assertPointer(BatchRecord batch) {
    ValuePointer pointer = batch.pointer();
    assertNotNull(pointer);
    return pointer;
  }
}
