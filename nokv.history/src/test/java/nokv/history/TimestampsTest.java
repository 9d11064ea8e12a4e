package nokv.history;

import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Goal: timestamps that go back or come twice are found. Method: histories known to be good or bad. */
class TimestampsTest {
  @SafeVarargs @SuppressWarnings("varargs") private static String check(Call<Long>... calls) {
    return Timestamps.violation(List.of(calls));
  }

  @Test void overlappingRequestsMayBeAnsweredInAnyOrder() {
    assertNull(check(new Call<>(1, 6, 5L), new Call<>(2, 3, 9L), new Call<>(4, 5, 10L)));
  }

  @Test void oneThatGoesBackIsFound() {
    assertTrue(check(new Call<>(1, 2, 5L), new Call<>(3, 4, 4L)).startsWith("went back"));
    assertTrue(check(new Call<>(1, 9, 7L), new Call<>(2, 3, 6L), new Call<>(4, 5, 3L), new Call<>(10, 11, 8L)).startsWith("went back"));
  }

  @Test void oneThatIsGivenTwiceIsFound() {
    assertTrue(check(new Call<>(1, 4, 5L), new Call<>(2, 3, 5L)).startsWith("given twice"));
  }
}
