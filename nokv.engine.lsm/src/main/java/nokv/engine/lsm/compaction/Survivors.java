package nokv.engine.lsm.compaction;

import nokv.api.Timestamp;
import nokv.spi.Kind;

/*
 * What a merge may drop
 *
 * Entries come in the order of the tree: key by key, versions descending, sequences descending. Let r be what retention says of the key: every reader from now on reads at r or
 * above. Versions above r stay. Of those at or below r a reader can reach only the newest PUT or DELETE, the key's floor: everything under it goes, and so do locks and rollbacks at
 * or below r. The floor itself goes if it says "not there" - it is a DELETE, it has expired at r, or a range delete at or below r covers it - and nothing else could then show
 * through: for a covered floor the range delete still stands; for the others no older version may lie outside the merge (see Older).
 *
 * Of two entries with the same key and version the one with the lower sequence is invisible to every reader but a physical pin, and pins keep their files: it goes, whatever r is.
 * One batch may even write a key twice at one version; its last write comes first here.
 */

/** Decides, entry by entry, what a flush or compaction keeps. Not thread-safe. */
public final class Survivors {
  private final Retention retention;
  private final RangeCover covers;
  private final Older older;

  private byte[] key = {};
  private int family = -1;
  private long retained;
  private long lastVersion;
  private long lastSequence;
  private boolean lastIsFinal;
  private boolean floorPassed;

  /** The range deletes that the merge reads. */
  @FunctionalInterface
  public interface RangeCover {
    /** Whether a range delete at or below {@code limit} covers the entry. */
    boolean covers(int family, byte[] key, long version, long sequence, long limit);
  }

  /** What the merge does not read. */
  @FunctionalInterface
  public interface Older {
    /** Whether older versions of the key may lie outside the merge. Keys are asked in ascending order. */
    boolean mayExist(int family, byte[] key);
  }

  public Survivors(Retention retention, RangeCover covers, Older older) {
    this.retention = retention;
    this.covers = covers;
    this.older = older;
  }

  /** The entries that follow are of this key; not to be called again for the same key. */
  public void key(int nextFamily, byte[] nextKey) {
    family = nextFamily;
    key = nextKey;
    retained = retention.at(nextKey);
    lastIsFinal = false;
    lastVersion = Long.MIN_VALUE;
    floorPassed = false;
  }

  /** Whether this entry of the key stays. */
  public boolean keep(long version, long sequence, Kind kind, long expiryMillis) {
    if (version == lastVersion && (lastIsFinal || sequence == lastSequence)) return false;
    boolean isFinal = kind == Kind.PUT || kind == Kind.DELETE;
    lastIsFinal = isFinal;
    lastVersion = version;
    lastSequence = sequence;
    if (version > retained) return true;
    if (!isFinal || floorPassed) return false;
    floorPassed = true;
    if (covers.covers(family, key, version, sequence, retained)) return false;
    boolean absent = kind == Kind.DELETE || Timestamp.expired(expiryMillis, retained);
    return !absent || older.mayExist(family, key);
  }
}
