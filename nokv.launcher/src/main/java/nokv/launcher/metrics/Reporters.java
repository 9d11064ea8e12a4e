package nokv.launcher.metrics;

import com.codahale.metrics.CsvReporter;
import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Slf4jReporter;
import com.codahale.metrics.jmx.JmxReporter;
import java.io.Closeable;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import nokv.api.ConfigException;
import nokv.spi.NodeConfig;
import nokv.spi.Options;
import org.slf4j.LoggerFactory;

/** The reporters that the {@code metrics} block asks for, on one registry, to which the figures of the JVM are added. */
public final class Reporters implements AutoCloseable {
  private final MetricRegistry registry;
  private final Deque<Closeable> running = new ArrayDeque<>();

  /** @throws ConfigException the directory for CSV files cannot be made */
  public Reporters(NodeConfig config, MetricRegistry registry) {
    this.registry = registry;
    addJvm(registry);
    Options options = MetricsOptions.of(config);
    if (options.bool("jmx")) startJmx();
    if (options.has("csv_dir")) startCsv(config.source(), options);
    Duration interval = options.duration("log_interval");
    if (interval.isPositive()) startLog(interval);
  }

  public MetricRegistry registry() {
    return registry;
  }

  /** Every gauge, counter and count of the registry by name. */
  public Map<String, Object> figures() {
    var figures = new LinkedHashMap<String, Object>();
    new TreeMap<>(registry.getMetrics()).forEach((name, metric) -> {
      if (metric instanceof Gauge<?> gauge) figures.put(name, String.valueOf(gauge.getValue()));
      else if (metric instanceof com.codahale.metrics.Counting counting) figures.put(name, counting.getCount());
    });
    return figures;
  }

  private void startJmx() {
    var reporter = JmxReporter.forRegistry(registry).inDomain("nokv").build();
    running.push(reporter);
    reporter.start();
  }

  private void startCsv(String source, Options options) {
    Path directory = Path.of(options.text("csv_dir"));
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new ConfigException(source + ": metrics.csv_dir " + directory + " cannot be made: " + e.getMessage());
    }
    var reporter = CsvReporter.forRegistry(registry).convertRatesTo(TimeUnit.SECONDS).convertDurationsTo(TimeUnit.MICROSECONDS).build(directory.toFile());
    running.push(reporter);
    reporter.start(options.duration("csv_interval").toMillis(), TimeUnit.MILLISECONDS);
  }

  private void startLog(Duration interval) {
    var reporter = Slf4jReporter.forRegistry(registry).outputTo(LoggerFactory.getLogger("nokv.metrics")).convertDurationsTo(TimeUnit.MICROSECONDS).build();
    running.push(reporter);
    reporter.start(interval.toMillis(), TimeUnit.MILLISECONDS);
  }

  private static void addJvm(MetricRegistry registry) {
    Runtime runtime = Runtime.getRuntime();
    Gauge<Long> used = () -> runtime.totalMemory() - runtime.freeMemory();
    Gauge<Long> max = runtime::maxMemory;
    Gauge<Integer> threads = () -> ManagementFactory.getThreadMXBean().getThreadCount();
    Gauge<Double> collection = () -> ManagementFactory.getGarbageCollectorMXBeans().stream().mapToLong(bean -> bean.getCollectionTime()).sum() / 1000.0;
    Gauge<Double> uptime = () -> ManagementFactory.getRuntimeMXBean().getUptime() / 1000.0;
    registry.register("jvm.heap_used_bytes", used);
    registry.register("jvm.heap_max_bytes", max);
    registry.register("jvm.threads", threads);
    registry.register("jvm.gc_seconds", collection);
    registry.register("jvm.uptime_seconds", uptime);
  }

  @Override public void close() throws IOException {
    for (Closeable reporter; (reporter = running.poll()) != null; ) reporter.close();
  }
}
