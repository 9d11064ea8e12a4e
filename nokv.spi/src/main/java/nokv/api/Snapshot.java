package nokv.api;

/**
 * The store as it was at one timestamp. Thread-safe. It keeps old versions from being dropped: close it; one that outlives the maximum age configured is ended
 * and its reads throw {@link SnapshotTooOldException}.
 */
public interface Snapshot extends Reader, AutoCloseable {
  /** Everything committed at or before it is seen, nothing after. */
  long timestamp();

  @Override void close();
}
