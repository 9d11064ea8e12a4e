package nokv.raftstore.raft;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The end of the log, which storage does not yet have for sure: entries from {@code offset} on, and before them possibly a snapshot. Those below {@code offsetInProgress} have been
 * handed out to be stored; an overwriting append puts that mark back.
 */
final class Unstable {
  private @Nullable Snapshot snapshot;
  private boolean snapshotInProgress;
  private List<Entry> entries = new ArrayList<>();
  private long offset;
  private long offsetInProgress;

  Unstable(long offset) {
    this.offset = offset;
    offsetInProgress = offset;
  }

  long offset() {
    return offset;
  }

  long end() {
    return offset + entries.size();
  }

  @Nullable Snapshot snapshot() {
    return snapshot;
  }

  /** The snapshot if it has not been handed out. */
  @Nullable Snapshot nextSnapshot() {
    return snapshotInProgress ? null : snapshot;
  }

  boolean hasEntries() {
    return !entries.isEmpty();
  }

  boolean hasNextEntries() {
    return offsetInProgress < end();
  }

  /** The entries that have not been handed out. */
  List<Entry> nextEntries() {
    return List.copyOf(entries.subList((int) (offsetInProgress - offset), entries.size()));
  }

  /** Entries of {@code [from, to)}, which lie in here. A view. */
  List<Entry> slice(long from, long to) {
    return entries.subList((int) (from - offset), (int) (to - offset));
  }

  /** The term at an index in here, or {@link Storage#UNKNOWN_TERM}. */
  long term(long index) {
    if (index >= offset && index < end()) return entries.get((int) (index - offset)).term();
    if (snapshot != null && snapshot.index() == index) return snapshot.term();
    return Storage.UNKNOWN_TERM;
  }

  void handedOut() {
    offsetInProgress = end();
    if (snapshot != null) snapshotInProgress = true;
  }

  /**
   * Storage has everything up to an entry. Says nothing if there is another entry at that index by now, or none: storage will report again.
   */
  void stored(long index, long term) {
    if (index < offset || index >= end() || term(index) != term) return;
    entries.subList(0, (int) (index + 1 - offset)).clear();
    offset = index + 1;
    offsetInProgress = Math.max(offsetInProgress, offset);
  }

  void snapshotStored(long index) {
    if (snapshot == null || snapshot.index() != index) return;
    snapshot = null;
    snapshotInProgress = false;
  }

  void restore(Snapshot newSnapshot) {
    snapshot = newSnapshot;
    snapshotInProgress = false;
    entries = new ArrayList<>();
    offset = newSnapshot.index() + 1;
    offsetInProgress = offset;
  }

  /** Puts entries at their place; what lay there and behind goes. */
  void append(List<Entry> more) {
    long from = more.getFirst().index();
    if (from <= offset) {
      entries = new ArrayList<>(more);
      offset = from;
      offsetInProgress = from;
      return;
    }
    if (from < end()) {
      entries.subList((int) (from - offset), entries.size()).clear();
      offsetInProgress = Math.min(offsetInProgress, from);
    }
    entries.addAll(more);
  }
}
