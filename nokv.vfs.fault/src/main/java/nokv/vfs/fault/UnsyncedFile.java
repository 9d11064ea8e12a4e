package nokv.vfs.fault;

import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Supplier;
import nokv.spi.VfsFile;
import org.jspecify.annotations.Nullable;

/**
 * What a power cut takes back in one file: the size as it was last synced, and each page below it that was changed since, as it was. Never more than the synced size;
 * nothing after a sync. While the file is open for writing or has unsynced bytes it has a handle of its own, since those of the caller come and go and the file
 * may be renamed or deleted meanwhile; otherwise it only stands for the identity of a file with several names. Thread-safe.
 */
final class UnsyncedFile {
  static final int PAGE = 4096;

  private final TreeMap<Long, byte[]> images = new TreeMap<>();
  private @Nullable VfsFile own;
  private long syncedSize;
  private boolean dirty;
  /** Open handles of the caller; guarded by {@link Unsynced}. */
  int handles;

  /** Gives it a handle, where it has none, to a file that counts as synced. */
  synchronized void attach(Supplier<VfsFile> opening) {
    if (own != null) return;
    own = opening.get();
    syncedSize = own.size();
  }

  private VfsFile own() {
    if (own == null) throw new IllegalStateException("a file is changed that is not attached");
    return own;
  }

  synchronized boolean dirty() {
    return dirty;
  }

  /** Bytes of memory that the pages take which would be put back. */
  synchronized long held() {
    return (long) images.size() * PAGE;
  }

  /** Keeps what a change of the bytes in {@code [from, to)} may overwrite, and makes the change. */
  synchronized void modify(long from, long to, Runnable effect) {
    long end = Math.min(to, syncedSize);
    for (long page = from / PAGE; page * PAGE < end; page++) if (!images.containsKey(page)) images.put(page, image(page));
    dirty = true;
    effect.run();
  }

  private byte[] image(long page) {
    var bytes = new byte[(int) Math.min(PAGE, syncedSize - page * PAGE)];
    own().read(page * PAGE, MemorySegment.ofArray(bytes));
    return bytes;
  }

  /** Syncs, through the caller's handle since it is that whose errors count; a failure keeps everything to be taken back. */
  synchronized void sync(VfsFile through) {
    through.sync();
    images.clear();
    syncedSize = own().size();
    dirty = false;
  }

  /** Puts back what was synced, but each page with probability {@code survival}. @return bytes taken back */
  synchronized long takeBack(SplittableRandom random, double survival) {
    if (!dirty) return 0;
    VfsFile file = own();
    long taken = 0;
    long size = file.size();
    for (var image : images.entrySet()) {
      if (random.nextDouble() < survival) continue;
      file.write(image.getKey() * PAGE, MemorySegment.ofArray(image.getValue()));
      taken += image.getValue().length;
    }
    if (size > syncedSize && random.nextDouble() >= survival) {
      file.truncate(syncedSize);
      taken += size - syncedSize;
    } else {
      for (long at = syncedSize; at < size; at = (at / PAGE + 1) * PAGE) {
        if (random.nextDouble() < survival) continue;
        var zeros = new byte[(int) (Math.min((at / PAGE + 1) * PAGE, size) - at)];
        file.write(at, MemorySegment.ofArray(zeros));
        taken += zeros.length;
      }
    }
    if (size < syncedSize) file.truncate(random.nextDouble() < survival ? size : syncedSize);
    return taken;
  }

  /** Closes the handle; what could have been taken back is forgotten. */
  synchronized void detach() {
    if (own != null) own.close();
    own = null;
    images.clear();
    dirty = false;
  }
}
