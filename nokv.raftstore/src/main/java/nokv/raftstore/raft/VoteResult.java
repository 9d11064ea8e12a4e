package nokv.raftstore.raft;

/** How an election stands. */
enum VoteResult {
  /** Neither a majority for nor one against is certain yet. */
  PENDING,
  LOST,
  WON
}
