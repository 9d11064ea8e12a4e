package nokv.tso;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Goal: a timestamp is greater than all that were answered before it was asked for, whatever servers, clocks and the register's answers do. */
@Timeout(120)
final class TimestampServerTest {
  @Test void timestampsNeverGoBackAcrossPausesKillsClockStepsAndLostAnswers() {
    disturbed(1, 200);
  }

  @Tag("long") @Test void timestampsNeverGoBackOverTenThousandSeeds() {
    disturbed(1, 10_000);
  }

  private static void disturbed(long from, long to) {
    long answers = 0;
    long takeovers = 0;
    for (long seed = from; seed <= to; seed++) {
      try {
        var world = new SimulatedServers(seed, 2 + (int) (seed % 3), seed % 2 == 0 ? 20 : 150);
        world.run(Duration.ofSeconds(60), true);
        answers += world.answers;
        takeovers += world.takeovers();
      } catch (Throwable e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
    assertTrue(answers > (to - from) * 500, "only " + answers + " answers: the servers hardly served");
    assertTrue(takeovers > (to - from) * 5, "only " + takeovers + " take-overs: nothing was tested");
  }

  @Test void oneServerServesAtATimeAndKeepsServingWhereNothingGoesWrong() {
    for (long seed = 1; seed <= 20; seed++) {
      var world = new SimulatedServers(seed, 4, 0);
      world.run(Duration.ofSeconds(60), false);
      assertEquals(1, world.takeovers(), "seed " + seed);
      assertTrue(world.longestGap < 3_000_000_000L, "seed " + seed + ": no timestamp for " + world.longestGap + " ns");
    }
  }

  @Test void anotherServerTakesOverWithinTwoLeasesOfAKill() {
    for (long seed = 1; seed <= 100; seed++) {
      var world = new SimulatedServers(seed, 4, 0);
      world.run(Duration.ofSeconds(5), false);
      for (int kill = 0; kill < 3; kill++) {
        long millis = world.killTheOneThatServes();
        assertTrue(millis < 2 * SimulatedServers.LEASE.toMillis(), "seed " + seed + ", kill " + kill + ": " + millis + " ms");
        world.proceed(Duration.ofSeconds(2));
      }
    }
  }

  @Test void takeOversDoNotCarryTimestampsAwayFromTheClock() {
    for (long seed = 1; seed <= 20; seed++) {
      var world = new SimulatedServers(seed, 4, 0);
      world.run(Duration.ofSeconds(5), false);
      for (int kill = 0; kill < 3; kill++) {
        world.killTheOneThatServes();
        world.proceed(Duration.ofSeconds(3));
      }
      // The clocks of the four differ by up to five seconds either way.
      assertTrue(world.aheadMillis() < 5_000 + 2 * SimulatedServers.LEASE.toMillis(), "seed " + seed + ": " + world.aheadMillis() + " ms");
    }
  }
}
