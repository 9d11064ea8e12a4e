package nokv.raftstore.raft;

/** Kinds of elections. */
enum Campaign {
  /** Asks whether it would win. */
  PRE,
  REAL,
  /** At the leader's wish: no pre-vote, and no voter holds the leader's lease against it. */
  TRANSFER
}
