package nokv.api;

/**
 * The root of everything NoKV throws. The message says what happened, where, and what to do. Subclasses tell apart what a caller may want to handle apart.
 */
public class NoKVException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public NoKVException(String message) {
    super(message);
  }

  public NoKVException(String message, Throwable cause) {
    super(message, cause);
  }

  /** Whether the operation is known not to have happened and may succeed if run again as it is. */
  public boolean retryable() {
    return false;
  }
}
