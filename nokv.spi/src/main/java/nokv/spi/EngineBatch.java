package nokv.spi;

import java.util.ArrayList;
import java.util.List;
import nokv.api.KeyRange;

/**
 * Versions that enter the engine together. The engine gives the batch a sequence, in the order of its queue, and calls the two hooks at the moments they name; a replicator
 * overrides them to give versions and to detect conflicts in exactly that order without a lock of its own. Used once. Not thread-safe until written.
 */
public class EngineBatch {
  /** As an entry's version: the {@link #version} of the batch, known only after {@link #prepare}. */
  public static final long OF_BATCH = -1;

  /** One version to write; see {@link Version}. {@code version} may be {@link #OF_BATCH}. */
  public record Entry(int family, byte[] key, long version, Kind kind, long startTimestamp, long expiryMillis, byte[] value) {}

  private final List<Entry> entries;
  private long version;
  private long byteSize;
  private boolean outOfOrder;

  public EngineBatch() {
    this(8);
  }

  public EngineBatch(int expectedEntries) {
    entries = new ArrayList<>(expectedEntries);
  }

  public final EngineBatch add(Entry entry) {
    entries.add(entry);
    byteSize += entry.key.length + (long) entry.value.length + 32;
    return this;
  }

  public final EngineBatch put(int family, byte[] key, long version, long startTimestamp, long expiryMillis, byte[] value) {
    return add(new Entry(family, key, version, Kind.PUT, startTimestamp, expiryMillis, value));
  }

  public final EngineBatch delete(int family, byte[] key, long version, long startTimestamp) {
    return add(new Entry(family, key, version, Kind.DELETE, startTimestamp, 0, NONE));
  }

  public final EngineBatch deleteRange(int family, KeyRange range, long version) {
    byte[] end = range.end();
    return add(new Entry(family, range.start(), version, Kind.DELETE_RANGE, 0, 0, end == null ? NONE : end));
  }

  private static final byte[] NONE = {};

  /** The version of the entries that have none of their own. */
  public final void setVersion(long version) {
    this.version = version;
  }

  public final long version() {
    return version;
  }

  /** The version an entry of this batch ends up with. */
  public final long versionOf(Entry entry) {
    return entry.version == OF_BATCH ? version : entry.version;
  }

  /**
   * Says that an entry may be older than a version of its key that the engine already has (a managed transaction, a restore). Readers then look past the first version they
   * find. Without it, the versions of one key must come in ascending order.
   */
  public final EngineBatch setOutOfOrder() {
    outOfOrder = true;
    return this;
  }

  public final boolean outOfOrder() {
    return outOfOrder;
  }

  public final List<Entry> entries() {
    return entries;
  }

  /** About how many bytes it takes in the log and the memtable. */
  public final long byteSize() {
    return byteSize;
  }

  /**
   * Called by the engine once, before the batch is logged; of all batches one at a time and in the order of their sequences. May set versions. Must be short and must not
   * call the engine's writes. What it throws refuses this batch alone and is what the writer gets.
   */
  protected void prepare() {}

  /** Called by the engine once, after the batch has become visible and before its writer is told; in the order of sequences. Must be short. */
  protected void visible(long sequence) {}

  /** Called instead of {@link #visible} when the batch failed after {@link #prepare} (the log could not be written or synced). */
  protected void failed(Throwable cause) {}

  /** For the engine only. */
  public final void runPrepare() {
    prepare();
  }

  /** For the engine only. */
  public final void runVisible(long sequence) {
    visible(sequence);
  }

  /** For the engine only. */
  public final void runFailed(Throwable cause) {
    failed(cause);
  }
}
