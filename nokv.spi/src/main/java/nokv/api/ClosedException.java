package nokv.api;

/** The store, snapshot, cursor or transaction was closed. */
public final class ClosedException extends NoKVException {
  private static final long serialVersionUID = 1L;

  public ClosedException(String message) {
    super(message);
  }

  public ClosedException(String message, Throwable cause) {
    super(message, cause);
  }

}
