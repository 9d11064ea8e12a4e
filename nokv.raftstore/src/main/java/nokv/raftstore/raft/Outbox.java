package nokv.raftstore.raft;

import java.util.ArrayList;
import java.util.List;
import nokv.raftstore.raft.Ready.StorageAppend;
import nokv.raftstore.raft.Ready.StorageApply;
import org.jspecify.annotations.Nullable;

/**
 * What a node has to say since the last {@link Ready}. Messages that promise something (votes and acknowledgements of entries) wait until what they promise is stored, the node's
 * own to itself included: its vote and its entries count only once they are durable.
 */
final class Outbox {
  private final RaftNode node;
  private final boolean async;
  private List<Message> messages = new ArrayList<>();
  private List<Message> promises = new ArrayList<>();
  private List<ReadState> readStates = new ArrayList<>();
  private SoftState reportedSoftState;
  private HardState reportedHardState;
  /** Without asynchronous storage: what to step once the last Ready is done. */
  private List<Message> onAdvance = List.of();

  Outbox(RaftNode node, boolean async, SoftState soft, HardState hard) {
    this.node = node;
    this.async = async;
    reportedSoftState = soft;
    reportedHardState = hard;
  }

  void send(Message message) {
    boolean promise = message instanceof Message.AppendResponse || message instanceof Message.VoteResponse;
    (promise ? promises : messages).add(message);
  }

  void readState(ReadState state) {
    readStates.add(state);
  }

  boolean hasReady() {
    var log = node.log();
    return !messages.isEmpty() || !promises.isEmpty() || !readStates.isEmpty() || log.unstable().hasNextEntries() || log.hasNextCommitted()
        || log.unstable().nextSnapshot() != null || !node.softState().equals(reportedSoftState) || !node.hardState().equals(reportedHardState);
  }

  Ready take() {
    var log = node.log();
    var unstable = log.unstable();
    var snapshot = unstable.nextSnapshot();
    var entries = unstable.nextEntries();
    var committed = List.copyOf(log.nextCommitted());
    var soft = changed(node.softState(), reportedSoftState);
    var hard = changed(node.hardState(), reportedHardState);
    boolean mustSync = !entries.isEmpty() || (hard != null && (hard.term() != reportedHardState.term() || hard.vote() != reportedHardState.vote()));

    var stored = unstable.hasEntries() || snapshot != null ? stored(snapshot) : null;
    var applied = committed.isEmpty() ? null : new Message.Applied(node.id(), committed);
    StorageAppend append = null;
    StorageApply apply = null;
    if (async) {
      if (!entries.isEmpty() || hard != null || snapshot != null || !promises.isEmpty()) {
        if (stored != null) promises.add(stored);
        append = new StorageAppend(hard, snapshot, entries, mustSync, promises);
      }
      if (applied != null) apply = new StorageApply(committed, applied);
    } else {
      onAdvance = new ArrayList<>();
      for (var promise : promises) (promise.isLocal() ? onAdvance : messages).add(promise);
      if (stored != null) onAdvance.add(stored);
      if (applied != null) onAdvance.add(applied);
    }
    var ready = new Ready(soft, hard, snapshot, entries, committed, messages, readStates, mustSync, append, apply);

    messages = new ArrayList<>();
    promises = new ArrayList<>();
    readStates = new ArrayList<>();
    if (soft != null) reportedSoftState = soft;
    if (hard != null) reportedHardState = hard;
    unstable.handedOut();
    log.handedOutToApply(committed);
    return ready;
  }

  /**
   * Confirms everything up to the last entry, also what earlier Readies handed out: if an earlier confirmation came in a later term, and so did not count, this one makes up for it.
   */
  private Message.Stored stored(@Nullable Snapshot snapshot) {
    var log = node.log();
    boolean any = log.unstable().hasEntries();
    return new Message.Stored(node.id(), node.term(), any ? log.lastIndex() : 0, any ? log.lastTerm() : 0, snapshot);
  }

  List<Message> takeOnAdvance() {
    var steps = onAdvance;
    onAdvance = List.of();
    return steps;
  }

  private static <T> @Nullable T changed(T now, T before) {
    return now.equals(before) ? null : now;
  }
}
