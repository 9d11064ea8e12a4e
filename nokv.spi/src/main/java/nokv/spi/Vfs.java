package nokv.spi;

import java.util.List;

/**
 * A file system, in the few words a storage engine needs. Paths are texts with {@code /} between names, absolute or relative to the process. Thread-safe.
 *
 * <p>Implementers: what is not synced may be lost at a power loss, in any part and any order — bytes until {@link VfsFile#sync}, names (creation, rename, deletion)
 * until {@link #syncDirectory} of the directory that holds them. Callers rely on no more than that. All failures are {@link VfsException}.
 */
public interface Vfs extends AutoCloseable {
  /** How a file is opened. */
  enum Mode {
    /** An existing file, for reading. */
    READ,
    /** A new file, for reading and writing; {@link VfsException.Cause#EXISTS} where there is one. */
    CREATE,
    /** An existing file, for reading and writing. */
    READ_WRITE
  }

  VfsFile open(String path, Mode mode);

  boolean exists(String path);

  /** The names in a directory, sorted; without {@code .} and {@code ..}. */
  List<String> list(String directory);

  /** Makes a directory and those above it that are missing; does nothing where it exists. The entries are not synced. */
  void createDirectories(String directory);

  /** Deletes a file or an empty directory. {@link VfsException.Cause#NOT_FOUND} where there is none. */
  void delete(String path);

  /** Renames a file, replacing {@code to} where it exists, atomically: at any crash {@code to} is the old file or the new, whole. Not durable until {@link #syncDirectory}. */
  void rename(String from, String to);

  /** Gives a file a second name (a hard link) on the same file system. */
  void link(String existing, String link);

  /** Makes creations, renames and deletions in this directory survive a power loss. A failure is final: not to be called again for the same change. */
  void syncDirectory(String directory);

  /** Takes an exclusive lock, creating the file; held until closed or the process ends. {@link VfsException.Cause#LOCKED} where somebody holds it. */
  AutoCloseable lock(String path);

  /** Bytes that can still be written, as far as known. */
  long freeBytes(String path);

  @Override void close();
}
