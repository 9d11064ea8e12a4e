package nokv.api;

/** A file or peer of a format version that this release no longer reads. */
public final class TooOldException extends NoKVException {
  private static final long serialVersionUID = 1L;

  public TooOldException(String message) {
    super(message);
  }

  public TooOldException(String message, Throwable cause) {
    super(message, cause);
  }

}
