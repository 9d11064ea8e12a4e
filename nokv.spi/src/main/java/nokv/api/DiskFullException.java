package nokv.api;

/** The disk is full. Nothing was written; reads go on, and writes resume when space returns. */
public final class DiskFullException extends NoKVException {
  private static final long serialVersionUID = 1L;

  public DiskFullException(String message) {
    super(message);
  }

  public DiskFullException(String message, Throwable cause) {
    super(message, cause);
  }

  @Override public boolean retryable() {
    return true;
  }
}
