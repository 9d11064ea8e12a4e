package nokv.api;

/** A key, value, range or option is outside its limits; the message names the limit. */
public final class InvalidArgumentException extends NoKVException {
  private static final long serialVersionUID = 1L;

  public InvalidArgumentException(String message) {
    super(message);
  }

  public InvalidArgumentException(String message, Throwable cause) {
    super(message, cause);
  }

}
