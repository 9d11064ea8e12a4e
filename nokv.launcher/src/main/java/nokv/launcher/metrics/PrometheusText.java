package nokv.launcher.metrics;

import com.codahale.metrics.Counting;
import com.codahale.metrics.Counter;
import com.codahale.metrics.Gauge;
import com.codahale.metrics.Histogram;
import com.codahale.metrics.Meter;
import com.codahale.metrics.Metric;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Snapshot;
import com.codahale.metrics.Timer;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeMap;

/**
 * The figures of a registry in Prometheus's text format 0.0.4. {@code engine.wal_syncs} becomes {@code nokv_engine_wal_syncs}. A meter is a counter with {@code _total}; a
 * counter may go down, so it is a gauge; a histogram or timer is a summary, a timer in {@code _seconds}. Summaries have no {@code _sum}, which the figures do not hold.
 */
final class PrometheusText {
  static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";
  private static final double[] QUANTILES = {0.5, 0.75, 0.95, 0.99, 0.999};
  private static final double NANOS_PER_SECOND = 1e9;

  private final StringBuilder out = new StringBuilder(8 << 10);
  private final Set<String> written = new HashSet<>();

  private PrometheusText() {}

  static String write(MetricRegistry registry) {
    var text = new PrometheusText();
    new TreeMap<>(registry.getMetrics()).forEach(text::metric);
    return text.out.toString();
  }

  private void metric(String name, Metric metric) {
    switch (metric) {
      case Gauge<?> gauge -> gauge(name, gauge);
      case Counter counter -> single(name, "", "gauge", counter.getCount());
      case Meter meter -> single(name, "_total", "counter", meter.getCount());
      case Histogram histogram -> summary(name, "", histogram.getSnapshot(), histogram, 1);
      case Timer timer -> summary(name, "_seconds", timer.getSnapshot(), timer, NANOS_PER_SECOND);
      default -> {
        // a kind of metric that this format has no word for
      }
    }
  }

  /** Texts and the like have no place in this format; a gauge that fails is left out, so that the others are still told. */
  private void gauge(String name, Gauge<?> gauge) {
    Object value;
    try {
      value = gauge.getValue();
    } catch (RuntimeException e) {
      return;
    }
    if (value instanceof Number number) single(name, "", "gauge", number.doubleValue());
    else if (value instanceof Boolean truth) single(name, "", "gauge", truth ? 1 : 0);
  }

  private void single(String name, String suffix, String type, double value) {
    String full = sanitize(name) + (name.endsWith(suffix) ? "" : suffix);
    if (header(full, name, type)) out.append(full).append(' ').append(number(value)).append('\n');
  }

  private void summary(String name, String suffix, Snapshot snapshot, Counting counting, double unit) {
    String full = sanitize(name) + (name.endsWith(suffix) ? "" : suffix);
    if (!header(full, name, "summary")) return;
    for (double quantile : QUANTILES) {
      out.append(full).append("{quantile=\"").append(quantile).append("\"} ").append(number(snapshot.getValue(quantile) / unit)).append('\n');
    }
    out.append(full).append("_count ").append(counting.getCount()).append('\n');
  }

  /** Writes HELP and TYPE; false where a metric of that name was written before, as when two names differ only in characters that are not allowed. */
  private boolean header(String full, String name, String type) {
    if (!written.add(full)) return false;
    out.append("# HELP ").append(full).append(' ').append(name.replace("\\", "\\\\").replace("\n", "\\n")).append('\n');
    out.append("# TYPE ").append(full).append(' ').append(type).append('\n');
    return true;
  }

  private static String sanitize(String name) {
    return "nokv_" + name.replaceAll("[^a-zA-Z0-9_]", "_");
  }

  private static String number(double value) {
    if (Double.isNaN(value)) return "NaN";
    if (Double.isInfinite(value)) return value > 0 ? "+Inf" : "-Inf";
    return value == Math.rint(value) && Math.abs(value) < 1e15 ? Long.toString((long) value) : Double.toString(value);
  }
}
