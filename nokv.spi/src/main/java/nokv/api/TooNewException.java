package nokv.api;

/** A file or peer of a format version newer than this release. */
public final class TooNewException extends NoKVException {
  private static final long serialVersionUID = 1L;

  public TooNewException(String message) {
    super(message);
  }

  public TooNewException(String message, Throwable cause) {
    super(message, cause);
  }

}
