package nokv.vlog;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import nokv.spi.ValuePointer;
import nokv.spi.Vfs;
import nokv.spi.VfsFile;
import nokv.vfs.MemVfs;
import org.junit.jupiter.api.Test;

/** Goal: the example on the format page is what the code reads. */
final class VlogPageTest {
  @Test void theExampleOfTheFormatPageIsReadAsItSays() throws IOException {
    var hex = new StringBuilder();
    for (String line : Files.readAllLines(Path.of("../docs/formats/vlog.md"))) {
      if (line.matches("[0-9a-f]{4}  [0-9a-f]{2}.*")) hex.append(line, 6, Math.min(line.length(), 54));
    }
    byte[] bytes = HexFormat.of().parseHex(hex.toString().replace(" ", ""));
    var disk = MemVfs.plain();
    disk.createDirectories("bucket-001");
    try (VfsFile file = disk.open("bucket-001/000001.vlog", Vfs.Mode.CREATE)) {
      file.write(0, MemorySegment.ofArray(bytes));
    }
    LogSegment segment = LogSegment.open(disk, "bucket-001", 1, 1, true);
    assertTrue(segment.whole);
    assertFalse(segment.sealed());
    assertArrayEquals("value".repeat(7).getBytes(), segment.read(new ValuePointer(1, 1, 24, 50)));
  }
}
