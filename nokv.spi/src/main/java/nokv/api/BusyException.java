package nokv.api;

/** The store is overloaded or the owner of the key is not known right now. Nothing was written. */
public final class BusyException extends NoKVException {
  private static final long serialVersionUID = 1L;

  public BusyException(String message) {
    super(message);
  }

  public BusyException(String message, Throwable cause) {
    super(message, cause);
  }

  @Override public boolean retryable() {
    return true;
  }
}
