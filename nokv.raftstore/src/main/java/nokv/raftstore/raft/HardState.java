package nokv.raftstore.raft;

/**
 * What a node must not forget, beside its log: it is durable before a message that follows from it is sent.
 *
 * @param vote whom it voted for in {@code term}; 0 = nobody
 * @param commit the greatest index known to be committed; only a hint that saves work after a restart
 */
public record HardState(long term, long vote, long commit) {
  public static final HardState EMPTY = new HardState(0, 0, 0);
}
