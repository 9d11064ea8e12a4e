package nokv.launcher.metrics;

import java.util.List;
import java.util.Map;
import nokv.spi.NodeConfig;
import nokv.spi.Option;
import nokv.spi.Option.Type;
import nokv.spi.Options;

/** The launcher's own block of the config file: where a node's figures go. */
public final class MetricsOptions {
  public static final String BLOCK = "metrics";
  public static final List<Option> ALL = List.of(
      Option.of("listen_addr", Type.ADDRESS, "127.0.0.1:9100",
          "Where the admin endpoint listens: /health, /metrics (Prometheus text), /stats (JSON), POST /checkpoint. It has no access control; keep it off public networks. Port 0 takes a free one."),
      Option.of("jmx", Type.BOOLEAN, "false", "Whether every figure is also a JMX bean, in the domain nokv."),
      Option.of("csv_dir", Type.TEXT, "", "A directory in which every figure is appended to a CSV file of its own; unset = none. It is created where it is missing."),
      Option.of("csv_interval", Type.DURATION, "10s", "How often a line is added to the CSV files."),
      Option.of("log_interval", Type.DURATION, "0s", "How often all figures are written to the log; 0s = never."));

  private MetricsOptions() {}

  public static Options of(NodeConfig config) {
    return Options.parse(config.source() + ": " + BLOCK, ALL, config.blocks().getOrDefault(BLOCK, Map.of()));
  }
}
