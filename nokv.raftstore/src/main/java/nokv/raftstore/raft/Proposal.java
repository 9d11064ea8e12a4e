package nokv.raftstore.raft;

/** What became of a proposal. */
public sealed interface Proposal {
  /** It has a place in this leader's log. It is committed if the entry applied at {@code index} has this term, and lost if that has another. */
  record Appended(long term, long index) implements Proposal {}

  /** Nothing was done; the proposal may be made again. */
  record Refused(Reason reason) implements Proposal {}

  /** Why a proposal was refused. */
  enum Reason {
    NOT_LEADER,
    /** The leader has been removed from the group. */
    NOT_MEMBER,
    /** Leadership is being handed over. */
    TRANSFERRING,
    /** Too many bytes are not committed yet. */
    BUSY
  }
}
