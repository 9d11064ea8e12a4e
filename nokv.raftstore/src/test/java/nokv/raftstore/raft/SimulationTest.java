package nokv.raftstore.raft;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import nokv.raftstore.raft.SimulatedNode.Defect;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Goal: whatever the network and the disks do, raft's promises hold, and the group recovers. Method: {@link Simulation} from many seeds; broken drivers have to be caught. */
class SimulationTest {
  private static final int SEEDS = 200;

  @Test void promisesHoldUnderFaultsAndTheGroupRecovers() {
    assertTrue(run(0, SEEDS) > SEEDS * 50L, "the group hardly ever worked");
  }

  @Tag("long") @Test void promisesHoldForManySeeds() {
    run(SEEDS, 20_000);
  }

  private static long run(int from, int to) {
    long committed = 0;
    for (int seed = from; seed < to; seed++) {
      var simulation = new Simulation(seed, Defect.NONE);
      try {
        simulation.run();
      } catch (RuntimeException | AssertionError e) {
        fail("seed " + seed, e);
      }
      committed += simulation.committed();
    }
    return committed;
  }

  @ParameterizedTest @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE") void aBrokenDriverIsCaught(Defect defect) {
    for (int seed = 0; seed < SEEDS * 4; seed++) {
      try {
        new Simulation(seed, defect).run();
      } catch (RuntimeException | AssertionError e) {
        return;
      }
    }
    fail(defect + " was not noticed");
  }
}
