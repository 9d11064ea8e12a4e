package nokv.raftstore.raft;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A log in memory. */
final class MemoryStorage implements Storage {
  private HardState hard = HardState.EMPTY;
  private Configuration configuration = Configuration.EMPTY;
  private long baseIndex;
  private long baseTerm;
  private final List<Entry> entries = new ArrayList<>();
  private @Nullable Snapshot snapshot;

  MemoryStorage copy() {
    var copy = new MemoryStorage();
    copy.hard = hard;
    copy.configuration = configuration;
    copy.baseIndex = baseIndex;
    copy.baseTerm = baseTerm;
    copy.entries.addAll(entries);
    copy.snapshot = snapshot;
    return copy;
  }

  @Override public HardState hardState() {
    return hard;
  }

  @Override public Configuration configuration() {
    return configuration;
  }

  @Override public long firstIndex() {
    return baseIndex + 1;
  }

  @Override public long lastIndex() {
    return baseIndex + entries.size();
  }

  @Override public long term(long index) {
    if (index == baseIndex) return baseTerm;
    return index > baseIndex && index <= lastIndex() ? entry(index).term() : UNKNOWN_TERM;
  }

  Entry entry(long index) {
    return entries.get((int) (index - baseIndex - 1));
  }

  @Override public List<Entry> entries(long from, long to, long maxBytes) {
    var found = new ArrayList<Entry>();
    long room = maxBytes;
    for (long index = from; index < to; index++) {
      room -= entry(index).bytes();
      if (room < 0 && !found.isEmpty()) break;
      found.add(entry(index));
    }
    return found;
  }

  @Override public @Nullable Snapshot snapshot() {
    return snapshot;
  }

  void store(@Nullable HardState newHard, @Nullable Snapshot newSnapshot, List<Entry> more) {
    if (newSnapshot != null) install(newSnapshot);
    if (!more.isEmpty()) {
      long from = more.getFirst().index();
      if (from <= baseIndex || from > lastIndex() + 1) throw new AssertionError("entries stored from " + from + " on behind " + baseIndex + ".." + lastIndex());
      entries.subList((int) (from - baseIndex - 1), entries.size()).clear();
      entries.addAll(more);
    }
    if (newHard != null) hard = newHard;
  }

  void install(Snapshot newSnapshot) {
    snapshot = newSnapshot;
    configuration = newSnapshot.configuration();
    baseIndex = newSnapshot.index();
    baseTerm = newSnapshot.term();
    entries.clear();
  }

  /** The application's state at an index, with the configuration in effect there, from which a node can be started or a peer helped. */
  void applied(Snapshot state) {
    snapshot = state;
    configuration = state.configuration();
  }

  /** Forgets the entries behind {@code index}. */
  void truncate(long index) {
    entries.subList((int) (index - baseIndex), entries.size()).clear();
  }

  void compact(long index) {
    if (index <= baseIndex) return;
    baseTerm = term(index);
    entries.subList(0, (int) (index - baseIndex)).clear();
    baseIndex = index;
  }
}
