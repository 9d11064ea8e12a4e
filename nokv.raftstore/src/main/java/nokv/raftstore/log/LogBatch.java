package nokv.raftstore.log;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import nokv.raftstore.raft.Entry;
import nokv.raftstore.raft.HardState;
import nokv.raftstore.raft.Snapshot;
import nokv.raftstore.raft.Storage;
import nokv.spi.EngineLog;
import org.jspecify.annotations.Nullable;

/**
 * Steps of many regions that become durable with one append and one sync. Filled by the store loop, appended, and when that is done {@link #stored} on the store loop: until then the
 * regions' logs show nothing of it. At most one is under way at a time.
 */
public final class LogBatch {
  private record Part(RegionLog log, List<Entry> entries, @Nullable StateRecord state, boolean removed) {}

  private final EngineLog log;
  private final List<Part> parts = new ArrayList<>();
  private final List<EngineLog.Record> records = new ArrayList<>();
  private long bytes;

  LogBatch(EngineLog log) {
    this.log = log;
  }

  /**
   * Entries and state of one step.
   *
   * @param hard null = unchanged. A commit index alone is not worth a record, unless {@code sync} is asked for: it goes with the next
   * @param snapshot replaces the log, before {@code entries}
   */
  public void add(RegionLog region, List<Entry> entries, @Nullable HardState hard, @Nullable Snapshot snapshot, boolean sync) {
    HardState before = region.hard();
    if (hard != null) region.hard(hard);
    HardState now = region.hard();
    boolean record = !region.hasState() || snapshot != null || now.term() != before.term() || now.vote() != before.vote() || (sync && entries.isEmpty());
    if (snapshot != null) {
      // Before the entries, which continue it.
      state(region, new StateRecord(region.region(), now, snapshot.index(), snapshot.term()));
      entries(region, entries);
    } else {
      entries(region, entries);
      if (record) state(region, new StateRecord(region.region(), now, region.truncatedIndex(), region.term(region.truncatedIndex())));
    }
  }

  /** Lets go of the entries up to an index, which has been applied durably. */
  public void truncate(RegionLog region, long index) {
    long term = region.term(index);
    if (term != Storage.UNKNOWN_TERM) state(region, new StateRecord(region.region(), region.hard(), index, term));
  }

  /** Appends all that the region needs again, so that it needs no older record. */
  public void rewrite(RegionLog region) {
    entries(region, region.all());
    state(region, new StateRecord(region.region(), region.hard(), region.truncatedIndex(), region.term(region.truncatedIndex())));
  }

  /** Says that the region's peer has left. */
  public void remove(RegionLog region) {
    parts.add(new Part(region, List.of(), null, true));
    records.add(RemovedRecord.encode(region.region()));
  }

  private void entries(RegionLog region, List<Entry> entries) {
    if (entries.isEmpty()) return;
    parts.add(new Part(region, entries, null, false));
    var record = EntriesRecord.encode(region.region(), entries);
    records.add(record);
    bytes += record.payload().length;
  }

  private void state(RegionLog region, StateRecord state) {
    parts.add(new Part(region, List.of(), state, false));
    records.add(state.encode());
    bytes += StateRecord.BYTES;
  }

  public boolean isEmpty() {
    return records.isEmpty();
  }

  public long bytes() {
    return bytes;
  }

  /** Appends and syncs. Where it fails with {@link nokv.api.DiskFullException} or {@link nokv.api.BusyException} nothing was appended, and it may be tried again. */
  public CompletionStage<List<EngineLog.Position>> append() {
    return log.append(records);
  }

  /** It is durable: the regions' logs show it. */
  public void stored(List<EngineLog.Position> positions) {
    for (int i = 0; i < parts.size(); i++) {
      Part part = parts.get(i);
      StateRecord state = part.state;
      if (part.removed) part.log.removed();
      // The hard state may have moved on since it was encoded.
      else if (state != null) part.log.stored(new StateRecord(state.region(), part.log.hard(), state.truncatedIndex(), state.truncatedTerm()), positions.get(i));
      else part.log.stored(part.entries, positions.get(i));
    }
  }
}
