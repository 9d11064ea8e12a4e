package nokv.engine.lsm;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Consumer;
import nokv.engine.lsm.range.RangeDeletes;
import nokv.engine.lsm.table.RangeTombstone;
import org.jspecify.annotations.Nullable;

/*
 * How readers keep what they read
 *
 * All that can be read at some moment is one immutable View: the active memtable, the sealed ones, and the tables by level. A change makes a new View and retires the old one,
 * which lets go of its parts when no reader is inside any more; a part is freed when no view holds it.
 *
 * Entering must cost no lock and, with many threads, no contended cache line. So a view counts its readers in stripes, one per group of threads. A reader adds one to its stripe
 * and then looks whether the view is still the current one; if not it takes the one back and tries the next. Retiring first makes the new view current, then marks the old one
 * retired, then looks at the stripes. All of it is sequentially consistent, so either the reader sees that the view is no longer current, or the one who retires sees the reader;
 * a reader that leaves later sees the mark and looks again. A reader leaves by the stripe it entered by, so a stripe is never below the number of readers in it, and a view whose
 * stripes were each seen at zero after it was retired has no reader: those who enter then leave without having looked.
 */

/**
 * What can be read at one moment.
 *
 * <p>Held from {@link VersionSet#enter} to {@link #leave}.
 */
final class View {
  private static final int STRIPES = 16;
  private static final int LONGS_PER_CACHE_LINE = 16;

  /** Takes writes; newest. */
  final Buffer active;
  /** Newest first. */
  final List<Buffer> sealed;
  final Levels levels;
  private final AtomicLongArray readers = new AtomicLongArray(STRIPES * LONGS_PER_CACHE_LINE);
  private final AtomicBoolean freed = new AtomicBoolean();
  /** Whether anything but the active memtable, which may get some, has range deletes. */
  private final boolean belowActive;
  private volatile boolean retired;

  /** A view that holds its parts from now on. */
  View(Buffer active, List<Buffer> sealed, Levels levels) {
    this.active = active;
    this.sealed = sealed;
    this.levels = levels;
    belowActive = !levels.rangeDeletes().isEmpty() || sealed.stream().anyMatch(buffer -> !buffer.rangeDeletes().isEmpty());
    active.hold();
    for (Buffer buffer : sealed) buffer.hold();
    levels.hold();
  }

  boolean hasRangeDeletes() {
    return belowActive || !active.rangeDeletes().isEmpty();
  }

  /** The newest range delete over the key that is not above the version and the sequence, or null. */
  @Nullable RangeTombstone newestRangeDelete(int family, byte[] key, long version, long sequence) {
    RangeTombstone newest = newer(active.rangeDeletes().newestOver(family, key, version, sequence), levels.rangeDeletes().newestOver(family, key, version, sequence));
    for (Buffer buffer : sealed) newest = newer(newest, buffer.rangeDeletes().newestOver(family, key, version, sequence));
    return newest;
  }

  private static @Nullable RangeTombstone newer(@Nullable RangeTombstone a, @Nullable RangeTombstone b) {
    return a == null ? b : b == null || RangeDeletes.isNewer(a, b.version(), b.sequence()) ? a : b;
  }

  void forEachRangeDelete(int family, byte[] key, Consumer<RangeTombstone> action) {
    active.rangeDeletes().forEachOver(family, key, action);
    for (Buffer buffer : sealed) buffer.rangeDeletes().forEachOver(family, key, action);
    levels.rangeDeletes().forEachOver(family, key, action);
  }

  static int stripe() {
    return (int) Thread.currentThread().threadId() & (STRIPES - 1);
  }

  void enter(int stripe) {
    readers.getAndIncrement(stripe * LONGS_PER_CACHE_LINE);
  }

  void leave(int stripe) {
    readers.getAndDecrement(stripe * LONGS_PER_CACHE_LINE);
    if (retired) freeIfQuiet();
  }

  /** To be called once another view is the current one. */
  void retire() {
    retired = true;
    freeIfQuiet();
  }

  private void freeIfQuiet() {
    for (int stripe = 0; stripe < STRIPES; stripe++) if (readers.get(stripe * LONGS_PER_CACHE_LINE) != 0) return;
    if (!freed.compareAndSet(false, true)) return;
    levels.release();
    for (Buffer buffer : sealed) buffer.release();
    active.release();
  }
}
