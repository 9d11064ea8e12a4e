package nokv.api;

/** No answer from a majority in time, or the part asked for is not there. Reads may be retried; a write that may have happened is an OutcomeUnknownException instead. */
public final class UnavailableException extends NoKVException {
  private static final long serialVersionUID = 1L;

  public UnavailableException(String message) {
    super(message);
  }

  public UnavailableException(String message, Throwable cause) {
    super(message, cause);
  }

  @Override public boolean retryable() {
    return true;
  }
}
