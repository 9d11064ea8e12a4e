package nokv.api;

/** The store takes no writes: it was opened read-only, or its log failed to sync (the cause), which is final until it is opened again. Reads go on. */
public final class ReadOnlyException extends NoKVException {
  private static final long serialVersionUID = 1L;

  public ReadOnlyException(String message) {
    super(message);
  }

  public ReadOnlyException(String message, Throwable cause) {
    super(message, cause);
  }

}
