package nokv.spi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import nokv.api.CorruptException;

/** What is made of several operations on files. */
public final class VfsFiles {
  private static final long PIECE_BYTES = 1 << 20;

  private VfsFiles() {}

  /** Copies the first {@code bytes} of a file to a new one and syncs that; its name is for the caller to sync. */
  public static void copy(Vfs vfs, String from, long bytes, String to) {
    try (Arena arena = Arena.ofConfined(); VfsFile source = vfs.open(from, Vfs.Mode.READ); VfsFile target = vfs.open(to, Vfs.Mode.CREATE)) {
      MemorySegment piece = arena.allocate(Math.max(1, Math.min(bytes, PIECE_BYTES)));
      for (long at = 0; at < bytes; ) {
        int read = source.read(at, piece.asSlice(0, Math.min(piece.byteSize(), bytes - at)));
        if (read == 0) throw new CorruptException(from + " ended at offset " + at + " while its first " + bytes + " bytes were copied");
        target.write(at, piece.asSlice(0, read));
        at += read;
      }
      target.sync();
    }
  }

  /** Deletes a directory with everything below it. */
  public static void deleteTree(Vfs vfs, String directory) {
    for (String name : vfs.list(directory)) {
      String path = directory + "/" + name;
      if (isDirectory(vfs, path)) deleteTree(vfs, path);
      else vfs.delete(path);
    }
    vfs.delete(directory);
  }

  private static boolean isDirectory(Vfs vfs, String path) {
    try {
      vfs.list(path);
      return true;
    } catch (VfsException e) {
      return false;
    }
  }
}
