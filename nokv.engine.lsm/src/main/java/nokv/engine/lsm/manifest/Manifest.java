package nokv.engine.lsm.manifest;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import nokv.api.CorruptException;
import nokv.api.DiskFullException;
import nokv.api.NoKVException;
import nokv.api.ReadOnlyException;
import nokv.engine.lsm.manifest.Change.AddTable;
import nokv.engine.lsm.manifest.Change.NextFile;
import nokv.spi.Vfs;
import nokv.spi.VfsException;
import nokv.spi.VfsFile;
import org.jspecify.annotations.Nullable;

/**
 * The log of edits that says which tables are live.
 *
 * <p>An edit is written and synced before {@link #edit} returns, and only then does anybody act on it: so at a crash at most the last record is torn, and it was acted on by
 * nobody. A bad record that a sound one follows is therefore damage, not a torn tail. Every opening for writing starts a new file with the whole state as its first
 * record, and so does an edit that finds the file too long; {@link Current} then names the new file, after it is durable. A file is never appended to behind a torn tail.
 *
 * <p>Where a write finds the disk full, the file is cut back and goes on; where a sync fails, whether the edit is durable is unknown: the manifest takes no more edits, and
 * whoever made the edit must leave both the files it adds and those it removes. Thread-safe.
 */
public final class Manifest implements AutoCloseable {
  private final Vfs vfs;
  private final String directory;
  private final long rewriteBytes;
  private final ManifestState state;
  private final ReentrantLock lock = new ReentrantLock();
  private long number;
  private @Nullable VfsFile file;
  private long end;
  private long snapshotBytes;
  private long rewrites;
  private @Nullable Throwable failure;

  private Manifest(Vfs vfs, String directory, long rewriteBytes, ManifestState state, long number) {
    this.vfs = vfs;
    this.directory = directory;
    this.rewriteBytes = rewriteBytes;
    this.state = state;
    this.number = number;
  }

  public static boolean exists(Vfs vfs, String directory) {
    return Current.exists(vfs, directory);
  }

  /** Whether a name in the node's directory is one that this package gives. */
  public static boolean owns(String name) {
    return name.equals(Current.NAME) || name.equals(Current.TEMPORARY) || name.startsWith("MANIFEST-");
  }

  public static String fileName(long number) {
    return String.format("MANIFEST-%06d", number);
  }

  /** Reads the manifest in force, or starts from nothing where there is none; changes nothing. @param rewriteBytes length from which on a file is replaced by a shorter one */
  public static Manifest read(Vfs vfs, String directory, long rewriteBytes) {
    var state = new ManifestState();
    if (!exists(vfs, directory)) return new Manifest(vfs, directory, rewriteBytes, state, 0);
    long number = Current.read(vfs, directory);
    String path = directory + "/" + fileName(number);
    byte[] bytes = readAll(vfs, path);
    ManifestFormat.checkHeader(path, bytes);
    int offset = ManifestFormat.HEADER_BYTES;
    for (int length; (length = ManifestFormat.recordBytes(bytes, offset)) > 0; offset += length) {
      state.apply(path + " at offset " + offset, ManifestFormat.decode(path, bytes, offset, length));
    }
    if (offset == ManifestFormat.HEADER_BYTES) throw new CorruptException(path + " is damaged at offset " + offset + ": its first record, which was synced, does not read");
    for (int later = offset + 1; later < bytes.length; later++) {
      if (ManifestFormat.recordBytes(bytes, later) > 0) {
        throw new CorruptException(path + " is damaged at offset " + offset + ", below a sound record at " + later + ", so this is not a torn tail. Nothing was changed");
      }
    }
    return new Manifest(vfs, directory, rewriteBytes, state, number);
  }

  /** A whole manifest as bytes, for a directory of its own. */
  public static final class Snapshot {
    private final long number;
    private final byte[] record;

    private Snapshot(long number, byte[] record) {
      this.number = number;
      this.record = record;
    }

    /** Makes it the manifest in force in a directory that has none, durably. */
    public void write(Vfs vfs, String directory) {
      create(vfs, directory, number, record).close();
      Current.replace(vfs, directory, number);
    }
  }

  /** The state as it is now. */
  public Snapshot snapshot() {
    lock.lock();
    try {
      return new Snapshot(state.takeFileNumber(), ManifestFormat.encode(state.snapshot()));
    } finally {
      lock.unlock();
    }
  }

  /** A new file with one record, durable. */
  private static VfsFile create(Vfs vfs, String directory, long number, byte[] record) {
    VfsFile created = vfs.open(directory + "/" + fileName(number), Vfs.Mode.CREATE);
    try {
      created.write(0, MemorySegment.ofArray(ManifestFormat.header()));
      created.write(ManifestFormat.HEADER_BYTES, MemorySegment.ofArray(record));
      created.sync();
      vfs.syncDirectory(directory);
      return created;
    } catch (VfsException e) {
      created.close();
      throw e;
    }
  }

  /** A manifest with this state that is not on disk yet: {@link #start} makes it the one in force, whatever there is. */
  public static Manifest rebuilt(Vfs vfs, String directory, List<Change> changes) {
    var state = new ManifestState();
    state.apply("a rebuilt manifest", changes);
    return new Manifest(vfs, directory, Long.MAX_VALUE, state, 0);
  }

  /** The named values of a damaged manifest, as far as the newest file that begins soundly tells them. Changes nothing. */
  public static List<Change> salvageMetadata(Vfs vfs, String directory) {
    for (String name : vfs.list(directory).reversed()) {
      if (!name.startsWith("MANIFEST-")) continue;
      var named = new LinkedHashMap<String, Change>();
      try {
        String path = directory + "/" + name;
        byte[] bytes = readAll(vfs, path);
        ManifestFormat.checkHeader(path, bytes);
        int offset = ManifestFormat.HEADER_BYTES;
        for (int length; (length = ManifestFormat.recordBytes(bytes, offset)) > 0; offset += length) {
          for (Change change : ManifestFormat.decode(path, bytes, offset, length)) if (change instanceof Change.Metadata m) named.put(m.name(), m);
        }
        if (offset > ManifestFormat.HEADER_BYTES) return List.copyOf(named.values());
      } catch (NoKVException e) {
        // The next older one, if there is one.
      }
    }
    return List.of();
  }

  private static byte[] readAll(Vfs vfs, String path) {
    try (VfsFile file = vfs.open(path, Vfs.Mode.READ)) {
      byte[] bytes = new byte[Math.toIntExact(file.size())];
      int read = file.read(0, MemorySegment.ofArray(bytes));
      if (read != bytes.length) throw new CorruptException(path + " ended at offset " + read + " while it was read");
      return bytes;
    } catch (VfsException e) {
      if (e.kind() == VfsException.Cause.NOT_FOUND) throw new CorruptException(path + " is missing, though CURRENT names it. Nothing was changed", e);
      throw e;
    }
  }

  /** Begins to take edits, in a new file; deletes the files of older manifests. */
  public void start() {
    lock.lock();
    try {
      // Before, too: a crash may have left a file of the number that comes next.
      deleteStale();
      begin();
      deleteStale();
    } catch (VfsException e) {
      throw fail(e);
    } finally {
      lock.unlock();
    }
  }

  private void deleteStale() {
    for (String name : vfs.list(directory)) {
      boolean stale = name.equals(Current.TEMPORARY) || (name.startsWith("MANIFEST-") && !name.equals(fileName(number)));
      if (stale) vfs.delete(directory + "/" + name);
    }
  }

  /** Makes the changes durable, together. @throws DiskFullException nothing was changed @throws ReadOnlyException a sync failed, now or before */
  public void edit(List<Change> changes) {
    lock.lock();
    try {
      checkUsable();
      var edit = new ArrayList<>(changes);
      edit.add(new NextFile(state.nextFile()));
      append(ManifestFormat.encode(edit));
      state.apply("an edit", edit);
      if (end > rewriteBytes && end > 2 * snapshotBytes) rewrite();
    } finally {
      lock.unlock();
    }
  }

  private void append(byte[] record) {
    VfsFile current = java.util.Objects.requireNonNull(file);
    try {
      current.write(end, MemorySegment.ofArray(record));
    } catch (VfsException e) {
      if (e.kind() != VfsException.Cause.NO_SPACE) throw fail(e);
      cutBack(current);
      throw new DiskFullException("no space to record an edit in " + current.path() + "; nothing was changed: " + e.getMessage(), e);
    }
    try {
      current.sync();
    } catch (VfsException e) {
      throw fail(e);
    }
    end += record.length;
  }

  private void cutBack(VfsFile current) {
    try {
      current.truncate(end);
    } catch (VfsException e) {
      throw fail(e);
    }
  }

  private void rewrite() {
    long before = number;
    try {
      begin();
      rewrites++;
      vfs.delete(directory + "/" + fileName(before));
    } catch (VfsException e) {
      // Without space the old file, which holds every edit, stays in force; but if it is no longer clear which file is in force, no edit may follow.
      if (e.kind() != VfsException.Cause.NO_SPACE || Current.read(vfs, directory) != number) throw fail(e);
    }
  }

  /** Writes the state to a new file and makes it the one in force; until that is done, the fields speak of the old one. */
  private void begin() {
    long next = state.takeFileNumber();
    byte[] snapshot = ManifestFormat.encode(state.snapshot());
    VfsFile created = create(vfs, directory, next, snapshot);
    try {
      Current.replace(vfs, directory, next);
    } catch (VfsException e) {
      created.close();
      throw e;
    }
    if (file != null) file.close();
    file = created;
    number = next;
    end = ManifestFormat.HEADER_BYTES + (long) snapshot.length;
    snapshotBytes = end;
  }

  private ReadOnlyException fail(VfsException cause) {
    failure = cause;
    return new ReadOnlyException("the manifest could not be written, so the engine takes no more writes until it is opened again: " + cause.getMessage(), cause);
  }

  private void checkUsable() {
    if (failure != null) throw new ReadOnlyException("the manifest failed before, so the engine takes no more writes until it is opened again: " + failure.getMessage(), failure);
    if (file == null) throw new ReadOnlyException("opened read-only");
  }

  /** A number for a new file, given once. */
  public long takeFileNumber() {
    lock.lock();
    try {
      return state.takeFileNumber();
    } finally {
      lock.unlock();
    }
  }

  /** Every live table with its level. */
  public List<AddTable> tables() {
    lock.lock();
    try {
      return state.tables();
    } finally {
      lock.unlock();
    }
  }

  public byte @Nullable [] metadata(String name) {
    lock.lock();
    try {
      byte[] value = state.metadata(name);
      return value == null ? null : value.clone();
    } finally {
      lock.unlock();
    }
  }

  /** Names of stored values, sorted. */
  public List<String> metadataNames() {
    lock.lock();
    try {
      return state.metadataNames();
    } finally {
      lock.unlock();
    }
  }

  public long flushedSequence() {
    return state.flushed().sequence();
  }

  /** The first segment of the log that is needed. */
  public long walSegment() {
    return state.flushed().walSegment();
  }

  public long maxVersion() {
    return state.maxVersion();
  }

  public long number() {
    return number;
  }

  public long bytes() {
    return end;
  }

  public long rewrites() {
    return rewrites;
  }

  @Override public void close() {
    lock.lock();
    try {
      if (file != null) file.close();
      file = null;
    } finally {
      lock.unlock();
    }
  }
}
