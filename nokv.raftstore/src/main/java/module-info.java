/** Regions replicated by raft, and transactions across them. */
module nokv.raftstore {
  requires nokv.spi;
}
