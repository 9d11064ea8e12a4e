package nokv.api;

/** A transaction or batch holds more than the store's limit. Nothing was written: split it. */
public final class TransactionTooLargeException extends NoKVException {
  private static final long serialVersionUID = 1L;

  public TransactionTooLargeException(String message) {
    super(message);
  }

  public TransactionTooLargeException(String message, Throwable cause) {
    super(message, cause);
  }

}
