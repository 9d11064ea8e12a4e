package nokv.raftstore.raft;

/** What a node does differently as follower, candidate or leader; what is common is in {@link RaftNode}. An object lives for one term in one role. */
sealed interface Role permits Follower, Candidate, Leader {
  RoleKind kind();

  void tick();

  /** Takes a message of the node's own term, or of none. */
  void step(Message message);
}
