package nokv.api;

/** A read below the point to which old versions are kept, or a snapshot that lived longer than the maximum age. */
public final class SnapshotTooOldException extends NoKVException {
  private static final long serialVersionUID = 1L;

  public SnapshotTooOldException(String message) {
    super(message);
  }

  public SnapshotTooOldException(String message, Throwable cause) {
    super(message, cause);
  }

}
