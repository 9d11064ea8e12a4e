package nokv.raftstore.raft;

/**
 * The answer to {@link RaftNode#readIndex}: once {@code index} is applied, a read on this node is linearizable as of the request.
 *
 * @param context what the request was given
 */
public record ReadState(long context, long index) {}
