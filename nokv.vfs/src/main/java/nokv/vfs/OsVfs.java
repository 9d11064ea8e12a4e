package nokv.vfs;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import nokv.spi.Vfs;
import nokv.spi.VfsException;
import nokv.spi.VfsFile;

/** The file system of the operating system. An interrupt neither fails an operation nor closes a file; it stays set for the caller. Thread-safe. */
public final class OsVfs implements Vfs {
  /**
   * Files locked by this process. POSIX locks belong to the process, and closing <em>any</em> descriptor of a file drops them: a second attempt must be turned away
   * before it opens the file. For the same reason nobody may open a lock file but through {@link #lock}.
   */
  private static final Set<Path> LOCKED = ConcurrentHashMap.newKeySet();

  @Override public VfsFile open(String path, Mode mode) {
    return OsFile.open(path, mode);
  }

  @Override public boolean exists(String path) {
    return Files.exists(Path.of(path));
  }

  @Override public List<String> list(String directory) {
    var names = new ArrayList<String>();
    try (var entries = Files.newDirectoryStream(directory(directory))) {
      for (Path entry : entries) names.add(entry.getFileName().toString());
    } catch (IOException | java.nio.file.DirectoryIteratorException e) {
      throw failure("list", directory, e);
    }
    names.sort(null);
    return names;
  }

  @Override public void createDirectories(String directory) {
    try {
      Files.createDirectories(directory(directory));
    } catch (IOException e) {
      throw failure("create directory", directory, e);
    }
  }

  @Override public void delete(String path) {
    try {
      Files.delete(Path.of(path));
    } catch (IOException e) {
      throw failure("delete", path, e);
    }
  }

  @Override public void rename(String from, String to) {
    try {
      Files.move(Path.of(from), Path.of(to), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw failure("rename to " + to, from, e);
    }
  }

  @Override public void link(String existing, String link) {
    try {
      Files.createLink(Path.of(link), Path.of(existing));
    } catch (IOException e) {
      throw failure("link as " + link, existing, e);
    }
  }

  @Override public void syncDirectory(String directory) {
    // An asynchronous channel, because an interrupt cannot hide the outcome of its force; see OsFile.
    try (var channel = AsynchronousFileChannel.open(directory(directory), Set.of(StandardOpenOption.READ), OsFile.IN_PLACE)) {
      channel.force(true);
    } catch (IOException e) {
      throw failure("sync directory", directory, e);
    }
  }

  @Override public AutoCloseable lock(String path) {
    boolean interrupted = Thread.interrupted();
    try {
      Path absolute = Path.of(path).toAbsolutePath();
      Path parent = absolute.getParent();
      Path key = parent == null ? absolute : parent.toRealPath().resolve(absolute.getFileName());
      if (!LOCKED.add(key)) throw new VfsException(VfsException.Cause.LOCKED, path + " is locked by this process", null);
      FileChannel channel = null;
      try {
        channel = FileChannel.open(key, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock();
        if (lock == null) throw new VfsException(VfsException.Cause.LOCKED, path + " is locked by another process", null);
        return new Lock(key, channel);
      } catch (IOException | RuntimeException e) {
        if (channel != null) channel.close();
        LOCKED.remove(key);
        throw e;
      }
    } catch (OverlappingFileLockException e) {
      throw new VfsException(VfsException.Cause.LOCKED, path + " is locked by this process", e);
    } catch (IOException e) {
      throw failure("lock", path, e);
    } finally {
      if (interrupted) Thread.currentThread().interrupt();
    }
  }

  private record Lock(Path key, FileChannel channel) implements AutoCloseable {
    @Override public void close() throws IOException {
      if (!channel.isOpen()) return;
      channel.close();
      LOCKED.remove(key);
    }
  }

  @Override public long freeBytes(String path) {
    try {
      return Files.getFileStore(directory(path)).getUsableSpace();
    } catch (IOException e) {
      throw failure("ask free space of", path, e);
    }
  }

  @Override public void close() {}

  private static Path directory(String path) {
    return Path.of(path.isEmpty() ? "." : path);
  }

  /** The exception for a failed operation; the kernel's errno reaches Java only as text. */
  static VfsException failure(String operation, String path, Exception e) {
    String reason = reason(e);
    VfsException.Cause kind = switch (e) {
      case NoSuchFileException _, FileNotFoundException _ -> VfsException.Cause.NOT_FOUND;
      case FileAlreadyExistsException _ -> VfsException.Cause.EXISTS;
      default -> full(reason) ? VfsException.Cause.NO_SPACE : VfsException.Cause.IO;
    };
    return new VfsException(kind, "cannot " + operation + " " + path + ": " + reason, e);
  }

  private static String reason(Exception e) {
    return switch (e) {
      case NoSuchFileException _, FileNotFoundException _ -> "no such file or directory";
      case FileAlreadyExistsException _ -> "it exists already";
      case DirectoryNotEmptyException _ -> "directory not empty";
      case NotDirectoryException _ -> "it is not a directory";
      case AccessDeniedException _ -> "permission denied";
      case FileSystemException f when f.getReason() != null -> f.getReason();
      case IOException io when io.getMessage() != null -> io.getMessage();
      default -> String.valueOf(e);
    };
  }

  private static boolean full(String reason) {
    String text = reason.toLowerCase(Locale.ROOT);
    return text.contains("no space left") || text.contains("quota exceeded") || text.contains("not enough space");
  }
}
