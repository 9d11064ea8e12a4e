package nokv.raftstore.admin;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import nokv.raftstore.key.RegionRange;
import nokv.raftstore.proto.Context;
import nokv.raftstore.proto.Region;
import nokv.raftstore.store.Store;
import nokv.spi.Environment;
import nokv.spi.StorageEngine;
import nokv.spi.Timer;
import nokv.spi.txn.Stages;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Splits regions that this store leads and that have outgrown a size, the largest first and one at a time. Sizes are read off the engine's tables, so nothing has to be remembered over a
 * restart; a half has about half the size, so it is far from being split again. Thread-safe.
 */
public final class Splitter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Splitter.class);
  private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(10);

  private final Environment environment;
  private final Store store;
  private final StorageEngine engine;
  private final RegionAdmin admin;
  private final long maxBytes;
  private Timer.@Nullable Cancellable next;
  private boolean closed;

  private record Sized(Region region, long bytes) {}

  /** @param maxBytes beyond which a region is split; 0 = none is */
  public Splitter(Environment environment, Store store, StorageEngine engine, RegionAdmin admin, long maxBytes) {
    this.environment = environment;
    this.store = store;
    this.engine = engine;
    this.admin = admin;
    this.maxBytes = maxBytes;
  }

  /** Looks again and again, until it is closed. */
  public void start() {
    if (maxBytes > 0) schedule();
  }

  private synchronized void schedule() {
    if (closed) return;
    next = environment.timer().schedule(BETWEEN_LOOKS, () -> look().whenComplete((split, error) -> {
      if (error != null) LOG.info("a region that has outgrown {} bytes was not split: {}; it is tried again", maxBytes, Stages.cause(error).getMessage());
      schedule();
    }));
  }

  /** Splits the largest region that is too large. Gives its halves, or nothing. */
  public CompletionStage<List<Region>> look() {
    return Stages.on(environment.background(), this::largest).thenCompose(largest -> {
      byte[] key = largest == null ? null : SplitKey.middle(engine, RegionRange.of(largest.region));
      return key == null ? CompletableFuture.completedFuture(List.of()) : admin.split(key);
    });
  }

  private @Nullable Sized largest() {
    return store.regions().stream().filter(this::leads).map(region -> new Sized(region, engine.approximateBytes(RegionRange.of(region)))).filter(each -> each.bytes > maxBytes)
        .max(Comparator.comparingLong(Sized::bytes)).orElse(null);
  }

  private boolean leads(Region region) {
    return store.leading(Context.newBuilder().setRegionId(region.getId()).setEpoch(region.getEpoch()).build()) != null;
  }

  @Override public synchronized void close() {
    closed = true;
    if (next != null) next.cancel();
  }
}
