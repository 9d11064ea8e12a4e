package nokv.raftstore.raft;

/**
 * What a node may forget.
 *
 * @param leader 0 = unknown
 */
public record SoftState(long leader, RoleKind role) {}
