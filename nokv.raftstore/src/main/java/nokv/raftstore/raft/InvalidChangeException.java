package nokv.raftstore.raft;

/** A change of configuration that the group's present configuration does not allow. Every node meets it at the same entry, and passes the entry over. */
public final class InvalidChangeException extends RuntimeException {
  private static final long serialVersionUID = 1;

  InvalidChangeException(String message) {
    super(message);
  }
}
