package nokv.raftstore.kv;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import nokv.raftstore.client.Router;
import nokv.raftstore.key.PlacementKey;
import nokv.raftstore.proto.ClientReport;
import nokv.raftstore.proto.Request;
import nokv.spi.Environment;
import nokv.spi.Oracle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells placement what this client still reads at, three times in each lease, until it is closed. */
final class PinReports {
  private static final Logger LOG = LoggerFactory.getLogger(PinReports.class);

  private final Environment environment;
  private final Router router;
  private final Oracle oracle;
  private final Pins pins;
  private final Duration pause;
  private final long client;
  private volatile boolean closed;

  PinReports(Environment environment, Router router, Oracle oracle, Pins pins, Duration lease) {
    this.environment = environment;
    this.router = router;
    this.oracle = oracle;
    this.pins = pins;
    pause = lease.dividedBy(3);
    client = environment.random().getAsLong();
  }

  void start() {
    later(Duration.ZERO);
  }

  private void report() {
    if (closed) return;
    oracle.next().thenCompose(fresh -> router.send(PlacementKey.bytes(), Request.newBuilder().setClientReport(ClientReport.newBuilder().setClientId(client).setOldest(pins.oldest(fresh)))))
        .whenComplete((answer, error) -> {
          if (error != null) LOG.debug("placement was not told what this client reads at", error);
          later(pause);
        });
  }

  private void later(Duration delay) {
    if (closed) return;
    try {
      environment.timer().schedule(delay, this::report);
    } catch (RejectedExecutionException e) {
      LOG.debug("the timer has ended before the store was closed", e);
    }
  }

  void close() {
    closed = true;
  }
}
