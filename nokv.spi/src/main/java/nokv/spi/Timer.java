package nokv.spi;

import java.time.Duration;

/** Runs something later. Thread-safe. */
public interface Timer {
  /** Runs {@code task} once on the environment's {@link Environment#background} executor after {@code delay}, unless it is cancelled before. */
  Cancellable schedule(Duration delay, Runnable task);

  /** A task that has not run yet. */
  interface Cancellable {
    /** Does nothing if it has run. */
    void cancel();
  }
}
