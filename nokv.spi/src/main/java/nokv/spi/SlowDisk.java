package nokv.spi;

import com.codahale.metrics.Counter;
import com.codahale.metrics.Timer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file system whose syncs are timed, those under way too, since a disk that hangs gives no answer to time: a sync that takes longer than a second is counted
 * ({@code disk.slow_syncs}) and told in the log with its path, once a minute at most. {@code disk.sync_latency} has them all. Files opened for reading are handed out as they are.
 */
final class SlowDisk implements Vfs {
  private static final Logger LOG = LoggerFactory.getLogger(SlowDisk.class);
  static final Duration SLOW = Duration.ofSeconds(1);
  private static final Duration BETWEEN_LINES = Duration.ofMinutes(1);

  private final Vfs vfs;
  private final Environment environment;
  private final Timer latency;
  private final Counter slow;
  /** Syncs under way: what, and since when. */
  private final Map<Object, Running> running = new ConcurrentHashMap<>();
  private final AtomicLong lastLine;
  private nokv.spi.Timer.Cancellable look = () -> {};
  private volatile boolean closed;

  private record Running(String path, long since) {}

  SlowDisk(Vfs vfs, Environment environment) {
    this.vfs = vfs;
    this.environment = environment;
    latency = environment.metrics().timer("disk.sync_latency");
    slow = environment.metrics().counter("disk.slow_syncs");
    lastLine = new AtomicLong(environment.clock().nanos() - BETWEEN_LINES.toNanos());
    lookAgain();
  }

  private synchronized void lookAgain() {
    if (!closed) look = environment.timer().schedule(SLOW, this::look);
  }

  private void look() {
    long now = environment.clock().nanos();
    for (Running sync : running.values()) if (now - sync.since > SLOW.toNanos()) tell(sync.path, now - sync.since, "has not ended after");
    lookAgain();
  }

  private void tell(String path, long nanos, String what) {
    long now = environment.clock().nanos();
    long last = lastLine.get();
    if (now - last < BETWEEN_LINES.toNanos() || !lastLine.compareAndSet(last, now)) return;
    LOG.warn("the disk is slow: a sync of {} {} {} ms; see disk.slow_syncs and disk.sync_latency", path, what, TimeUnit.NANOSECONDS.toMillis(nanos));
  }

  private void timed(String path, Runnable sync) {
    long start = environment.clock().nanos();
    var key = new Object();
    running.put(key, new Running(path, start));
    try {
      sync.run();
    } finally {
      running.remove(key);
      long nanos = environment.clock().nanos() - start;
      latency.update(nanos, TimeUnit.NANOSECONDS);
      if (nanos > SLOW.toNanos()) {
        slow.inc();
        tell(path, nanos, "took");
      }
    }
  }

  @Override public VfsFile open(String path, Mode mode) {
    VfsFile file = vfs.open(path, mode);
    return mode == Mode.READ ? file : new Timed(file);
  }

  @Override public void syncDirectory(String directory) {
    timed(directory, () -> vfs.syncDirectory(directory));
  }

  @Override public boolean exists(String path) {
    return vfs.exists(path);
  }

  @Override public List<String> list(String directory) {
    return vfs.list(directory);
  }

  @Override public void createDirectories(String directory) {
    vfs.createDirectories(directory);
  }

  @Override public void delete(String path) {
    vfs.delete(path);
  }

  @Override public void rename(String from, String to) {
    vfs.rename(from, to);
  }

  @Override public void link(String existing, String link) {
    vfs.link(existing, link);
  }

  @Override public AutoCloseable lock(String path) {
    return vfs.lock(path);
  }

  @Override public long freeBytes(String path) {
    return vfs.freeBytes(path);
  }

  @Override public void close() {
    synchronized (this) {
      closed = true;
      look.cancel();
    }
    vfs.close();
  }

  private final class Timed implements VfsFile {
    private final VfsFile file;

    Timed(VfsFile file) {
      this.file = file;
    }

    @Override public void sync() {
      timed(file.path(), file::sync);
    }

    @Override public String path() {
      return file.path();
    }

    @Override public long size() {
      return file.size();
    }

    @Override public int read(long position, MemorySegment target) {
      return file.read(position, target);
    }

    @Override public void write(long position, MemorySegment source) {
      file.write(position, source);
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
  }
}
