package nokv.raftstore.raft;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/*
 * A node's log: storage, and behind it what is not stored yet
 *
 *  firstIndex        applied   applying   committed      unstable.offset       lastIndex
 *      |---- storage ---|---------|-----------|--------- ... ----|---- unstable ----|
 *
 * Invariants: applied <= applying <= committed <= lastIndex; committed entries never change. Entries are applied once they are committed and, with asynchronous storage, stored
 * here too (without it, they are stored before they are applied, in the same Ready).
 */
final class RaftLog {
  private final Storage storage;
  private final Unstable unstable;
  private final boolean applyUnstable;
  private final long maxApplyBytes;
  private long committed;
  private long applying;
  private long applied;
  private long applyingBytes;
  /** No more entries are handed out to apply until some are applied: the bound is reached, or was in the way of the rest. */
  private boolean applyPaused;

  RaftLog(Storage storage, boolean applyUnstable, long maxApplyBytes) {
    this.storage = storage;
    this.applyUnstable = applyUnstable;
    this.maxApplyBytes = maxApplyBytes;
    unstable = new Unstable(storage.lastIndex() + 1);
    committed = storage.firstIndex() - 1;
    applying = committed;
    applied = committed;
  }

  Unstable unstable() {
    return unstable;
  }

  long committed() {
    return committed;
  }

  long applied() {
    return applied;
  }

  long firstIndex() {
    var snapshot = unstable.snapshot();
    return snapshot != null ? snapshot.index() + 1 : storage.firstIndex();
  }

  long lastIndex() {
    return unstable.end() - 1;
  }

  long lastTerm() {
    return term(lastIndex());
  }

  /** The term at an index from {@code firstIndex - 1} to {@code lastIndex}; otherwise {@link Storage#UNKNOWN_TERM}. */
  long term(long index) {
    if (index < firstIndex() - 1 || index > lastIndex()) return Storage.UNKNOWN_TERM;
    long term = unstable.term(index);
    return term != Storage.UNKNOWN_TERM ? term : storage.term(index);
  }

  boolean matches(long index, long term) {
    return term(index) == term;
  }

  /** Whether a log that ends so has everything a majority may have committed (thesis 3.6.1). */
  boolean isUpToDate(long index, long term) {
    long last = lastTerm();
    return term > last || (term == last && index >= lastIndex());
  }

  @Nullable Snapshot snapshot() {
    var pending = unstable.snapshot();
    return pending != null ? pending : storage.snapshot();
  }

  /** As many entries of {@code [from, to)} as fit, at least one; null if the first is gone. */
  @Nullable List<Entry> entries(long from, long to, long maxBytes) {
    if (from >= to) return List.of();
    if (from < firstIndex()) return null;
    var found = new ArrayList<Entry>();
    long offset = unstable.offset();
    long room = maxBytes;
    if (from < offset) {
      long end = Math.min(to, offset);
      for (var entry : storage.entries(from, end, maxBytes)) {
        found.add(entry);
        room -= entry.bytes();
      }
      if (found.size() < end - from) return found;
    }
    if (to > offset) {
      for (var entry : unstable.slice(Math.max(from, offset), to)) {
        room -= entry.bytes();
        if (room < 0 && !found.isEmpty()) break;
        found.add(entry);
      }
    }
    return found;
  }

  /** The entries behind {@code from - 1} for a peer. */
  @Nullable List<Entry> entriesFrom(long from, long maxBytes) {
    return entries(from, lastIndex() + 1, maxBytes);
  }

  /**
   * Takes in a leader's entries if the logs agree before them. Only a real conflict removes entries: an old message must not cut off what came after it (thesis 3.5).
   *
   * @return the last index at which the logs agree now, or -1 if they do not agree at the start
   */
  long append(long previousIndex, long previousTerm, List<Entry> more, long leaderCommit) {
    if (!matches(previousIndex, previousTerm)) return -1;
    int known = 0;
    while (known < more.size() && matches(more.get(known).index(), more.get(known).term())) known++;
    if (known < more.size()) {
      long conflict = more.get(known).index();
      if (conflict <= committed) throw new IllegalStateException("entry " + conflict + " is committed and conflicts with the leader's; committed up to " + committed);
      unstable.append(more.subList(known, more.size()));
    }
    long last = previousIndex + more.size();
    commitTo(Math.min(leaderCommit, last));
    return last;
  }

  /** Appends a leader's own entry. */
  void append(Entry entry) {
    unstable.append(List.of(entry));
  }

  void commitTo(long index) {
    if (index <= committed) return;
    if (index > lastIndex()) throw new IllegalStateException("commit index " + index + " is beyond the last entry " + lastIndex() + ": the log has lost entries it had acknowledged");
    committed = index;
  }

  /** The greatest index up to {@code index} whose term is not above {@code term}, as far as is known: a log that has {@code term} there can only agree at or below it. */
  long lastIndexNotAbove(long term, long index) {
    while (index > 0 && term(index) > term) index--;
    return index;
  }

  /** Replaces everything by a snapshot, all of which is committed. */
  void restore(Snapshot snapshot) {
    committed = snapshot.index();
    unstable.restore(snapshot);
  }

  /** Whether there may be a configuration change among the entries that are committed and not applied. */
  boolean hasUnappliedChange() {
    for (long index = Math.max(applied + 1, firstIndex()); index <= committed; ) {
      var batch = entries(index, committed + 1, maxApplyBytes);
      if (batch == null || batch.isEmpty()) return true;
      for (var entry : batch) if (entry.isChange()) return true;
      index += batch.size();
    }
    return false;
  }

  private long maxAppliable() {
    return applyUnstable ? committed : Math.min(committed, unstable.offset() - 1);
  }

  boolean hasNextCommitted() {
    return !applyPaused && unstable.snapshot() == null && applying < maxAppliable();
  }

  List<Entry> nextCommitted() {
    if (!hasNextCommitted()) return List.of();
    var next = entries(applying + 1, maxAppliable() + 1, maxApplyBytes - applyingBytes);
    if (next == null) throw new IllegalStateException("entry " + (applying + 1) + " is not applied, but no longer in the log, which begins at " + firstIndex());
    return next;
  }

  void handedOutToApply(List<Entry> entries) {
    if (entries.isEmpty()) return;
    applying = entries.getLast().index();
    for (var entry : entries) applyingBytes += entry.bytes();
    applyPaused = applyingBytes >= maxApplyBytes || applying < maxAppliable();
  }

  void appliedTo(long index, long bytes) {
    if (index > committed) throw new IllegalStateException("entry " + index + " was applied, but only " + committed + " is committed");
    applied = Math.max(applied, index);
    applying = Math.max(applying, applied);
    applyingBytes = Math.max(0, applyingBytes - bytes);
    applyPaused = applyingBytes >= maxApplyBytes;
  }
}
