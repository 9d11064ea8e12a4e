package nokv.spi;

import java.time.Duration;

/** Runs something later. Thread-safe. */
public interface Timer {
  /**
   * Runs {@code task} once on the environment's {@link Environment#io} executor after {@code delay}, unless it is cancelled before. Long work the task hands over to
   * {@link Environment#background}: heartbeats and leases must not wait behind a compaction.
   */
  Cancellable schedule(Duration delay, Runnable task);

  /** A task that has not run yet. */
  interface Cancellable {
    /** Does nothing if it has run. */
    void cancel();
  }
}
