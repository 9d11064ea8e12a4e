package nokv.engine.lsm;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import nokv.engine.lsm.compaction.Job.SegmentId;
import nokv.engine.lsm.compaction.Survivors;
import nokv.engine.lsm.manifest.Bound;
import nokv.engine.lsm.manifest.Span;
import nokv.engine.lsm.range.RangeDeletes;
import nokv.engine.lsm.table.Compression;
import nokv.engine.lsm.table.Entry;
import nokv.engine.lsm.table.InternalIterator;
import nokv.engine.lsm.table.RangeTombstone;
import nokv.engine.lsm.table.ValueHeader;
import nokv.spi.Kind;
import nokv.spi.ValuePointer;
import nokv.spi.ValueStore.Temperature;
import org.jspecify.annotations.Nullable;

/**
 * Writes what survives of a sorted walk to tables: the body of flush, compaction and collection. Tables are cut between user keys only, so that at one level one table has all
 * versions of a key; range deletes are cut where the tables are. Used once, by one thread.
 */
final class Merge {
  /** What the outputs are to be. @param order for level 0 */
  record Target(long tableBytes, long order, boolean outOfOrder, Compression compression) {}

  /** Which values move. @param inlineThreshold length from which on a value in the walk goes to the value store @param relocate segments whose values are to be moved */
  record Moves(int inlineThreshold, Set<SegmentId> relocate) {
    static final Moves NONE = new Moves(Integer.MAX_VALUE, Set.of());
  }

  /** What the merge does now and then. */
  @FunctionalInterface
  interface Look {
    /** May wait. @param bytes written since the last look @throws nokv.api.ClosedException the merge is to be given up */
    void after(long bytes);
  }

  private static final int ENTRIES_BETWEEN_LOOKS = 256;

  private final TableFiles files;
  private final Survivors survivors;
  private final List<RangeTombstone> rangeDeletes;
  private final Target target;
  private final Moves moves;
  private final JobValues values;
  private final Look look;
  private final List<TableFile> outputs = new ArrayList<>();
  private final ValueTally dropped = new ValueTally();
  private final ValueHeader header = new ValueHeader();

  private @Nullable TableOutput output;
  private Bound outputStart = Span.ALL.start();
  private byte[] held = new byte[64];
  private int heldLength;
  private byte[] userKey = {};
  private long entriesRead;
  private long entriesKept;
  private long finishedBytes;
  private long seenBytes;

  /** @param rangeDeletes those that survive */
  Merge(TableFiles files, Survivors survivors, List<RangeTombstone> rangeDeletes, Target target, Moves moves, JobValues values, Look look) {
    this.files = files;
    this.survivors = survivors;
    this.rangeDeletes = rangeDeletes;
    this.target = target;
    this.moves = moves;
    this.values = values;
    this.look = look;
  }

  /** Returns the tables, each verified, durable but for their names; the caller holds them. On failure there are none. */
  List<TableFile> run(InternalIterator walk) {
    try {
      for (boolean more = walk.seekToFirst(); more; more = walk.next()) {
        if (++entriesRead % ENTRIES_BETWEEN_LOOKS == 0) look();
        Entry entry = walk.entry();
        if (heldLength == 0 || !entry.isOfUserKey(held, heldLength)) nextKey(entry);
        take(entry);
      }
      finishOutput(Span.ALL.end());
      return outputs;
    } catch (Throwable e) {
      if (output != null) output.abandon();
      outputs.forEach(files::discard);
      throw e;
    }
  }

  private void look() {
    long bytes = finishedBytes + (output == null ? 0 : output.bytes());
    look.after(bytes - seenBytes);
    seenBytes = bytes;
  }

  private void nextKey(Entry entry) {
    heldLength = entry.keyLength();
    if (held.length < heldLength) held = new byte[2 * heldLength];
    System.arraycopy(entry.key(), 0, held, 0, heldLength);
    userKey = entry.userKey();
    int family = entry.family();
    if (output != null && output.bytes() >= target.tableBytes) finishOutput(new Bound(family, userKey));
    survivors.key(family, userKey);
  }

  private void take(Entry entry) {
    entry.header(header);
    Kind kind = header.kind();
    if (!survivors.keep(entry.version(), entry.sequence(), kind, header.expiryMillis())) {
      if (header.isPointer()) dropped.add(header.pointer());
      return;
    }
    entriesKept++;
    TableOutput to = output();
    if (header.isPointer()) {
      ValuePointer pointer = header.pointer();
      if (!moves.relocate.isEmpty() && moves.relocate.contains(new SegmentId(pointer.bucket(), pointer.segment()))) {
        dropped.add(pointer);
        to.addMoved(entry, header, values.append(entry.family(), userKey, values.read(pointer), Temperature.COLD));
      } else {
        to.add(entry);
      }
    } else if (kind == Kind.PUT && header.valueLength() >= moves.inlineThreshold) {
      to.addMoved(entry, header, values.append(entry.family(), userKey, header.value(), Temperature.HOT));
    } else {
      to.add(entry);
    }
  }

  private TableOutput output() {
    if (output == null) output = files.create(target.compression);
    return output;
  }

  /** Ends the present table just before {@code end}, with the range deletes from where it began to there. */
  private void finishOutput(Bound end) {
    var span = new Span(outputStart, end);
    for (RangeTombstone delete : rangeDeletes) {
      RangeTombstone part = RangeDeletes.clip(delete, span);
      if (part != null) output().add(part);
    }
    outputStart = end;
    if (output == null) return;
    TableOutput ready = output;
    output = null;
    outputs.add(ready.finish(target));
    finishedBytes += outputs.getLast().meta.bytes();
  }

  /** Pointers that the tables no longer hold. */
  ValueTally dropped() {
    return dropped;
  }

  long entriesRead() {
    return entriesRead;
  }

  long entriesKept() {
    return entriesKept;
  }
}
