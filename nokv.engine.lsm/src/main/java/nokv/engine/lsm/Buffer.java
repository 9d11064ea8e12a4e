package nokv.engine.lsm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import nokv.engine.lsm.compaction.Job.SegmentId;
import nokv.engine.lsm.memtable.Memtable;
import nokv.engine.lsm.range.RangeDeletes;
import nokv.engine.lsm.table.InternalIterator;
import nokv.engine.lsm.table.Lookup;
import nokv.engine.lsm.table.RangeTombstone;
import nokv.engine.lsm.wal.BatchRecord;
import nokv.spi.EngineBatch;
import nokv.spi.Kind;
import nokv.spi.ValuePointer;
import org.jspecify.annotations.Nullable;

/**
 * A memtable with what the engine must know of it. Written by one thread at a time, until it is sealed; read by any.
 *
 * <p>All entries of a batch have its sequence. Where a batch writes a key twice the memtable puts the last write first; where a range delete follows a write that it covers in
 * the same batch, the write is left out, since nothing else would tell which came first.
 */
final class Buffer extends Counted {
  private static final byte[] NOTHING = {};

  /** The first segment of the log that may hold its batches. */
  final long firstSegment;
  private final Memtable memtable;
  private final ValueUse use;
  private final Set<SegmentId> segments = new HashSet<>();
  private volatile RangeDeletes ranges = RangeDeletes.NONE;
  private long maxSequence;

  Buffer(Memtable.Structure structure, long firstSegment, long seed, ValueUse use) {
    this.firstSegment = firstSegment;
    this.memtable = new Memtable(structure, seed);
    this.use = use;
  }

  /** @param pointers by entry, null where the value is inline */
  void apply(EngineBatch batch, @Nullable ValuePointer @Nullable [] pointers, long sequence) {
    if (batch.outOfOrder()) memtable.setOutOfOrder();
    List<EngineBatch.Entry> entries = batch.entries();
    var later = new LaterRanges();
    for (EngineBatch.Entry e : entries) if (e.kind() == Kind.DELETE_RANGE) later.add(e.family(), e.key(), e.value(), batch.versionOf(e), sequence);
    for (int i = 0; i < entries.size(); i++) {
      EngineBatch.Entry e = entries.get(i);
      ValuePointer pointer = pointers == null ? null : pointers[i];
      if (e.kind() == Kind.DELETE_RANGE) later.pass();
      else if (later.cover(e.family(), e.key(), batch.versionOf(e))) continue;
      add(e.family(), e.key(), batch.versionOf(e), sequence, e.kind(), e.startTimestamp(), e.expiryMillis(), e.value(), pointer);
    }
    sealBatch(later, sequence);
  }

  /** The same of a batch that was read from the log. @param deletesRanges whether it does */
  void apply(MemorySegment batch, boolean deletesRanges) {
    BatchRecord r = BatchRecord.of(batch);
    long sequence = r.sequence();
    if (r.outOfOrder()) memtable.setOutOfOrder();
    var later = new LaterRanges();
    if (deletesRanges) addRanges(BatchRecord.of(batch), later);
    while (r.next()) {
      byte[] key = r.key().toArray(ValueLayout.JAVA_BYTE);
      if (r.kind() == Kind.DELETE_RANGE) later.pass();
      else if (later.cover(r.family(), key, r.version())) continue;
      ValuePointer pointer = r.pointer();
      byte[] value = pointer == null ? r.value().toArray(ValueLayout.JAVA_BYTE) : NOTHING;
      add(r.family(), key, r.version(), sequence, r.kind(), r.startTimestamp(), r.expiryMillis(), value, pointer);
    }
    sealBatch(later, sequence);
  }

  private static void addRanges(BatchRecord r, LaterRanges to) {
    while (r.next()) {
      if (r.kind() == Kind.DELETE_RANGE) to.add(r.family(), r.key().toArray(ValueLayout.JAVA_BYTE), r.value().toArray(ValueLayout.JAVA_BYTE), r.version(), r.sequence());
    }
  }

  private void add(int family, byte[] key, long version, long sequence, Kind kind, long start, long expiry, byte[] value, @Nullable ValuePointer pointer) {
    if (kind == Kind.DELETE_RANGE) {
      memtable.addRangeDelete(family, key, value, version, sequence);
    } else if (pointer == null) {
      memtable.add(family, key, version, sequence, kind, start, expiry, value);
    } else {
      memtable.addPointer(family, key, version, sequence, kind, start, expiry, pointer);
      var segment = new SegmentId(pointer.bucket(), pointer.segment());
      if (segments.add(segment)) use.add(segment);
    }
  }

  private void sealBatch(LaterRanges ranged, long sequence) {
    if (ranged.any()) ranges = RangeDeletes.of(memtable.rangeDeletes());
    maxSequence = sequence;
  }

  /** The range deletes of a batch that are still to come. */
  private static final class LaterRanges {
    private @Nullable List<RangeTombstone> deletes;
    private int passed;

    void add(int family, byte[] start, byte[] end, long version, long sequence) {
      if (deletes == null) deletes = new ArrayList<>();
      deletes.add(new RangeTombstone(family, start, end, version, sequence));
    }

    void pass() {
      passed++;
    }

    boolean any() {
      return deletes != null;
    }

    boolean cover(int family, byte[] key, long version) {
      if (deletes == null) return false;
      for (RangeTombstone delete : deletes.subList(passed, deletes.size())) {
        if (delete.version() >= version && RangeDeletes.span(delete).contains(family, key)) return true;
      }
      return false;
    }
  }

  boolean get(Lookup lookup) {
    return memtable.get(lookup);
  }

  InternalIterator iterator() {
    return memtable.iterator();
  }

  RangeDeletes rangeDeletes() {
    return ranges;
  }

  boolean outOfOrder() {
    return memtable.outOfOrder();
  }

  /** How much memory it takes. */
  long bytes() {
    return memtable.usedBytes();
  }

  boolean isEmpty() {
    return maxSequence == 0;
  }

  /** 0 where it is empty. */
  long maxSequence() {
    return maxSequence;
  }

  long maxVersion() {
    return memtable.maxVersion();
  }

  long entries() {
    return memtable.entries();
  }

  @Override void free() {
    segments.forEach(use::remove);
    memtable.close();
  }
}
