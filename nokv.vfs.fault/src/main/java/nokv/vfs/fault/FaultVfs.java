package nokv.vfs.fault;

import com.codahale.metrics.MetricRegistry;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import nokv.spi.Vfs;
import nokv.spi.VfsException;
import nokv.spi.VfsFile;
import org.jspecify.annotations.Nullable;

/**
 * A file system that passes everything to another one and fails by rule. Thread-safe; deterministic from the seed for one order of operations.
 *
 * <p>Rules are tried in order at every operation; one that delays lets it go on to the next, any other ends it. A sync that failed by rule has lost its
 * pages: a later sync of that open file reports success and does nothing, as Linux does. After a power cut every operation fails.
 */
public final class FaultVfs implements Vfs {
  /** What a process ends with when a rule cuts its power. */
  public static final int POWER_CUT_EXIT_CODE = 86;

  private final Vfs inner;
  private final long seed;
  private final List<FaultRule> rules;
  private final MetricRegistry metrics;
  private final Consumer<String> onPowerCut;
  /** What a power cut has to take back; null if no rule cuts the power. */
  private final @Nullable Unsynced unsynced;
  /** Held shared by every operation if power cuts are possible, and exclusively by the power cut. */
  private final ReentrantReadWriteLock power = new ReentrantReadWriteLock();
  private volatile boolean off;

  FaultVfs(Vfs inner, long seed, List<FaultRule> rules, MetricRegistry metrics, Consumer<String> onPowerCut) {
    this.inner = inner;
    this.seed = seed;
    this.rules = rules;
    this.metrics = metrics;
    this.onPowerCut = onPowerCut;
    this.unsynced = rules.stream().anyMatch(rule -> rule.action == FaultRule.Action.POWER_CUT) ? new Unsynced(inner) : null;
  }

  /**
   * For tests: the file system under these rules, written as in the config file. Closing it closes {@code inner}.
   *
   * @param onPowerCut what to do, with the message, instead of ending the process; from then on every operation fails
   * @throws nokv.api.ConfigException naming the rule by its index and the key
   */
  public static FaultVfs over(Vfs inner, long seed, List<? extends Map<String, ?>> rules, MetricRegistry metrics, Consumer<String> onPowerCut) {
    return new FaultVfs(inner, seed, FaultRule.parse("fault.rules", rules, seed), metrics, onPowerCut);
  }

  /** For tests, without power cuts of the process's own and without metrics. */
  public static FaultVfs over(Vfs inner, long seed, List<? extends Map<String, ?>> rules) {
    return over(inner, seed, rules, new MetricRegistry(), message -> {});
  }

  /** Says so on standard error and ends the process as a power cut does: no shutdown hook runs. */
  static void halt(String message) {
    System.err.println(message);
    System.err.flush();
    Runtime.getRuntime().halt(POWER_CUT_EXIT_CODE);
  }

  /** Faults injected so far, delays included. */
  public long injected() {
    return rules.stream().mapToLong(FaultRule::fired).sum();
  }

  /** Faults injected so far by the rule at this index. */
  public long injected(int rule) {
    return rules.get(rule).fired();
  }

  // --- injection ---

  private void before(Operation operation, String path) {
    before(operation, path, null, null);
  }

  /** Lets the rules act. @param prefix writes the first so many bytes, where the operation is a write */
  private void before(Operation operation, String path, @Nullable String orPath, @Nullable Write write) {
    if (off) throw powerOff(operation, path);
    for (FaultRule rule : rules) {
      if (!rule.due(operation, path, orPath)) continue;
      metrics.counter("fault.injected").inc();
      metrics.counter("fault." + rule.action.word.replace('-', '_')).inc();
      switch (rule.action) {
        case DELAY -> delay(rule);
        case FAIL -> throw failure(VfsException.Cause.IO, operation, path, "injected failure", rule);
        case TEAR, FULL -> {
          long written = write == null ? 0 : write.prefix(rule);
          boolean full = rule.action == FaultRule.Action.FULL;
          String what = (full ? "no space left on device, injected" : "injected torn write") + (write == null ? "" : ", " + written + " of " + write.source.byteSize() + " bytes written");
          throw failure(full ? VfsException.Cause.NO_SPACE : VfsException.Cause.IO, operation, path, what, rule);
        }
        case POWER_CUT -> {
          cutPower(rule, operation, path);
          throw powerOff(operation, path);
        }
      }
    }
  }

  private record Write(File file, long position, MemorySegment source) {
    long prefix(FaultRule rule) {
      long length = rule.prefix(source.byteSize());
      file.writeThrough(position, source.asSlice(0, length));
      return length;
    }
  }

  private static void delay(FaultRule rule) {
    try {
      Thread.sleep(rule.delay);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private VfsException failure(VfsException.Cause cause, Operation operation, String path, String what, FaultRule rule) {
    return new VfsException(cause, "cannot " + operation.word + " " + path + ": " + what + " (" + rule + ", seed " + seed + ")", null);
  }

  private static VfsException powerOff(Operation operation, String path) {
    return new VfsException(VfsException.Cause.IO, "cannot " + operation.word + " " + path + ": power is off", null);
  }

  private void cutPower(FaultRule rule, Operation operation, String path) {
    power.writeLock().lock();
    try {
      if (off || unsynced == null) return;
      String taken = unsynced.takeBack(rule.split(), rule.survival);
      onPowerCut.accept("fault: power cut at " + operation.word + " of " + path + " (" + rule + ", seed " + seed + "); taken back: " + taken);
    } finally {
      off = true; // if the process is still there; until then others wait, so that nobody hears of an error that a power cut would have swallowed
      power.writeLock().unlock();
    }
  }

  /** Runs an operation wholly before or wholly after a power cut. */
  private <T> T powered(Operation operation, String path, Supplier<T> effect) {
    if (unsynced == null) return effect.get();
    power.readLock().lock();
    try {
      if (off) throw powerOff(operation, path);
      return effect.get();
    } finally {
      power.readLock().unlock();
    }
  }

  private void change(Operation operation, String path, Runnable plain, Consumer<Unsynced> tracked) {
    powered(operation, path, () -> {
      if (unsynced == null) plain.run();
      else tracked.accept(unsynced);
      return this;
    });
  }

  // --- Vfs ---

  @Override public VfsFile open(String path, Mode mode) {
    Operation operation = mode == Mode.CREATE ? Operation.CREATE : Operation.OPEN;
    before(operation, path);
    return powered(operation, path, () -> {
      if (unsynced == null) return new File(inner.open(path, mode), null);
      if (mode == Mode.CREATE) unsynced.creating(path);
      VfsFile file = inner.open(path, mode);
      return new File(file, mode == Mode.READ ? null : unsynced.opened(path));
    });
  }

  @Override public boolean exists(String path) {
    return powered(Operation.LIST, path, () -> inner.exists(path));
  }

  @Override public List<String> list(String directory) {
    before(Operation.LIST, directory);
    return powered(Operation.LIST, directory, () -> unsynced == null ? inner.list(directory) : unsynced.list(directory));
  }

  @Override public void createDirectories(String directory) {
    before(Operation.CREATE_DIRECTORIES, directory);
    change(Operation.CREATE_DIRECTORIES, directory, () -> inner.createDirectories(directory), u -> u.createDirectories(directory));
  }

  @Override public void delete(String path) {
    before(Operation.DELETE, path);
    change(Operation.DELETE, path, () -> inner.delete(path), u -> u.delete(path));
  }

  @Override public void rename(String from, String to) {
    before(Operation.RENAME, from, to, null);
    change(Operation.RENAME, from, () -> inner.rename(from, to), u -> u.rename(from, to));
  }

  @Override public void link(String existing, String link) {
    before(Operation.LINK, existing, link, null);
    change(Operation.LINK, existing, () -> inner.link(existing, link), u -> u.link(existing, link));
  }

  @Override public void syncDirectory(String directory) {
    before(Operation.SYNC_DIRECTORY, directory);
    change(Operation.SYNC_DIRECTORY, directory, () -> inner.syncDirectory(directory), u -> u.syncDirectory(directory));
  }

  @Override public AutoCloseable lock(String path) {
    before(Operation.LOCK, path);
    return powered(Operation.LOCK, path, () -> {
      if (unsynced != null) unsynced.creating(path);
      return inner.lock(path);
    });
  }

  @Override public long freeBytes(String path) {
    return powered(Operation.LIST, path, () -> inner.freeBytes(path));
  }

  @Override public void close() {
    if (unsynced != null) unsynced.close();
    inner.close();
  }

  // --- files ---

  private final class File implements VfsFile {
    private final VfsFile file;
    private final @Nullable UnsyncedFile tracked;
    private volatile boolean syncFailed;
    private boolean closed;

    File(VfsFile file, @Nullable UnsyncedFile tracked) {
      this.file = file;
      this.tracked = tracked;
    }

    @Override public String path() {
      return file.path();
    }

    @Override public long size() {
      return powered(Operation.READ, path(), file::size);
    }

    @Override public int read(long position, MemorySegment target) {
      before(Operation.READ, path());
      return powered(Operation.READ, path(), () -> file.read(position, target));
    }

    @Override public void write(long position, MemorySegment source) {
      before(Operation.WRITE, path(), null, new Write(this, position, source));
      writeThrough(position, source);
    }

    void writeThrough(long position, MemorySegment source) {
      powered(Operation.WRITE, path(), () -> modify(position, position + source.byteSize(), () -> file.write(position, source)));
    }

    @Override public void sync() {
      try {
        before(Operation.SYNC, path());
      } catch (VfsException e) {
        syncFailed = true;
        throw e;
      }
      if (syncFailed) return;
      powered(Operation.SYNC, path(), () -> {
        if (tracked == null) file.sync();
        else tracked.sync(file);
        return this;
      });
    }

    @Override public void truncate(long size) {
      before(Operation.TRUNCATE, path());
      powered(Operation.TRUNCATE, path(), () -> modify(size, Long.MAX_VALUE, () -> file.truncate(size)));
    }

    @Override public void allocate(long size) {
      before(Operation.ALLOCATE, path());
      powered(Operation.ALLOCATE, path(), () -> modify(Long.MAX_VALUE, Long.MAX_VALUE, () -> file.allocate(size)));
    }

    private File modify(long from, long to, Runnable effect) {
      if (tracked == null) effect.run();
      else tracked.modify(from, to, effect);
      return this;
    }

    @Override public MemorySegment map(long position, long length, Arena arena) {
      before(Operation.MAP, path());
      return powered(Operation.MAP, path(), () -> file.map(position, length, arena));
    }

    @Override public void close() {
      synchronized (this) {
        if (closed) return;
        closed = true;
      }
      file.close();
      if (tracked != null && unsynced != null) unsynced.closed(tracked);
    }
  }
}
