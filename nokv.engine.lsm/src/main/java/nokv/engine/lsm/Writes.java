package nokv.engine.lsm;

import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import nokv.api.DiskFullException;
import nokv.engine.lsm.wal.CommitTarget;
import nokv.spi.EngineBatch;
import nokv.spi.EngineLog;
import nokv.spi.ValuePointer;
import nokv.spi.ValueStore;
import org.jspecify.annotations.Nullable;

/**
 * What commits do to the memtables: fills the active one, seals it when it is full, and slows writers down in proportion to what flush and compaction are
 * behind. Used by one thread at a time, who holds the commits' memtable, but for {@link #visible}, {@link #maxVersion} and {@link #requestSeal}.
 */
final class Writes implements CommitTarget {
  /** What one unit of debt adds to each byte written: at 4 ns one unit alone leaves 250 MB/s, ten leave 25. */
  private static final double NANOS_PER_BYTE_AND_DEBT = 4;
  private static final int DEBT_OF_A_MEMTABLE = 4;

  private final EngineOptions options;
  private final VersionSet versions;
  private final Background background;
  private final Function<Long, Buffer> buffers;
  private final java.util.function.LongSupplier walSegment;
  private volatile boolean sealRequested;
  private volatile long visible;
  private volatile long maxVersion;

  /**
   * @param buffers makes an empty memtable whose batches lie in this segment of the log or later
   * @param walSegment where the log is now
   */
  Writes(EngineOptions options, VersionSet versions, Background background, Function<Long, Buffer> buffers, java.util.function.LongSupplier walSegment, long visible, long maxVersion) {
    this.options = options;
    this.versions = versions;
    this.background = background;
    this.buffers = buffers;
    this.walSegment = walSegment;
    this.visible = visible;
    this.maxVersion = maxVersion;
  }

  /** The sequence up to which readers see. */
  long visible() {
    return visible;
  }

  long maxVersion() {
    return maxVersion;
  }

  /** Tables came in from elsewhere; nobody writes meanwhile. */
  void sawVersion(long version) {
    if (version > maxVersion) maxVersion = version;
  }

  /** Has the active memtable sealed before the next batch. */
  void requestSeal() {
    sealRequested = true;
  }

  @Override public @Nullable CompletionStage<?> makeRoom(long bytes) {
    DiskFullException spent = background.spent();
    if (spent != null) throw spent;
    View view = versions.peek();
    Buffer active = view.active;
    boolean full = active.bytes() > 0 && active.bytes() + bytes > options.memtableBytes();
    if (!full && !sealRequested) return null;
    if (active.isEmpty()) {
      sealRequested = false;
      return null;
    }
    if (view.sealed.size() > options.memtables()) {
      DiskFullException noSpace = background.full();
      if (noSpace != null) throw new DiskFullException("memtables are full and cannot be flushed: " + noSpace.getMessage(), noSpace);
      return background.nextFlush();
    }
    versions.seal(buffers.apply(walSegment.getAsLong()));
    sealRequested = false;
    background.wake();
    return null;
  }

  @Override public double delayNanosPerByte() {
    View view = versions.peek();
    int memtables = Math.max(0, view.sealed.size() + 1 - options.memtables());
    int tables = Math.max(0, view.levels.level(0).length - options.level0Slowdown());
    return NANOS_PER_BYTE_AND_DEBT * (DEBT_OF_A_MEMTABLE * memtables + tables);
  }

  @Override public ValueStore.Temperature temperature(int family, byte[] key) {
    return ValueStore.Temperature.HOT;
  }

  @Override public void apply(EngineBatch batch, @Nullable ValuePointer @Nullable [] pointers, long sequence, EngineLog.@Nullable Position position) {
    Buffer active = versions.peek().active;
    active.apply(batch, pointers, sequence);
    if (active.maxVersion() > maxVersion) maxVersion = active.maxVersion();
  }

  @Override public void publish(long sequence) {
    visible = sequence;
  }
}
