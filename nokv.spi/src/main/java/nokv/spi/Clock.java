package nokv.spi;

/** Time, passed in so that a test can hold or step it. Thread-safe. */
public interface Clock {
  Clock SYSTEM = new Clock() {
    @Override public long millis() {
      return System.currentTimeMillis();
    }

    @Override public long nanos() {
      return System.nanoTime();
    }
  };

  /** Wall-clock milliseconds since 1970. May step in either direction. */
  long millis();

  /** Monotonic nanoseconds from an arbitrary origin, for durations. */
  long nanos();
}
