package nokv.engine.lsm.table;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The search for one version of one key, taken from source to source: what is looked for and, once a source has it, what was found. Made once per read or used again by {@link #of};
 * nothing on the way from source to source allocates. Not thread-safe.
 */
public final class Lookup {
  private byte[] target = new byte[64];
  private int length;
  private long version;
  private long sequence;
  private boolean passOver;
  private long hash;

  private final ValueHeader header = new ValueHeader();
  private long foundVersion;
  private long foundSequence;

  /**
   * Looks for the newest entry of the user key with a version of at most {@code version} and a sequence of at most {@code sequence}.
   *
   * @param passOver whether to pass over locks and rollbacks, as readers of values do
   */
  public Lookup of(int family, byte[] userKey, long version, long sequence, boolean passOver) {
    int bytes = InternalKey.OVERHEAD_BYTES + userKey.length;
    if (target.length < bytes) target = new byte[Math.max(bytes, 2 * target.length)];
    length = InternalKey.encode(target, family, userKey, version, sequence);
    this.version = version;
    this.sequence = sequence;
    this.passOver = passOver;
    hash = Bloom.hash(target, length - InternalKey.TRAILER_BYTES);
    return this;
  }

  /** The internal key to start from, at the start of an array. */
  public byte[] target() {
    return target;
  }

  /** Of the internal key in {@link #target}. */
  public int length() {
    return length;
  }

  int userLength() {
    return length - InternalKey.TRAILER_BYTES;
  }

  long hash() {
    return hash;
  }

  /** Whether an entry of the key, which is not before the target, is what is looked for; if so it becomes what was found. */
  public boolean accept(long entryVersion, long entrySequence, MemorySegment value, long valueAt, int valueLength) {
    if (entrySequence > sequence || entryVersion > version) return false;
    if (passOver && ValueHeader.isPassedOver(ValueHeader.kindCode(value, valueAt))) return false;
    header.read(value, valueAt, valueLength, entryVersion);
    foundVersion = entryVersion;
    foundSequence = entrySequence;
    return true;
  }

  /** Of the entry found last. Valid while the source it was found in is. */
  public ValueHeader header() {
    return header;
  }

  public long foundVersion() {
    return foundVersion;
  }

  public long foundSequence() {
    return foundSequence;
  }

  @Override public String toString() {
    return InternalKey.toString(Arrays.copyOf(target, length));
  }
}
