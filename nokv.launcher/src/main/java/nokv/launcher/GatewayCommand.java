package nokv.launcher;

import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import nokv.api.ConfigException;
import nokv.api.KvStore;
import nokv.api.NoKVException;
import nokv.launcher.metrics.MetricsOptions;
import nokv.spi.NodeConfig;
import nokv.spi.PluginRegistry;
import nokv.spi.ProtocolFrontendProvider;
import nokv.spi.Topology;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A process without data: the frontends over a client of the cluster. */
@Command(name = "gateway", description = "Serves the frontends of a cluster: a client of its stores, with no data of its own.")
final class GatewayCommand implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger("nokv.launcher");
  private static final int PAUSE_MILLIS = 100;

  private final PluginRegistry plugins;
  @Mixin private final NodeOptions options = new NodeOptions();

  @Option(names = "--addr", paramLabel = "ADDR", description = "Where the first frontend listens, instead of its listen_addr.")
  private @Nullable String address;

  @Option(names = "--tso-url", paramLabel = "URL", description = "Where the timestamp service is, instead of tso.advertise_url.")
  private @Nullable String tsoUrl;

  @Option(names = "--metrics-addr", paramLabel = "ADDR", description = "Where the admin endpoint listens, instead of metrics.listen_addr.")
  private @Nullable String metricsAddress;

  GatewayCommand(PluginRegistry plugins) {
    this.plugins = plugins;
  }

  @Override public Integer call() {
    Logging.toStandardOutput();
    NodeConfig config = config();
    return Service.run(service -> NodeService.openNode(service, config, plugins, config.plugins().frontends(), GatewayCommand::awaitAnswer));
  }

  private NodeConfig config() {
    NodeConfig config = options.read(plugins);
    Topology topology = config.topology();
    if (topology.embedded()) throw new ConfigException(config.source() + ": lists no stores; a gateway needs the file of a cluster, say --config FILE");
    if (config.storeId() != null) throw new ConfigException("--store-id is not for a gateway, which is no store; leave it out");
    if (address != null) {
      if (config.plugins().frontends().isEmpty()) throw new ConfigException("--addr needs a frontend, and " + config.source() + " chooses none");
      config = config.with(plugins.get(ProtocolFrontendProvider.class, config.plugins().frontends().getFirst()).block(), "listen_addr", address);
    }
    if (metricsAddress != null) config = config.with(MetricsOptions.BLOCK, "listen_addr", metricsAddress);
    if (tsoUrl != null) config = config.withTopology(new Topology(topology.maxRetries(), new Topology.Tso(tsoUrl, tsoUrl), topology.stores(), topology.regions()));
    return config;
  }

  /** The gateway is ready when the cluster has answered a read. */
  private static void awaitAnswer(KvStore store) {
    boolean told = false;
    while (true) {
      try {
        store.get(new byte[0]);
        return;
      } catch (NoKVException e) {
        if (!e.retryable()) throw e;
        if (!told) LOG.info("waits for the cluster: {}", Logging.describe(e));
        told = true;
      }
      try {
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new NoKVException("stopped while waiting for the cluster", e);
      }
    }
  }
}
