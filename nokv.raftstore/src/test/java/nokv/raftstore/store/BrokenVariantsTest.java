package nokv.raftstore.store;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.lang.reflect.InvocationTargetException;
import java.time.Duration;
import nokv.raftstore.store.BrokenClasses.Place;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Goal: {@link ClusterSimulation} finds what it is there to find. Method: the product, broken in one place, runs under it, seed by seed, until a checker complains; one that never does is
 * worth nothing. The same seeds pass unbroken in {@link ClusterSimulationTest}.
 */
class BrokenVariantsTest {
  private static final int SEEDS = 20;

  /** Ways to build it wrong. */
  enum Variant {
    LOG_CUT_BEYOND_WHAT_IS_DURABLE(new Place("store.Store", "tidy", "flushedIndex", "everything"));

    final Place place;

    Variant(Place place) {
      this.place = place;
    }
  }

  @ParameterizedTest @EnumSource
  void isFound(Variant variant) throws ReflectiveOperationException {
    var classes = new BrokenClasses(variant.place);
    var simulation = Class.forName(ClusterSimulation.class.getName(), true, classes);
    var constructor = simulation.getDeclaredConstructor(long.class, Duration.class);
    constructor.setAccessible(true);
    var run = simulation.getDeclaredMethod("run");
    run.setAccessible(true);
    for (long seed = 1; seed <= SEEDS; seed++) {
      try {
        run.invoke(constructor.newInstance(seed, ClusterSimulationTest.LOAD));
      } catch (InvocationTargetException found) {
        assertTrue(found.getCause() instanceof AssertionError, () -> "not a checker's complaint: " + found.getCause());
        assertTrue(classes.edits() > 0);
        return;
      }
      assertTrue(classes.edits() > 0, "nothing was broken: the method, or what it calls, has another name now");
    }
    fail(variant + " was not found with seeds 1 to " + SEEDS);
  }
}
