package nokv.spi;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import nokv.api.CorruptException;
import nokv.api.InvalidArgumentException;
import nokv.api.TooNewException;
import nokv.api.TooOldException;
import nokv.spi.StorageEngine.Exported;

/**
 * A backup: a directory of tables that {@link StorageEngine#export} wrote, and the file {@value #DESCRIPTOR}, written last, that says which tables and which versions they hold.
 * <pre>
 * NoKV backup 1 from=0 to=471859200001
 * 000001.sst 67108864
 * 000002.sst 1048576
 * crc32c=1f3a09bc
 * </pre>
 * Each line ends with a line feed; the checksum covers the lines before its own. Versions: {@code from} included, {@code to} excluded. A chain is a backup from 0 and others that each begin
 * where the one before ends.
 *
 * @param from the first version it may hold
 * @param to behind the last one: where the next backup begins
 * @param tables names and sizes, in the order of their keys
 */
public record Backup(long from, long to, List<Table> tables) {
  public static final String DESCRIPTOR = "BACKUP";
  private static final int VERSION = 1;
  /** Named value of a restored engine: 8 bytes, big-endian, behind the last version of the backups it was made of. */
  private static final String RESTORED = "backup.restored_to";
  private static final int MAX_BYTES = 16 << 20;
  private static final Pattern FIRST = Pattern.compile("NoKV backup (\\d{1,9}) from=(\\d{1,19}) to=(\\d{1,19})");
  private static final Pattern TABLE = Pattern.compile("([0-9a-z.]+) (\\d{1,19})");

  public record Table(String name, long bytes) {}

  /** Bytes of its tables. */
  public long bytes() {
    return tables.stream().mapToLong(Table::bytes).sum();
  }

  /**
   * Writes the versions from {@code from} on that the pin shows. Whether all of them are still there is for the caller to know. A failed one has no descriptor.
   *
   * @param directory made where it is missing, otherwise empty
   */
  public static Backup write(StorageEngine engine, StorageEngine.Pin pin, String directory, long from, LongConsumer progress) {
    if (from < 0) throw new InvalidArgumentException("a backup from version " + from + ", expected 0 or what the one before returned");
    Vfs vfs = engine.vfs();
    vfs.createDirectories(directory);
    if (!vfs.list(directory).isEmpty()) throw new InvalidArgumentException(directory + " is not empty; give a new directory for the backup");
    Exported exported = engine.export(directory, from, Long.MAX_VALUE, pin, progress);
    var tables = new ArrayList<Table>();
    for (String name : exported.files()) {
      try (VfsFile file = vfs.open(directory + "/" + name, Vfs.Mode.READ)) {
        tables.add(new Table(name, file.size()));
      }
    }
    var backup = new Backup(from, exported.maxVersion() + 1, List.copyOf(tables));
    try (VfsFile file = vfs.open(directory + "/" + DESCRIPTOR, Vfs.Mode.CREATE)) {
      file.write(0, MemorySegment.ofArray(backup.encode()));
      file.sync();
    }
    vfs.syncDirectory(directory);
    vfs.syncDirectory(parent(directory));
    return backup;
  }

  private static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash < 0 ? "." : slash == 0 ? "/" : path.substring(0, slash);
  }

  byte[] encode() {
    var text = new StringBuilder("NoKV backup " + VERSION + " from=" + from + " to=" + to + "\n");
    for (Table table : tables) text.append(table.name).append(' ').append(table.bytes).append('\n');
    return (text + "crc32c=" + crc(text.toString()) + "\n").getBytes(StandardCharsets.US_ASCII);
  }

  private static String crc(String text) {
    var crc = new CRC32C();
    crc.update(text.getBytes(StandardCharsets.US_ASCII));
    return String.format("%08x", crc.getValue());
  }

  /** Reads the descriptor; looks at no table. */
  public static Backup read(Vfs vfs, String directory) {
    String path = directory + "/" + DESCRIPTOR;
    if (!vfs.exists(path)) throw new InvalidArgumentException(directory + " holds no complete backup: it has no " + DESCRIPTOR + ", which is written last");
    byte[] bytes;
    try (VfsFile file = vfs.open(path, Vfs.Mode.READ)) {
      bytes = new byte[(int) Math.min(file.size(), MAX_BYTES)];
      file.read(0, MemorySegment.ofArray(bytes));
    }
    String text = new String(bytes, StandardCharsets.US_ASCII);
    int checksum = text.lastIndexOf("crc32c=");
    if (checksum < 0 || !text.substring(checksum).equals("crc32c=" + crc(text.substring(0, checksum)) + "\n")) throw new CorruptException(path + " is damaged: its checksum is not right");
    String[] lines = text.substring(0, checksum).split("\n");
    Matcher first = FIRST.matcher(lines[0]);
    if (!first.matches()) throw new CorruptException(path + " does not begin as the description of a backup");
    int version = Integer.parseInt(first.group(1));
    if (version > VERSION) throw new TooNewException(path + " has version " + version + "; this build reads up to " + VERSION + ": use a newer build");
    if (version < 1) throw new TooOldException(path + " has version " + version + "; this build reads from 1");
    var tables = new ArrayList<Table>();
    for (int i = 1; i < lines.length; i++) {
      Matcher table = TABLE.matcher(lines[i]);
      if (!table.matches()) throw new CorruptException(path + " has a line that names no table: " + lines[i]);
      tables.add(new Table(table.group(1), Long.parseLong(table.group(2))));
    }
    return new Backup(Long.parseLong(first.group(2)), Long.parseLong(first.group(3)), List.copyOf(tables));
  }

  /**
   * Adds a backup to an engine that is empty, or that was restored from the backups before it and not written to since; nobody may use it meanwhile. All of it or, on failure, nothing is
   * added; a store whose process ended in the middle is to be restored anew, into an empty directory.
   */
  public static CompletionStage<Backup> restore(StorageEngine engine, String directory, LongConsumer progress) {
    Vfs vfs = engine.vfs();
    Backup backup = read(vfs, directory);
    byte[] stored = engine.metadata(RESTORED);
    long end = stored == null ? 0 : ByteBuffer.wrap(stored).getLong();
    if (engine.maxVersion() >= Math.max(1, end)) throw new InvalidArgumentException("the store has been written to; restore into an empty directory");
    if (backup.from != end) {
      throw new InvalidArgumentException(directory + " holds versions from " + backup.from + " on, but the store ends before " + end + "; restore the full backup and then each later one in order");
    }
    var paths = new ArrayList<String>();
    for (Table table : backup.tables) {
      String path = directory + "/" + table.name;
      long size;
      try (VfsFile file = vfs.open(path, Vfs.Mode.READ)) {
        size = file.size();
      } catch (VfsException e) {
        throw e.kind() == VfsException.Cause.NOT_FOUND ? new CorruptException(path + " is missing, though " + DESCRIPTOR + " names it", e) : e;
      }
      if (size != table.bytes) throw new CorruptException(path + " has " + size + " bytes, though " + DESCRIPTOR + " says " + table.bytes);
      paths.add(path);
    }
    byte[] restoredTo = ByteBuffer.allocate(Long.BYTES).putLong(backup.to).array();
    CompletionStage<Void> taken = paths.isEmpty() ? CompletableFuture.completedFuture(null) : engine.ingest(paths, progress);
    return taken.thenCompose(done -> engine.putMetadata(RESTORED, restoredTo)).thenApply(done -> backup);
  }
}
