package nokv.raftstore.raft;

/**
 * The application's state up to an entry, or rather a name of it: {@code data} is what the receiver needs to find the state, whose transfer is the driver's affair.
 *
 * @param configuration the group's as of {@code index}
 */
public record Snapshot(long index, long term, Configuration configuration, byte[] data) {}
