package nokv.vfs;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a name in a {@link MemVfs} stands for. Guarded by the lock of its file system. */
sealed interface MemNode {
  /** A directory: its entries now, and as they were last synced. What lies between is in {@link MemVfs}'s list of pending changes. */
  record Directory(TreeMap<String, MemNode> entries, TreeMap<String, MemNode> synced) implements MemNode {
    Directory() {
      this(new TreeMap<>(), new TreeMap<>());
    }
  }

  /**
   * The content of a file in pages, copied on the first write after a sync: the page as it was synced is kept in {@code undo} until the next one. A page that is null is
   * all zeros. Bytes of the last page past the size are zero.
   */
  final class Content implements MemNode {
    static final int PAGE = 4096;
    static final int SECTOR = 512;

    private final boolean strict;
    private final ArrayList<byte @Nullable []> pages = new ArrayList<>();
    private final TreeMap<Integer, byte @Nullable []> undo = new TreeMap<>();
    private long size;
    private long syncedSize;

    Content(boolean strict) {
      this.strict = strict;
    }

    long size() {
      return size;
    }

    /** Bytes of memory that the pages take. */
    long allocated() {
      long bytes = 0;
      for (byte[] page : pages) if (page != null) bytes += PAGE;
      return bytes;
    }

    int read(long position, MemorySegment target) {
      int length = (int) Math.max(0, Math.min(target.byteSize(), size - position));
      for (int done = 0; done < length; ) {
        int offset = (int) ((position + done) % PAGE);
        int n = Math.min(PAGE - offset, length - done);
        byte[] page = page((int) ((position + done) / PAGE));
        if (page == null) target.asSlice(done, n).fill((byte) 0);
        else MemorySegment.copy(page, offset, target, ValueLayout.JAVA_BYTE, done, n);
        done += n;
      }
      return length;
    }

    void write(long position, MemorySegment source) {
      long length = source.byteSize();
      for (long done = 0; done < length; ) {
        int offset = (int) ((position + done) % PAGE);
        int n = (int) Math.min(PAGE - offset, length - done);
        MemorySegment.copy(source, ValueLayout.JAVA_BYTE, done, dirty((int) ((position + done) / PAGE)), offset, n);
        done += n;
      }
      if (length > 0) size = Math.max(size, position + length);
    }

    /** Bytes, from {@code position} on and no more than {@code length}, that can be written with no more than {@code free} bytes of new pages. */
    long fits(long position, long length, long free) {
      long end = position;
      while (end < position + length) {
        if (page((int) (end / PAGE)) == null && (free -= PAGE) < 0) break;
        end = (end / PAGE + 1) * PAGE;
      }
      return Math.min(length, end - position);
    }

    void allocate(long newSize) {
      for (long at = size; at < newSize; at = (at / PAGE + 1) * PAGE) dirty((int) (at / PAGE));
      size = Math.max(size, newSize);
    }

    void truncate(long newSize) {
      int whole = (int) (newSize / PAGE);
      if (newSize % PAGE != 0 && page(whole) != null && newSize < size) Arrays.fill(dirty(whole++), (int) (newSize % PAGE), PAGE, (byte) 0);
      else if (newSize % PAGE != 0) whole++;
      while (pages.size() > whole) {
        int last = pages.size() - 1;
        byte[] page = pages.remove(last);
        if (strict && !undo.containsKey(last)) undo.put(last, page);
      }
      size = newSize;
    }

    void sync() {
      undo.clear();
      syncedSize = size;
    }

    private byte @Nullable [] page(int index) {
      return index < pages.size() ? pages.get(index) : null;
    }

    /** The page, to be changed in place. */
    private byte[] dirty(int index) {
      byte[] page = page(index);
      if (!strict || undo.containsKey(index)) {
        if (page != null) return page;
      } else {
        undo.put(index, page);
      }
      page = page == null ? new byte[PAGE] : page.clone();
      put(index, page);
      return page;
    }

    private void put(int index, byte @Nullable [] page) {
      while (pages.size() <= index) pages.add(null);
      pages.set(index, page);
    }

    /** Shares the pages that the next write, on either side, will copy anyway. */
    private void copyPages(Content to) {
      for (int i = 0; i < pages.size(); i++) {
        byte[] page = pages.get(i);
        to.pages.add(page == null || (strict && !undo.containsKey(i)) ? page : page.clone());
      }
    }

    /** The same content, with the same bytes still unsynced. */
    Content copy() {
      var copy = new Content(strict);
      copyPages(copy);
      copy.undo.putAll(undo);
      copy.size = size;
      copy.syncedSize = syncedSize;
      return copy;
    }

    /** What a power loss leaves: each page written since the last sync is the new one with probability {@code survival}, or torn, or as it was synced. */
    Content survivor(SplittableRandom random, double survival) {
      var left = new Content(strict);
      copyPages(left);
      for (var changed : undo.entrySet()) {
        byte[] old = changed.getValue();
        byte[] now = page(changed.getKey());
        left.put(changed.getKey(), old == null && now == null ? null : torn(old, now, random, survival));
      }
      left.size = Math.max(size, syncedSize);
      left.truncate(survivingSize(random, survival));
      left.sync();
      return left;
    }

    private static byte[] torn(byte @Nullable [] old, byte @Nullable [] now, SplittableRandom random, double survival) {
      byte[] page = old == null ? new byte[PAGE] : old.clone();
      boolean bySector = random.nextInt(4) == 0;
      boolean keep = random.nextDouble() < survival;
      for (int at = 0; at < PAGE; at += SECTOR) {
        if (bySector) keep = random.nextDouble() < survival;
        if (!keep) continue;
        if (now == null) Arrays.fill(page, at, at + SECTOR, (byte) 0);
        else System.arraycopy(now, at, page, at, SECTOR);
      }
      return page;
    }

    private long survivingSize(SplittableRandom random, double survival) {
      if (random.nextDouble() < survival) return size;
      if (survival == 0 || size <= syncedSize || random.nextBoolean()) return syncedSize;
      return Math.min(size, syncedSize + random.nextLong((size - syncedSize) / SECTOR + 1) * SECTOR);
    }
  }
}
