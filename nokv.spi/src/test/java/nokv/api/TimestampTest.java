package nokv.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class TimestampTest {
  @Test void physicalAndLogicalPartComeBack() {
    long timestamp = Timestamp.of(1_800_000_000_000L, 77);
    assertEquals(1_800_000_000_000L, Timestamp.physicalMillis(timestamp));
    assertEquals(77, Timestamp.logical(timestamp));
    assertTrue(Timestamp.endOf(1_800_000_000_000L) >= timestamp);
    assertEquals(Timestamp.of(1_800_000_000_001L, 0), Timestamp.endOf(1_800_000_000_000L) + 1);
  }

  @Test void theyStayPositiveUntilTheYear3084() {
    assertTrue(Timestamp.of(java.time.Instant.parse("3084-01-01T00:00:00Z").toEpochMilli(), 0) > 0);
  }

  @Test void aVersionHasExpiredFromItsVeryMillisecond() {
    assertFalse(Timestamp.expired(1000, Timestamp.endOf(999)));
    assertTrue(Timestamp.expired(1000, Timestamp.of(1000, 0)));
    assertFalse(Timestamp.expired(0, Timestamp.MAX));
  }
}
