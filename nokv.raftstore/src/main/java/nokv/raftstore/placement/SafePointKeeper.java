package nokv.raftstore.placement;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import nokv.api.Timestamp;
import nokv.raftstore.kv.LockSweep;
import nokv.raftstore.proto.ClientReport;
import nokv.spi.Clock;
import nokv.spi.Oracle;
import nokv.spi.Register;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * How the safe point moves
 *
 *   now     ◄── oracle
 *   target  = the oldest that a client reads at, at most now - lease, at least now - max_snapshot_age
 *   locks of transactions begun below the target are ended, in every region
 *   register: raised to the target, from the value it had before
 *   stores hear of it with the answer to their next report
 *
 * A client promises: from now on I read, and begin, at or above this. That stays true, so a late report, or one to an earlier leader, does no harm. What a client has not yet said (it has just
 * come) is covered by the lease that the target stays behind the present, and a new leader moves nothing until it has listened for one lease.
 *
 * Why the locks go first. A lock that is left over asks its primary what became of it, and the primary answers from the version it wrote, which may be dropped once the safe point has passed
 * it. Whatever is locked after its region was swept is committed, if at all, at a version that was taken from the oracle after that, so above the target. A lock that a store accepts which
 * has not heard of the safe point yet is therefore judged rightly, and gone before the next move.
 */
/** Moves the cluster's safe point, as long as this store leads the region of its register in one term. Thread-safe; parks nobody. */
final class SafePointKeeper {
  private static final Logger LOG = LoggerFactory.getLogger(SafePointKeeper.class);

  private final Clock clock;
  private final Oracle oracle;
  private final Register register;
  private final LockSweep locks;
  private final PlacementOptions options;
  private final ClientLeases clients;
  private final long beganNanos;
  private long lastMoveNanos;
  private boolean moving;
  private volatile long published;

  SafePointKeeper(Clock clock, Oracle oracle, Register register, LockSweep locks, PlacementOptions options) {
    this.clock = clock;
    this.oracle = oracle;
    this.register = register;
    this.locks = locks;
    this.options = options;
    clients = new ClientLeases(options.lease().toNanos());
    beganNanos = clock.nanos();
    lastMoveNanos = beganNanos - options.interval().toNanos();
  }

  void heard(ClientReport report) {
    clients.renew(report, clock.nanos());
  }

  /** As it is in the register, or was a moment ago; 0 = not read yet. */
  long published() {
    return published;
  }

  int clients() {
    return clients.size();
  }

  /** Moves it if it is time to. */
  void tick() {
    long now = clock.nanos();
    synchronized (this) {
      if (moving || now - beganNanos < options.lease().toNanos() || now - lastMoveNanos < options.interval().toNanos()) return;
      moving = true;
      lastMoveNanos = now;
    }
    move().whenComplete((safePoint, error) -> {
      if (error == null) published = Math.max(published, safePoint);
      else LOG.info("the safe point stays where it is for now: {}", error.getMessage());
      synchronized (this) {
        moving = false;
      }
    });
  }

  private CompletionStage<Long> move() {
    return register.read().thenCompose(before -> oracle.next().thenCompose(now -> {
      published = Math.max(published, before);
      long target = Math.max(clients.oldest(before(now, options.lease()), clock.nanos()), before(now, options.maxSnapshotAge()));
      if (target <= before) return CompletableFuture.completedFuture(before);
      return locks.below(target).thenCompose(nothing -> register.compareAndSet(before, target)).thenApply(done -> done ? target : before);
    }));
  }

  private static long before(long timestamp, Duration time) {
    return timestamp - Timestamp.of(time.toMillis(), 0);
  }
}
