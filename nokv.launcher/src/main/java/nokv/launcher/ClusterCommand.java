package nokv.launcher;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import nokv.api.ConfigException;
import nokv.api.NoKVException;
import nokv.launcher.metrics.MetricsOptions;
import nokv.spi.NodeConfig;
import nokv.spi.PluginRegistry;
import nokv.spi.Topology;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The whole cluster of a file on this machine, each part a process of its own: the stores, the timestamp service and a gateway. */
@Command(name = "cluster", description = "Starts every store, the timestamp service and a gateway of a cluster on this machine, and starts again what dies.")
final class ClusterCommand implements Callable<Integer> {
  /** What is enough for each kind of child; JAVA_OPTS and NOKV_OPTS of this process come behind it and so are stronger. A store's caches lie in the heap. */
  private static final String STORE_JVM = "-Xmx1g";
  private static final String TSO_JVM = "-Xmx128m";
  private static final String GATEWAY_JVM = "-Xmx1g";

  private final PluginRegistry plugins;
  @Mixin private final NodeOptions options = new NodeOptions();

  ClusterCommand(PluginRegistry plugins) {
    this.plugins = plugins;
  }

  @Override public Integer call() throws InterruptedException {
    NodeConfig config = options.read(plugins);
    Topology topology = config.topology();
    if (topology.embedded()) throw new ConfigException(config.source() + ": lists no stores; cluster needs a file that does, such as --config raft_config.example.json");
    if (config.storeId() != null) throw new ConfigException("--store-id is not for cluster, which starts all stores; leave it out");
    String home = System.getProperty("nokv.home");
    Path program = home == null ? null : Path.of(home, "bin", "nokv-launcher");
    if (program == null || !Files.isExecutable(program)) throw new ConfigException("cluster starts the programs of a distribution; start it with bin/nokv-launcher of one");
    var service = new Service();
    var children = service.keep(new Children(program));
    // Told to stop before all is up, too.
    Runtime.getRuntime().addShutdownHook(new Thread(service::close, "nokv-stop-children"));
    start(children, config);
    try {
      String gateway = children.ready().get();
      return service.run(gateway.replaceFirst("^.*? s: ", "") + ", data in " + config.directory());
    } catch (ExecutionException e) {
      service.close();
      throw e.getCause() instanceof NoKVException known ? known : new NoKVException("starting the cluster", e);
    }
  }

  private void start(Children children, NodeConfig config) {
    Topology topology = config.topology();
    String admin = MetricsOptions.of(config).text("listen_addr");
    int place = 2;
    for (Topology.Store store : topology.stores()) {
      String id = String.valueOf(store.storeId());
      String directory = Path.of(config.directory(), "store-" + id).toString();
      children.add(new Children.Spec("store-" + id, STORE_JVM, arguments("serve", shifted(admin, place++), "--store-id", id, "--workdir", directory), false));
    }
    if (topology.tso() != null) children.add(new Children.Spec("tso", TSO_JVM, arguments("tso", shifted(admin, 1)), false));
    children.add(new Children.Spec("gateway", GATEWAY_JVM, arguments("gateway", admin), true));
  }

  private List<String> arguments(String command, String admin, String... more) {
    var arguments = new ArrayList<>(List.of(command, "--addr-scope", options.addrScope.name()));
    if (options.config != null) arguments.addAll(List.of("--config", options.config.toString()));
    arguments.addAll(List.of(more));
    Map<String, String> overrides = new LinkedHashMap<>(options.overrides);
    overrides.put("metrics.listen_addr", admin);
    overrides.forEach((key, value) -> arguments.add("-D" + key + "=" + value));
    return arguments;
  }

  /** The address with its port moved up, unless it is 0 = any free one. */
  static String shifted(String address, int by) {
    int colon = address.lastIndexOf(':');
    int port = Integer.parseInt(address.substring(colon + 1));
    return port == 0 ? address : address.substring(0, colon + 1) + (port + by);
  }
}
