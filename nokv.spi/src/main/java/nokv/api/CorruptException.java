package nokv.api;

/** Bytes read back are not the bytes written: the message names file and offset. Nothing was changed. */
public final class CorruptException extends NoKVException {
  private static final long serialVersionUID = 1L;

  public CorruptException(String message) {
    super(message);
  }

  public CorruptException(String message, Throwable cause) {
    super(message, cause);
  }

}
