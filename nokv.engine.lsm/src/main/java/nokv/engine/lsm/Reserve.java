package nokv.engine.lsm;

import java.util.function.LongSupplier;
import nokv.api.DiskFullException;
import nokv.spi.Vfs;
import nokv.spi.VfsException;
import nokv.spi.VfsFile;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file that only takes space, for the moment when there is no other. When background work finds the disk full, the file is deleted: memtables can then be flushed, which frees the log, and
 * compaction and collection can free what is garbage. Until the file is there again no new write is taken, so that the space goes to those alone. It grows with the store, to a 64th
 * of its tables, so that a small store wastes none. Thread-safe.
 */
final class Reserve {
  static final String NAME = "RESERVE";
  private static final Logger LOG = LoggerFactory.getLogger(Reserve.class);
  private static final long LEAST_BYTES = 64 << 10;
  private static final int PART = 64;

  private final Vfs vfs;
  private final String path;
  private final long most;
  private final LongSupplier storeBytes;
  private long bytes;
  private volatile @Nullable DiskFullException spent;

  /** @param most bytes; 0 = none is kept @param storeBytes what the store takes now */
  Reserve(Directory directory, long most, LongSupplier storeBytes) {
    this.vfs = directory.vfs();
    this.path = directory.path() + "/" + NAME;
    this.most = most;
    this.storeBytes = storeBytes;
    if (!vfs.exists(path)) return;
    try (VfsFile file = vfs.open(path, Vfs.Mode.READ)) {
      bytes = file.size();
    }
  }

  /** What a writer is told while the reserve is in use, or null. */
  @Nullable DiskFullException spent() {
    return spent;
  }

  /** Gives its space to background work, which found none. False where there was nothing to give. */
  synchronized boolean spend(DiskFullException cause) {
    if (bytes == 0) return false;
    LOG.warn("{}: the disk is full; its {} bytes go to compaction, and no write is taken until they are back", path, bytes);
    spent = new DiskFullException("the disk is full; writes resume when compaction or you have freed enough for the reserve of " + bytes + " bytes (" + path + "). " + cause.getMessage(), cause);
    delete();
    bytes = 0;
    return true;
  }

  /** Makes or enlarges it, where there is space: called when background work may have made some. A failure leaves it as it is, for later. */
  synchronized void restore() {
    long wanted = Math.min(most, Long.highestOneBit(Math.max(1, storeBytes.getAsLong() / PART)));
    if (wanted < LEAST_BYTES) {
      spent = null;
      return;
    }
    if (bytes >= wanted) return;
    try (VfsFile file = vfs.open(path, vfs.exists(path) ? Vfs.Mode.READ_WRITE : Vfs.Mode.CREATE)) {
      file.allocate(wanted);
      bytes = wanted;
    } catch (VfsException e) {
      if (e.kind() != VfsException.Cause.NO_SPACE) LOG.warn("{} could not be made: {}", path, e.getMessage());
      if (bytes == 0) delete();
      return;
    }
    if (spent != null) LOG.info("{}: there is space again; writes are taken", path);
    spent = null;
  }

  private void delete() {
    try {
      if (vfs.exists(path)) vfs.delete(path);
    } catch (VfsException e) {
      LOG.warn("{} could not be deleted: {}", path, e.getMessage());
    }
  }
}
