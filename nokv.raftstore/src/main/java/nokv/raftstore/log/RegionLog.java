package nokv.raftstore.log;

import java.util.ArrayList;
import java.util.List;
import nokv.api.CorruptException;
import nokv.raftstore.raft.Configuration;
import nokv.raftstore.raft.Entry;
import nokv.raftstore.raft.HardState;
import nokv.raftstore.raft.Snapshot;
import nokv.raftstore.raft.Storage;
import nokv.spi.EngineLog;
import org.jspecify.annotations.Nullable;

/**
 * One region's part of the log, as its raft node reads it. Knows of each entry where it lies; the entries themselves are cached as long as the budget of {@link RaftLogs} allows, and
 * read back otherwise. Changes only by a {@link LogBatch} that is stored. Used by one thread at a time, the store loop.
 */
public final class RegionLog implements Storage {
  /** Entries of one term that stand in one record. */
  static final class Run {
    long first;
    long last;
    final long term;
    EngineLog.Position position;
    /** Null = read back by position. */
    @Nullable List<Entry> cached;
    /** Of all its entries when it was made. */
    final long bytes;

    Run(List<Entry> entries, EngineLog.Position position) {
      first = entries.getFirst().index();
      last = entries.getLast().index();
      term = entries.getFirst().term();
      this.position = position;
      cached = entries;
      long sum = 0;
      for (Entry entry : entries) sum += entry.bytes();
      bytes = sum;
    }
  }

  private final RaftLogs logs;
  private final long region;
  private final List<Run> runs = new ArrayList<>();
  private HardState hard = HardState.EMPTY;
  private long truncatedIndex;
  private long truncatedTerm;
  private EngineLog.@Nullable Position statePosition;
  private long bytes;
  private long applied;
  private Configuration configuration = Configuration.EMPTY;
  private SnapshotSource snapshots = () -> null;

  /** Makes the snapshot that {@link Storage#snapshot} gives. */
  @FunctionalInterface
  public interface SnapshotSource {
    @Nullable Snapshot snapshot();
  }

  RegionLog(RaftLogs logs, long region) {
    this.logs = logs;
    this.region = region;
  }

  public long region() {
    return region;
  }

  /**
   * Prepares it for a node that starts.
   *
   * @param appliedIndex what the state holds; where the log ends before or has another term there, a crash has torn off the log's side of a snapshot, and it is empty from there on
   */
  public void start(long appliedIndex, long appliedTerm, Configuration startConfiguration, SnapshotSource source) {
    configuration = startConfiguration;
    snapshots = source;
    applied = appliedIndex;
    if (appliedIndex < truncatedIndex) {
      throw new CorruptException("region " + region + " has applied entries up to " + appliedIndex + ", but its log begins only behind " + truncatedIndex);
    }
    if (appliedIndex > lastIndex() || term(appliedIndex) != appliedTerm) reset(appliedIndex, appliedTerm);
    if (hard.term() < lastTerm()) hard = new HardState(lastTerm(), 0, hard.commit());
  }

  private long lastTerm() {
    return runs.isEmpty() ? truncatedTerm : runs.getLast().term;
  }

  // As the node sees it

  @Override public HardState hardState() {
    return new HardState(hard.term(), hard.vote(), Math.max(hard.commit(), applied));
  }

  @Override public Configuration configuration() {
    return configuration;
  }

  @Override public long firstIndex() {
    return truncatedIndex + 1;
  }

  @Override public long lastIndex() {
    return runs.isEmpty() ? truncatedIndex : runs.getLast().last;
  }

  @Override public long term(long index) {
    if (index == truncatedIndex) return truncatedTerm;
    if (index < truncatedIndex || index > lastIndex()) return UNKNOWN_TERM;
    return runs.get(find(index)).term;
  }

  @Override public List<Entry> entries(long from, long to, long maxBytes) {
    var found = new ArrayList<Entry>();
    long room = maxBytes;
    for (int at = find(from); at < runs.size(); at++) {
      Run run = runs.get(at);
      for (Entry entry : load(run)) {
        if (entry.index() < Math.max(from, run.first) || entry.index() > run.last) continue;
        room -= entry.bytes();
        if (entry.index() >= to || (room < 0 && !found.isEmpty())) return found;
        found.add(entry);
      }
    }
    return found;
  }

  @Override public @Nullable Snapshot snapshot() {
    return snapshots.snapshot();
  }

  private List<Entry> load(Run run) {
    List<Entry> cached = run.cached;
    return cached != null ? cached : logs.read(region, run.position);
  }

  /** The place of the run with this index, which exists. */
  private int find(long index) {
    int low = 0;
    int high = runs.size() - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (runs.get(middle).last < index) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  // What its owner asks

  /** Bytes of the entries above the truncated index, about. */
  public long bytes() {
    return bytes;
  }

  public long truncatedIndex() {
    return truncatedIndex;
  }

  /** The greatest index not above {@code limit} up to which truncation leaves no more than {@code keepBytes}; the truncated index where nothing has to go. */
  public long truncationFor(long limit, long keepBytes) {
    long index = truncatedIndex;
    long left = bytes;
    for (Run run : runs) {
      if (left <= keepBytes || run.last > limit) break;
      left -= run.bytes;
      index = run.last;
    }
    return index;
  }

  /** The first position of the log that it needs; null = none. */
  EngineLog.@Nullable Position needed() {
    EngineLog.Position state = statePosition;
    if (runs.isEmpty() || state == null) return state;
    EngineLog.Position first = runs.getFirst().position;
    return first.compareTo(state) < 0 ? first : state;
  }

  HardState hard() {
    return hard;
  }

  /** Whether the log has a record of it. */
  public boolean hasState() {
    return statePosition != null;
  }

  List<Entry> all() {
    return runs.isEmpty() ? List.of() : entries(firstIndex(), lastIndex() + 1, Long.MAX_VALUE);
  }

  // Changes

  void hard(HardState changed) {
    hard = changed;
  }

  /** Takes note of a commit index, which is stored with the next record of the state. */
  public void remember(HardState changed) {
    if (changed.term() == hard.term() && changed.vote() == hard.vote()) hard = changed;
  }

  /** Entries are stored at a position: they replace what has their index, and all behind. */
  void stored(List<Entry> entries, EngineLog.Position position) {
    int from = 0;
    while (from < entries.size() && entries.get(from).index() <= truncatedIndex) from++;
    if (from == entries.size()) return;
    cut(entries.get(from).index());
    if (entries.get(from).index() != lastIndex() + 1) {
      throw new CorruptException("region " + region + ": a record holds entries from " + entries.get(from).index() + " on, but the log before it ends at " + lastIndex());
    }
    while (from < entries.size()) {
      int to = from + 1;
      while (to < entries.size() && entries.get(to).term() == entries.get(from).term()) to++;
      var run = new Run(from == 0 && to == entries.size() ? entries : List.copyOf(entries.subList(from, to)), position);
      runs.add(run);
      bytes += run.bytes;
      logs.cached(run);
      from = to;
    }
  }

  private void cut(long from) {
    while (!runs.isEmpty() && runs.getLast().last >= from) {
      Run last = runs.getLast();
      if (last.first < from) {
        last.last = from - 1;
        return;
      }
      runs.removeLast();
      drop(last);
    }
  }

  private void drop(Run run) {
    bytes -= run.bytes;
    logs.forget(run);
  }

  /** A state is stored. Where the log has no entry of the truncated index and term, it is empty behind it. */
  void stored(StateRecord state, EngineLog.Position position) {
    hard = state.hard();
    statePosition = position;
    if (state.truncatedIndex() > lastIndex() || (state.truncatedIndex() > truncatedIndex && term(state.truncatedIndex()) != state.truncatedTerm())) {
      reset(state.truncatedIndex(), state.truncatedTerm());
    } else {
      truncated(state.truncatedIndex(), state.truncatedTerm());
    }
  }

  private void truncated(long index, long term) {
    // Where the log was read from its middle, the term before its first entry is known only now.
    if (index == truncatedIndex) truncatedTerm = term;
    if (index <= truncatedIndex) return;
    int gone = 0;
    while (gone < runs.size() && runs.get(gone).last <= index) drop(runs.get(gone++));
    runs.subList(0, gone).clear();
    if (!runs.isEmpty() && runs.getFirst().first <= index) runs.getFirst().first = index + 1;
    truncatedIndex = index;
    truncatedTerm = term;
  }

  /** Empty, as if all up to an index had been truncated. */
  void reset(long index, long term) {
    runs.forEach(this::drop);
    runs.clear();
    truncatedIndex = index;
    truncatedTerm = term;
  }

  /** All that is known is void. */
  void removed() {
    reset(0, 0);
    hard = HardState.EMPTY;
    statePosition = null;
  }
}
