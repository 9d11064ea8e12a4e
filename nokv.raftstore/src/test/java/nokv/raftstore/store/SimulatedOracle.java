package nokv.raftstore.store;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import nokv.api.Timestamp;
import nokv.spi.Oracle;

/** The cluster's timestamps: each greater than all before, told a little later. */
final class SimulatedOracle implements Oracle {
  private final SimulatedWorld world;
  private final SimulatedWorld.Life life;
  private long last;

  SimulatedOracle(SimulatedWorld world) {
    this.world = world;
    life = world.begin();
  }

  @Override public long tryNext() {
    return 0;
  }

  @Override public CompletionStage<Long> next() {
    var result = new CompletableFuture<Long>();
    life.schedule(Duration.ofNanos(world.random.nextInt(300_000)), () -> {
      last = Math.max(last + 1, Timestamp.of(world.millis(), 0));
      result.complete(last);
    });
    return result;
  }

  @Override public Map<String, Object> stats() {
    return Map.of();
  }

  @Override public void close() {}
}
