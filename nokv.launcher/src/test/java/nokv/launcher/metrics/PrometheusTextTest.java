package nokv.launcher.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class PrometheusTextTest {
  private final MetricRegistry registry = new MetricRegistry();

  @Test void everyKindOfMetricHasItsTypeAndUnit() {
    registry.counter("resp.connections").inc(3);
    registry.meter("wal.syncs").mark(5);
    registry.timer("write.commit").update(Duration.ofMillis(500));
    registry.histogram("write.batch_bytes").update(100);
    assertEquals("""
        # HELP nokv_resp_connections resp.connections
        # TYPE nokv_resp_connections gauge
        nokv_resp_connections 3
        # HELP nokv_wal_syncs_total wal.syncs
        # TYPE nokv_wal_syncs_total counter
        nokv_wal_syncs_total 5
        # HELP nokv_write_batch_bytes write.batch_bytes
        # TYPE nokv_write_batch_bytes summary
        nokv_write_batch_bytes{quantile="0.5"} 100
        nokv_write_batch_bytes{quantile="0.75"} 100
        nokv_write_batch_bytes{quantile="0.95"} 100
        nokv_write_batch_bytes{quantile="0.99"} 100
        nokv_write_batch_bytes{quantile="0.999"} 100
        nokv_write_batch_bytes_count 1
        # HELP nokv_write_commit_seconds write.commit
        # TYPE nokv_write_commit_seconds summary
        nokv_write_commit_seconds{quantile="0.5"} 0.5
        nokv_write_commit_seconds{quantile="0.75"} 0.5
        nokv_write_commit_seconds{quantile="0.95"} 0.5
        nokv_write_commit_seconds{quantile="0.99"} 0.5
        nokv_write_commit_seconds{quantile="0.999"} 0.5
        nokv_write_commit_seconds_count 1
        """, PrometheusText.write(registry));
  }

  @Test void onlyGaugesThatAreNumbersAreTold() {
    registry.register("a.text", (Gauge<String>) () -> "x");
    registry.register("b.truth", (Gauge<Boolean>) () -> true);
    registry.register("c.nan", (Gauge<Double>) () -> Double.NaN);
    registry.register("d.broken", (Gauge<Integer>) () -> {
      throw new IllegalStateException();
    });
    assertEquals("""
        # HELP nokv_b_truth b.truth
        # TYPE nokv_b_truth gauge
        nokv_b_truth 1
        # HELP nokv_c_nan c.nan
        # TYPE nokv_c_nan gauge
        nokv_c_nan NaN
        """, PrometheusText.write(registry));
  }

  @Test void namesAreMadeValidAndNeverTwiceTheSame() {
    registry.counter("level-0.files").inc();
    registry.counter("level_0.files").inc();
    registry.counter("odd \"name\"\n\\").inc();
    String text = PrometheusText.write(registry);
    assertEquals(1, text.lines().filter(line -> line.startsWith("nokv_level_0_files ")).count());
    assertTrue(text.contains("# HELP nokv_odd__name___ odd \"name\"\\n\\\\\n"), text);
    assertTrue(text.lines().allMatch(line -> line.startsWith("# ") || line.matches("[a-zA-Z_:][a-zA-Z0-9_:]*(\\{[^}]*})? \\S+")), text);
  }
}
