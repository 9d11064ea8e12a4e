package nokv.engine.lsm.compaction;

import java.util.Arrays;
import java.util.TreeMap;
import nokv.api.KeyRange;

/**
 * For every user key, the oldest version that a reader may still ask for. Immutable: the keys are cut into stretches, each from a start to the next one's.
 */
public final class Retention {
  /** Nothing was allowed to be dropped yet. */
  public static final long ALL = Long.MIN_VALUE;
  /** Keeps every version of every key. */
  public static final Retention NOTHING_DROPPED = new Retention(new byte[][] {{}}, new long[] {ALL});

  private final byte[][] starts;
  private final long[] versions;

  private Retention(byte[][] starts, long[] versions) {
    this.starts = starts;
    this.versions = versions;
  }

  /** Readers at or above this version of the key must find what they would find now. */
  public long at(byte[] key) {
    if (starts.length == 1) return versions[0];
    int found = Arrays.binarySearch(starts, key, Arrays::compareUnsigned);
    return versions[found >= 0 ? found : -found - 2];
  }

  /** The least of {@link #at} over a range of keys; {@code end} null = to the last. */
  public long over(KeyRange range) {
    long least = at(range.start());
    for (int i = 0; i < starts.length; i++) if (range.contains(starts[i])) least = Math.min(least, versions[i]);
    return least;
  }

  /** With at least {@code version} in {@code range}: what was allowed stays allowed. */
  public Retention with(KeyRange range, long version) {
    if (range.isEmpty()) return this;
    var stretches = new TreeMap<byte[], Long>(Arrays::compareUnsigned);
    for (int i = 0; i < starts.length; i++) stretches.put(starts[i], versions[i]);
    stretches.putIfAbsent(range.start(), at(range.start()));
    byte[] end = range.end();
    if (end != null) stretches.putIfAbsent(end, at(end));
    stretches.replaceAll((start, old) -> range.contains(start) ? Math.max(old, version) : old);
    return of(stretches);
  }

  private static Retention of(TreeMap<byte[], Long> stretches) {
    var merged = new TreeMap<byte[], Long>(Arrays::compareUnsigned);
    Long before = null;
    for (var stretch : stretches.entrySet()) {
      if (!stretch.getValue().equals(before)) merged.put(stretch.getKey(), stretch.getValue());
      before = stretch.getValue();
    }
    return new Retention(merged.keySet().toArray(new byte[0][]), merged.values().stream().mapToLong(Long::longValue).toArray());
  }
}
