package nokv.raftstore.raft;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What nodes tell each other, and what storage tells its own node. May be lost, doubled, delayed and reordered. */
public sealed interface Message {
  long from();

  long to();

  /** The sender's term; 0 = belongs to no term. */
  long term();

  /** Whether it stays within the node. */
  default boolean isLocal() {
    return from() == to();
  }

  /** The leader's entries behind {@code previousIndex}, where the logs have to agree. {@code commit} is the leader's. */
  record Append(long from, long to, long term, long previousIndex, long previousTerm, List<Entry> entries, long commit) implements Message {}

  /**
   * Answer to {@link Append} and {@link InstallSnapshot}.
   *
   * @param index the last index at which the logs are known to agree; if rejected, the {@code previousIndex} that was refused
   * @param hint if rejected, an index at or above the last at which the logs may agree
   * @param hintTerm the term at {@code hint} in the sender's log; 0 = unknown
   */
  record AppendResponse(long from, long to, long term, long index, boolean rejected, long hint, long hintTerm) implements Message {
    static AppendResponse accepted(long from, long to, long term, long index) {
      return new AppendResponse(from, to, term, index, false, 0, 0);
    }
  }

  /**
   * Says that the leader lives.
   *
   * @param commit never beyond what the receiver is known to have
   * @param round counts the leader's broadcasts; the answer carries it back
   */
  record Heartbeat(long from, long to, long term, long commit, long round) implements Message {}

  /** Answer to {@link Heartbeat}. */
  record HeartbeatResponse(long from, long to, long term, long round) implements Message {}

  /**
   * A candidate asks for a vote.
   *
   * @param pre only asks whether it would be granted; {@code term} is then the one the candidate would begin
   * @param transfer the leader itself wants this election, so its lease does not count
   */
  record VoteRequest(long from, long to, long term, boolean pre, long lastIndex, long lastTerm, boolean transfer) implements Message {}

  /** Answer to {@link VoteRequest}; a granted one carries the request's term. */
  record VoteResponse(long from, long to, long term, boolean pre, boolean rejected) implements Message {}

  /** A state instead of the entries that are gone. */
  record InstallSnapshot(long from, long to, long term, Snapshot snapshot) implements Message {}

  /** The leader asks a peer to begin an election at once: the last step of a transfer. */
  record TimeoutNow(long from, long to, long term) implements Message {}

  /** A follower asks the leader for a read index. */
  record ReadIndex(long from, long to, long context) implements Message {
    @Override public long term() {
      return 0;
    }
  }

  /** Answer to {@link ReadIndex}. */
  record ReadIndexResponse(long from, long to, long term, long context, long index) implements Message {}

  /**
   * Own storage is durable up to an entry, and has the snapshot if there was one.
   *
   * @param term the node's when the entries were handed out: if it has changed since, they may have been replaced
   * @param index 0 = no entries
   */
  record Stored(long to, long term, long index, long logTerm, @Nullable Snapshot snapshot) implements Message {
    @Override public long from() {
      return to;
    }
  }

  /** The application has applied these entries. */
  record Applied(long to, List<Entry> entries) implements Message {
    @Override public long from() {
      return to;
    }

    @Override public long term() {
      return 0;
    }
  }
}
