package nokv.api;

/** Another process holds the directory. */
public final class LockedException extends NoKVException {
  private static final long serialVersionUID = 1L;

  public LockedException(String message) {
    super(message);
  }

  public LockedException(String message, Throwable cause) {
    super(message, cause);
  }

}
