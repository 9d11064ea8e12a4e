package nokv.vfs;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import nokv.spi.Vfs;
import nokv.spi.VfsException;
import nokv.spi.VfsFile;
import org.jspecify.annotations.Nullable;

/**
 * A file system in memory that can lose its power, for tests; {@code plugins.vfs = mem} is one without that. Thread-safe.
 *
 * <p>A {@link #strict} one remembers what a real disk may lose. {@link #cutPowerAt} ends it in the middle of an operation, {@link #afterPowerLoss} gives the disk as the
 * next boot finds it, {@link #afterProcessCrash} as the next process does. Everything is a function of the seed and the operations so far.
 *
 * <p>What a power loss may take: of the bytes written since a file's last sync each page of 4 KiB, and of a page written in part, each sector of 512 bytes, in any
 * order; the growth or cut of a file's size; and the names created, renamed or deleted since their directory's last sync, in any order (at every second loss, in the
 * order of a journal). A rename within a directory happens whole or not at all; one across directories may leave both names, never neither. Files and directories
 * lost by name are gone with their content.
 *
 * <p>{@code /} and the working directory are one. {@link #close} does nothing, so that a test can open a store again over the same disk.
 */
public final class MemVfs implements Vfs {
  private static final String POWER_OFF = "power is off";

  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private final boolean strict;
  private final long seed;
  private final MemTree tree;
  private final Set<String> locks = new HashSet<>();
  private final Set<File> open = Collections.newSetFromMap(new IdentityHashMap<>());
  private long capacity = Long.MAX_VALUE;
  private long operations;
  private long cutAt = Long.MAX_VALUE;

  /** The power went off, by {@link #cutPowerAt}: the cause within the {@link VfsException}. */
  static final class PowerOffException extends IOException {
    private static final long serialVersionUID = 1L;

    PowerOffException() {
      super(POWER_OFF);
    }
  }

  private MemVfs(boolean strict, long seed, MemTree tree) {
    this.strict = strict;
    this.seed = seed;
    this.tree = tree;
  }

  /** An empty disk that can lose what was not synced, in a way that follows from {@code seed}. */
  public static MemVfs strict(long seed) {
    return new MemVfs(true, seed, new MemTree(true));
  }

  /** An empty disk that keeps no account of what is synced, and so cannot lose its power. */
  public static MemVfs plain() {
    return new MemVfs(false, 0, new MemTree(false));
  }

  // --- power ---

  /**
   * Cuts the power in the middle of the {@code operation}th operation, counted as {@link #operations} does: a write or a change of names may have happened, a sync may
   * not have; it and every later operation fail with an exception for which {@link #isPowerOff} holds. Closing goes on to succeed.
   */
  public void cutPowerAt(long operation) {
    locked(() -> cutAt = operation);
  }

  /** Operations so far that change the disk: creation, write, truncation, allocation, sync, rename, deletion, link, making and syncing of directories, first locking. */
  public long operations() {
    return locked(() -> operations);
  }

  /** Whether the power is off. */
  public boolean poweredOff() {
    return locked(() -> operations >= cutAt);
  }

  /** Whether the failure comes, through any wrapping, from the power being off. */
  public static boolean isPowerOff(@Nullable Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) if (t instanceof PowerOffException) return true;
    return false;
  }

  /**
   * The disk as the next boot finds it if the power is lost now, powered on, nothing open, nothing unsynced. This one stays as it is, so that a test can
   * look at several survivals.
   *
   * @param survival how likely each unsynced piece is kept: 0 = none, 1 = all
   */
  public MemVfs afterPowerLoss(double survival) {
    if (!strict) throw new IllegalStateException("a plain MemVfs cannot lose its power; use MemVfs.strict(seed)");
    if (!(survival >= 0 && survival <= 1)) throw new IllegalArgumentException("survival is " + survival + ", expected 0 to 1");
    return locked(() -> next(tree.survivor(new SplittableRandom(seed + operations * 0x9E3779B97F4A7C15L + Double.doubleToLongBits(survival)), survival)));
  }

  /** The disk as a process finds it that starts after this one was killed: everything written is there, but what was not synced still is not. Nothing is open or locked. */
  public MemVfs afterProcessCrash() {
    return locked(() -> next(tree.copy()));
  }

  private MemVfs next(MemTree left) {
    var next = new MemVfs(strict, seed + 1, left);
    next.capacity = capacity;
    return next;
  }

  // --- for tests ---

  /** Files opened and not closed yet. */
  public int openFiles() {
    return locked(open::size);
  }

  /** Their paths, sorted. */
  public List<String> openPaths() {
    return locked(() -> open.stream().map(File::path).sorted().toList());
  }

  /** Limits the disk to {@code bytes}, counted in pages of 4 KiB; writes beyond it fail with NO_SPACE. May be below what is there now. */
  public void capacity(long bytes) {
    locked(() -> capacity = bytes);
  }

  private <T> T locked(Supplier<T> action) {
    lock.writeLock().lock();
    try {
      return action.get();
    } finally {
      lock.writeLock().unlock();
    }
  }

  // --- Vfs ---

  @Override public VfsFile open(String path, Mode mode) {
    lock.writeLock().lock();
    try {
      var content = mode == Mode.CREATE ? change("create", path, () -> create(path)) : existing(mode, path);
      var file = new File(path, mode != Mode.READ, content);
      open.add(file);
      return file;
    } finally {
      lock.writeLock().unlock();
    }
  }

  private MemNode.Content create(String path) {
    Place place = place("create", path);
    if (place.node() != null) throw failure(VfsException.Cause.EXISTS, "create", path, "it exists already");
    var content = new MemNode.Content(strict);
    tree.edit(place.directory(), Map.of(place.name(), content), null);
    return content;
  }

  private MemNode.Content existing(Mode mode, String path) {
    checkPower("open", path);
    return switch (find("open", path)) {
      case MemNode.Content content -> content;
      case MemNode.Directory _ -> throw failure(VfsException.Cause.IO, "open", path, "it is a directory" + (mode == Mode.READ ? "" : ", not a file to write"));
    };
  }

  @Override public boolean exists(String path) {
    return locked(() -> {
      checkPower("look for", path);
      return tree.lookup(path) != null;
    });
  }

  @Override public List<String> list(String directory) {
    return locked(() -> {
      checkPower("list", directory);
      return List.copyOf(directory("list", directory).entries().keySet());
    });
  }

  @Override public void createDirectories(String path) {
    change("create directory", path, () -> {
      MemNode.Directory at = tree.root;
      for (String name : MemTree.names(path)) {
        MemNode next = at.entries().get(name);
        if (next == null) {
          next = new MemNode.Directory();
          tree.edit(at, Map.of(name, next), null);
        }
        if (!(next instanceof MemNode.Directory below)) throw failure(VfsException.Cause.EXISTS, "create directory", path, name + " is a file");
        at = below;
      }
      return at;
    });
  }

  @Override public void delete(String path) {
    change("delete", path, () -> {
      Place place = place("delete", path);
      if (place.node() == null) throw missing("delete", path);
      if (place.node() instanceof MemNode.Directory d && !d.entries().isEmpty()) throw failure(VfsException.Cause.IO, "delete", path, "directory not empty");
      return tree.edit(place.directory(), MemTree.removal(place.name()), null);
    });
  }

  @Override public void rename(String from, String to) {
    String operation = "rename to " + to;
    change(operation, from, () -> {
      Place source = place(operation, from);
      Place target = place(operation, to);
      MemNode node = source.node();
      if (node == null) throw missing(operation, from);
      if (node == target.node()) return null;
      if (target.node() instanceof MemNode.Directory d && (node instanceof MemNode.Content || !d.entries().isEmpty())) {
        throw failure(VfsException.Cause.IO, operation, from, "the target is a directory");
      }
      if (node instanceof MemNode.Directory && target.node() instanceof MemNode.Content) throw failure(VfsException.Cause.IO, operation, from, "the target is a file");
      if (node instanceof MemNode.Directory && MemTree.names(to).size() > MemTree.names(from).size() && MemTree.names(to).subList(0, MemTree.names(from).size()).equals(MemTree.names(from))) {
        throw failure(VfsException.Cause.IO, operation, from, "the target lies inside it");
      }
      if (source.directory() == target.directory()) {
        var edits = MemTree.removal(source.name());
        edits.put(target.name(), node);
        return tree.edit(source.directory(), edits, null);
      }
      MemTree.Change first = tree.edit(target.directory(), Map.of(target.name(), node), null);
      return tree.edit(source.directory(), MemTree.removal(source.name()), first);
    });
  }

  @Override public void link(String existing, String link) {
    String operation = "link as " + link;
    change(operation, existing, () -> {
      if (!(find(operation, existing) instanceof MemNode.Content content)) throw failure(VfsException.Cause.IO, operation, existing, "it is a directory");
      Place place = place(operation, link);
      if (place.node() != null) throw failure(VfsException.Cause.EXISTS, operation, existing, "it exists already");
      return tree.edit(place.directory(), Map.of(place.name(), content), null);
    });
  }

  @Override public void syncDirectory(String directory) {
    sync("sync directory", directory, () -> {
      tree.sync(directory("sync directory", directory));
    });
  }

  @Override public AutoCloseable lock(String path) {
    lock.writeLock().lock();
    try {
      if (tree.lookup(path) == null) change("lock", path, () -> create(path));
      else checkPower("lock", path);
      String key = String.join("/", MemTree.names(path));
      if (!locks.add(key)) throw failure(VfsException.Cause.LOCKED, "lock", path, "it is locked already");
      return new AutoCloseable() {
        private boolean released;

        @Override public void close() {
          locked(() -> {
            if (!released) locks.remove(key);
            released = true;
            return released;
          });
        }
      };
    } finally {
      lock.writeLock().unlock();
    }
  }

  @Override public long freeBytes(String path) {
    return locked(() -> {
      checkPower("ask free space of", path);
      find("ask free space of", path);
      return capacity == Long.MAX_VALUE ? capacity : Math.max(0, free());
    });
  }

  @Override public void close() {}

  // --- names ---

  /** Where a name stands, or would. */
  private record Place(MemNode.Directory directory, String name, @Nullable MemNode node) {}

  private MemNode find(String operation, String path) {
    MemNode node = tree.lookup(path);
    if (node == null) throw missing(operation, path);
    return node;
  }

  private MemNode.Directory directory(String operation, String path) {
    if (find(operation, path) instanceof MemNode.Directory directory) return directory;
    throw failure(VfsException.Cause.IO, operation, path, "it is not a directory");
  }

  private Place place(String operation, String path) {
    var names = MemTree.names(path);
    if (names.isEmpty()) throw failure(VfsException.Cause.IO, operation, path, "it is the root");
    String name = names.removeLast();
    if (!(tree.lookup(String.join("/", names)) instanceof MemNode.Directory directory)) throw missing(operation, path);
    return new Place(directory, name, directory.entries().get(name));
  }

  // --- failures and power ---

  private static VfsException failure(VfsException.Cause cause, String operation, String path, String reason) {
    return new VfsException(cause, "cannot " + operation + " " + path + ": " + reason, null);
  }

  private static VfsException missing(String operation, String path) {
    return failure(VfsException.Cause.NOT_FOUND, operation, path, "no such file or directory");
  }

  private static VfsException powerOff(String operation, String path) {
    return new VfsException(VfsException.Cause.IO, "cannot " + operation + " " + path + ": " + POWER_OFF, new PowerOffException());
  }

  private void checkPower(String operation, String path) {
    if (operations >= cutAt) throw powerOff(operation, path);
  }

  /** Counts an operation and does it; if it is the last before the power cut it is done but not confirmed. */
  private <T extends @Nullable Object> T change(String operation, String path, Supplier<T> effect) {
    lock.writeLock().lock();
    try {
      checkPower(operation, path);
      operations++;
      T result = effect.get();
      checkPower(operation, path);
      return result;
    } finally {
      lock.writeLock().unlock();
    }
  }

  /** Counts a sync and does it, unless it is the last operation: what it had begun to make durable is as uncertain as before. */
  private void sync(String operation, String path, Runnable effect) {
    lock.writeLock().lock();
    try {
      checkPower(operation, path);
      operations++;
      checkPower(operation, path);
      effect.run();
    } finally {
      lock.writeLock().unlock();
    }
  }

  private long free() {
    return capacity - tree.used();
  }

  // --- files ---

  private final class File implements VfsFile {
    private final String path;
    private final boolean writable;
    private final MemNode.Content content;
    private boolean closed;

    File(String path, boolean writable, MemNode.Content content) {
      this.path = path;
      this.writable = writable;
      this.content = content;
    }

    @Override public String path() {
      return path;
    }

    @Override public long size() {
      return read("ask the size of", content::size);
    }

    @Override public int read(long position, MemorySegment target) {
      if (position < 0) throw new IllegalArgumentException("negative position " + position);
      return read("read", () -> content.read(position, target));
    }

    private <T> T read(String operation, Supplier<T> action) {
      lock.readLock().lock();
      try {
        checkPower(operation, path);
        check(operation, false);
        return action.get();
      } finally {
        lock.readLock().unlock();
      }
    }

    private void check(String operation, boolean writes) {
      if (closed) throw failure(VfsException.Cause.IO, operation, path, "the file is closed");
      if (writes && !writable) throw failure(VfsException.Cause.IO, operation, path, "the file was opened for reading");
    }

    private void modify(String operation, Runnable effect) {
      change(operation, path, () -> {
        check(operation, true);
        effect.run();
        return this;
      });
    }

    @Override public void write(long position, MemorySegment source) {
      if (position < 0) throw new IllegalArgumentException("negative position " + position);
      modify("write", () -> {
        long fits = capacity == Long.MAX_VALUE ? source.byteSize() : content.fits(position, source.byteSize(), free());
        content.write(position, source.asSlice(0, fits));
        if (fits < source.byteSize()) throw full("write " + source.byteSize() + " bytes to");
      });
    }

    private VfsException full(String operation) {
      return failure(VfsException.Cause.NO_SPACE, operation, path, "the disk of " + capacity + " bytes is full");
    }

    @Override public void sync() {
      MemVfs.this.sync("sync", path, () -> {
        check("sync", false);
        content.sync();
      });
    }

    @Override public void truncate(long size) {
      if (size < 0) throw new IllegalArgumentException("negative size " + size);
      modify("truncate", () -> content.truncate(size));
    }

    @Override public void allocate(long size) {
      modify("allocate", () -> {
        long growth = size - content.size();
        if (capacity != Long.MAX_VALUE && growth > 0 && content.fits(content.size(), growth, free()) < growth) throw full("allocate " + size + " bytes for");
        content.allocate(size);
      });
    }

    @Override public MemorySegment map(long position, long length, Arena arena) {
      return read("map", () -> {
        if (position < 0 || length < 0 || length > content.size() - position) {
          throw new IndexOutOfBoundsException("cannot map " + length + " bytes at " + position + " of " + path + ", which has " + content.size());
        }
        MemorySegment copy = arena.allocate(length);
        for (long at = 0; at < length; at += 1 << 30) content.read(position + at, copy.asSlice(at, Math.min(1 << 30, length - at)));
        return copy.asReadOnly();
      });
    }

    @Override public void close() {
      locked(() -> {
        closed = true;
        return open.remove(this);
      });
    }
  }
}
