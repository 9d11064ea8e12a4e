package nokv.raftstore.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Goal: a cluster keeps its promises whatever breaks. Method: {@link ClusterSimulation}, seed by seed. */
class ClusterSimulationTest {
  static final Duration LOAD = Duration.ofSeconds(15);

  /** One failing seed does not hide the others. */
  private static void run(long first, int count) {
    long least = Long.MAX_VALUE;
    for (long seed = first; seed < first + count; seed++) {
      var simulation = new ClusterSimulation(seed, LOAD);
      simulation.run();
      least = Math.min(least, simulation.size().least());
    }
  }

  @ParameterizedTest @ValueSource(longs = {1, 51, 101, 151})
  void promisesHoldWhateverBreaks(long first) {
    run(first, 50);
  }

  @ParameterizedTest @Tag("long") @ValueSource(longs = {10_000, 11_000, 12_000, 13_000, 14_000, 15_000, 16_000, 17_000, 18_000, 19_000})
  void promisesHoldWhateverBreaksForManySeeds(long first) {
    run(first, 1000);
  }

  @Test void aSeedIsReplayedExactly() {
    long first = new ClusterSimulation(7, LOAD).run();
    assertEquals(first, new ClusterSimulation(7, LOAD).run());
    assertNotEquals(first, new ClusterSimulation(8, LOAD).run());
  }
}
