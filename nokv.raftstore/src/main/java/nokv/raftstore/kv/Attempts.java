package nokv.raftstore.kv;

import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import nokv.raftstore.proto.KeyError;
import nokv.spi.Environment;
import org.jspecify.annotations.Nullable;

/** How long one operation goes on trying when it meets locks: waits that double from 1 ms to 50 ms, up to a deadline. Not thread-safe. */
final class Attempts {
  private static final long LONGEST_WAIT_MICROS = 50_000;

  private final Environment environment;
  private final SplittableRandom random;
  private final long deadlineNanos;
  private long waitMicros = 1_000;

  Attempts(Environment environment, Duration limit) {
    this.environment = environment;
    random = new SplittableRandom(environment.random().getAsLong());
    deadlineNanos = environment.clock().nanos() + limit.toNanos();
  }

  /** Completes after a while; fails with what {@code reason} means once the deadline has passed. */
  CompletionStage<@Nullable Void> pause(KeyError reason) {
    if (environment.clock().nanos() > deadlineNanos) return CompletableFuture.failedFuture(Wire.failure(reason));
    var result = new CompletableFuture<@Nullable Void>();
    long micros = waitMicros / 2 + random.nextLong(waitMicros / 2 + 1);
    waitMicros = Math.min(LONGEST_WAIT_MICROS, waitMicros * 2);
    environment.timer().schedule(Duration.ofNanos(micros * 1000), () -> result.complete(null));
    return result;
  }
}
