package nokv.engine.lsm.manifest;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import nokv.api.CorruptException;
import nokv.api.TooNewException;
import nokv.api.TooOldException;
import nokv.spi.Vfs;
import nokv.spi.VfsFile;

/**
 * The file {@code CURRENT}: one line of text that names the manifest in force, {@code NoKV current 1 MANIFEST-000012 crc32c=1f3a09bc}. The checksum covers what stands
 * before {@code " crc32c="}. It is replaced by rename, so that at any crash it names the old manifest or the new one.
 */
final class Current {
  static final String NAME = "CURRENT";
  static final String TEMPORARY = "CURRENT.tmp";
  static final int VERSION = 1;
  private static final int MAX_BYTES = 256;
  private static final Pattern LINE = Pattern.compile("(NoKV current (\\d{1,9}) MANIFEST-(\\d{6,18})) crc32c=([0-9a-f]{8})\n");
  private static final Pattern ANY_VERSION = Pattern.compile("NoKV current (\\d{1,9}) [^\n]*\n");

  private Current() {}

  static boolean exists(Vfs vfs, String directory) {
    return vfs.exists(directory + "/" + NAME);
  }

  /** The number of the manifest in force. */
  static long read(Vfs vfs, String directory) {
    String path = directory + "/" + NAME;
    byte[] bytes = new byte[MAX_BYTES];
    int length;
    try (VfsFile file = vfs.open(path, Vfs.Mode.READ)) {
      length = file.read(0, MemorySegment.ofArray(bytes));
    }
    String text = new String(bytes, 0, length, StandardCharsets.US_ASCII);
    var any = ANY_VERSION.matcher(text);
    if (any.matches()) {
      int version = Integer.parseInt(any.group(1));
      if (version > VERSION) throw new TooNewException(path + " has version " + version + "; this build reads up to " + VERSION + ": use a newer build");
      if (version < 1) throw new TooOldException(path + " has version " + version + "; this build reads from 1");
    }
    var line = LINE.matcher(text);
    if (!line.matches() || !crc(line.group(1)).equals(line.group(4))) {
      throw new CorruptException(path + " is damaged: it does not name a manifest under a right checksum. Nothing was changed. Restore it from a backup");
    }
    return Long.parseLong(line.group(3));
  }

  /** Makes the manifest of this number, which must be durable, the one in force. */
  static void replace(Vfs vfs, String directory, long manifest) {
    String temporary = directory + "/" + TEMPORARY;
    if (vfs.exists(temporary)) vfs.delete(temporary);
    String line = "NoKV current " + VERSION + " " + Manifest.fileName(manifest);
    byte[] bytes = (line + " crc32c=" + crc(line) + "\n").getBytes(StandardCharsets.US_ASCII);
    try (VfsFile file = vfs.open(temporary, Vfs.Mode.CREATE)) {
      file.write(0, MemorySegment.ofArray(bytes));
      file.sync();
    }
    vfs.rename(temporary, directory + "/" + NAME);
    vfs.syncDirectory(directory);
  }

  private static String crc(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    return String.format("%08x", ManifestFormat.crc(bytes, 0, bytes.length));
  }
}
