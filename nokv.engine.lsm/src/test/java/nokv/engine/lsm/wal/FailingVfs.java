package nokv.engine.lsm.wal;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.BiPredicate;
import nokv.spi.Vfs;
import nokv.spi.VfsException;
import nokv.spi.VfsFile;

/** Another file system whose operations ({@code sync}, {@code write}) fail where a predicate of operation and path says so. */
final class FailingVfs implements Vfs {
  private final Vfs inner;
  private final BiPredicate<String, String> fails;

  FailingVfs(Vfs inner, BiPredicate<String, String> fails) {
    this.inner = inner;
    this.fails = fails;
  }

  private void check(String operation, String path) {
    if (fails.test(operation, path)) throw new VfsException(VfsException.Cause.IO, "cannot " + operation + " " + path + ": injected", null);
  }

  @Override public VfsFile open(String path, Mode mode) {
    VfsFile file = inner.open(path, mode);
    return new VfsFile() {
      @Override public String path() {
        return path;
      }

      @Override public long size() {
        return file.size();
      }

      @Override public int read(long position, MemorySegment target) {
        return file.read(position, target);
      }

      @Override public void write(long position, MemorySegment source) {
        check("write", path);
        file.write(position, source);
      }

      @Override public void sync() {
        check("sync", path);
        file.sync();
      }

      @Override public void truncate(long size) {
        file.truncate(size);
      }

      @Override public void allocate(long size) {
        file.allocate(size);
      }

      @Override public MemorySegment map(long position, long length, Arena arena) {
        return file.map(position, length, arena);
      }

      @Override public void close() {
        file.close();
      }
    };
  }

  @Override public boolean exists(String path) {
    return inner.exists(path);
  }

  @Override public List<String> list(String directory) {
    return inner.list(directory);
  }

  @Override public void createDirectories(String directory) {
    inner.createDirectories(directory);
  }

  @Override public void delete(String path) {
    inner.delete(path);
  }

  @Override public void rename(String from, String to) {
    inner.rename(from, to);
  }

  @Override public void link(String existing, String link) {
    inner.link(existing, link);
  }

  @Override public void syncDirectory(String directory) {
    check("syncDirectory", directory);
    inner.syncDirectory(directory);
  }

  @Override public AutoCloseable lock(String path) {
    return inner.lock(path);
  }

  @Override public long freeBytes(String path) {
    return inner.freeBytes(path);
  }

  @Override public void close() {
    inner.close();
  }
}
