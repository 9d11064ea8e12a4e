package nokv.engine.lsm;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import nokv.api.ClosedException;
import nokv.spi.Clock;

/**
 * Keeps what all compactions write together below a rate, so that a busy disk has time for readers and the log. While writers are slowed because compaction is behind, there is no limit: then it is
 * compaction they wait for. Flushes are never held back. Thread-safe.
 */
final class Pace {
  private static final long NANOS_PER_SECOND = 1_000_000_000L;
  /** How far ahead of the rate work may run before it waits. */
  private static final long BURST_NANOS = 20_000_000;

  private final Clock clock;
  private final long bytesPerSecond;
  private final BooleanSupplier behind;
  private long paidUntil;

  /** @param bytesPerSecond 0 = no limit @param behind whether writers wait for compaction */
  Pace(Clock clock, long bytesPerSecond, BooleanSupplier behind) {
    this.clock = clock;
    this.bytesPerSecond = bytesPerSecond;
    this.behind = behind;
    this.paidUntil = clock.nanos();
  }

  /** Waits as long as {@code bytes} more need. @throws ClosedException the store was closed meanwhile */
  void written(long bytes, BooleanSupplier closed) {
    for (long left = owed(bytes); left > 0 && !behind.getAsBoolean(); left = owed(0)) {
      if (closed.getAsBoolean()) throw new ClosedException("the store was closed");
      LockSupport.parkNanos(Math.min(left, NANOS_PER_SECOND / 10));
    }
  }

  /** Nanoseconds to wait after so many more bytes. */
  synchronized long owed(long bytes) {
    if (bytesPerSecond == 0) return 0;
    long now = clock.nanos();
    paidUntil = Math.max(paidUntil, now - BURST_NANOS) + (long) ((double) bytes / bytesPerSecond * NANOS_PER_SECOND);
    return paidUntil - now;
  }
}
