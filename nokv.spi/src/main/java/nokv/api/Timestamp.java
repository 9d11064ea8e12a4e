package nokv.api;

/**
 * The 64-bit hybrid timestamps that are versions, snapshots and read points everywhere: physical milliseconds since 1970 in the upper bits, a logical counter
 * of {@value #LOGICAL_BITS} bits below (Kulkarni et al., "Logical Physical Clocks", 2014). Compare them as signed longs; they are positive until the year 3084.
 */
public final class Timestamp {
  public static final int LOGICAL_BITS = 18;
  /** How many timestamps one millisecond holds. */
  public static final long LOGICAL_COUNT = 1L << LOGICAL_BITS;
  /** Above every timestamp ever given: reads at it see the newest version of everything, and nothing that has an expiry. */
  public static final long MAX = Long.MAX_VALUE;

  private Timestamp() {}

  public static long of(long physicalMillis, long logical) {
    return (physicalMillis << LOGICAL_BITS) | logical;
  }

  /** The last timestamp of a millisecond: a read at it sees all that was committed in or before that millisecond. */
  public static long endOf(long physicalMillis) {
    return of(physicalMillis, LOGICAL_COUNT - 1);
  }

  public static long physicalMillis(long timestamp) {
    return timestamp >>> LOGICAL_BITS;
  }

  public static long logical(long timestamp) {
    return timestamp & (LOGICAL_COUNT - 1);
  }

  /** Whether a version with this expiry (milliseconds, 0 = never) is gone for a reader at {@code readTimestamp}. */
  public static boolean expired(long expiryMillis, long readTimestamp) {
    return expiryMillis != 0 && expiryMillis <= physicalMillis(readTimestamp);
  }
}
