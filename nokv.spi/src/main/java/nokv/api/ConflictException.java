package nokv.api;

/** Another transaction committed first what this one wrote or read. Nothing was written: run the transaction again. */
public final class ConflictException extends NoKVException {
  private static final long serialVersionUID = 1L;

  public ConflictException(String message) {
    super(message);
  }

  public ConflictException(String message, Throwable cause) {
    super(message, cause);
  }

  @Override public boolean retryable() {
    return true;
  }
}
