package nokv.raftstore.raft;

/** What a node is at the moment. Learners are followers. */
public enum RoleKind {
  FOLLOWER,
  /** Asks whether it would be elected, without disturbing anybody (thesis 9.6). */
  PRE_CANDIDATE,
  CANDIDATE,
  LEADER
}
