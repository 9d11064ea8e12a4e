package nokv.tso;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import nokv.api.ConfigException;
import nokv.spi.Environment;
import nokv.spi.NodeConfig;
import nokv.spi.Option;
import nokv.spi.Options;
import nokv.spi.Oracle;
import nokv.spi.OracleProvider;
import nokv.spi.PluginRegistry;
import nokv.spi.Replicator;
import nokv.spi.ReplicatorProvider;
import nokv.spi.Role;
import nokv.spi.Security;
import nokv.spi.Topology;
import org.jspecify.annotations.Nullable;

/** The oracle {@code tso}: a client of the cluster's timestamp servers; in a store's process also a server on standby; and the role {@code tso}, a server of its own. */
public final class TsoOracleProvider implements OracleProvider {
  private static final Duration SHORTEST_LEASE = Duration.ofMillis(100);

  @Override public String name() {
    return "tso";
  }

  @Override public List<Option> options() {
    return List.of(
        Option.of("standby_port_offset", Option.Type.INTEGER, "1000",
            "Each store's process runs a timestamp server on standby, on the store's port and this much more; it serves when no other does. 0 = none. The same in every process."),
        Option.of("lease", Option.Type.DURATION, "1s",
            "How long the timestamp server that serves may go without renewing its lease before another takes over. Longer: fewer renewals (one each third of it, a small replicated "
                + "write), a longer pause of all writes after it is gone. At least 100ms; the same in every process."),
        Option.of("timeout", Option.Type.DURATION, "10s", "How long a caller waits for a timestamp before it is told that there is none."));
  }

  @Override public List<Role> roles() {
    return List.of(new Role("tso", "Serves timestamps to the cluster, at tso.listen_addr.", TsoOracleProvider::serve));
  }

  @Override public Oracle open(Environment environment, Options options, NodeConfig config, Replicator replicator) {
    int offset = offset(config, options);
    List<String> addresses = addresses(config.topology(), offset);
    if (addresses.isEmpty()) throw new ConfigException(config.source() + ": oracle tso needs a tso block or stores with tso.standby_port_offset, to know whom to ask");
    return open(environment, options, config, replicator, standbyAddress(config, offset), "the standby address of tso.standby_port_offset", addresses);
  }

  private static Oracle serve(NodeConfig config, Environment environment, PluginRegistry plugins) {
    Topology.Tso tso = config.topology().tso();
    if (tso == null) throw new ConfigException(config.source() + ": tso is missing, expected a block with listen_addr, such as 127.0.0.1:20160");
    var provider = new TsoOracleProvider();
    Options options = config.options(provider);
    List<String> addresses = addresses(config.topology(), offset(config, options));
    NodeConfig client = config.withStoreId(null);
    var replicators = plugins.get(ReplicatorProvider.class, config.plugins().replicator());
    Replicator replicator = replicators.open(environment, client.options(replicators), client, () -> {
      throw new ConfigException(config.source() + ": replicator " + replicators.name() + " keeps its registers in this process; the role tso needs a cluster's, such as raft");
    });
    try {
      var oracle = open(environment, options, config, replicator, tso.listenAddr(), config.source() + ": tso.listen_addr", addresses);
      return new TsoOracle(oracle.client(), oracle.server(), oracle.listener(), replicator);
    } catch (RuntimeException e) {
      replicator.close();
      throw e;
    }
  }

  private static TsoOracle open(Environment environment, Options options, NodeConfig config, Replicator replicator, @Nullable String listen, String what, List<String> addresses) {
    Duration lease = options.duration("lease");
    if (lease.compareTo(SHORTEST_LEASE) < 0) throw new ConfigException(config.source() + ": tso.lease is " + lease.toMillis() + "ms, expected 100ms or more");
    var protection = new Protection(Security.of(config));
    TimestampServer server = null;
    TimestampListener listener = null;
    if (listen != null) {
      server = new TimestampServer(environment, replicator, lease, listen);
      listener = new TimestampListener(what, listen, protection, server);
      server.start();
    }
    return new TsoOracle(new TsoClient(environment, addresses, protection, lease.dividedBy(2), options.duration("timeout")), server, listener, null);
  }

  private static int offset(NodeConfig config, Options options) {
    long offset = options.integer("standby_port_offset");
    for (Topology.Store store : config.topology().stores()) {
      long port = port(store.listenAddr()) + offset;
      if (offset < 0 || port > 65_535) {
        throw new ConfigException(config.source() + ": tso.standby_port_offset is " + offset + ", expected 0 or more, and a port up to 65535 when added to " + store.listenAddr());
      }
    }
    return (int) offset;
  }

  /** Where to ask: the timestamp service first, then the stores. */
  static List<String> addresses(Topology topology, int offset) {
    var addresses = new ArrayList<String>();
    Topology.Tso tso = topology.tso();
    if (tso != null) for (String url : tso.advertiseUrl().split(",")) addresses.add(url.strip().replaceFirst("^[a-z]+://", "").replaceFirst("/$", ""));
    if (offset != 0) for (Topology.Store store : topology.stores()) addresses.add(shifted(store.addr(), offset));
    return addresses;
  }

  private static @Nullable String standbyAddress(NodeConfig config, int offset) {
    Long id = config.storeId();
    if (id == null || offset == 0) return null;
    return config.topology().stores().stream().filter(store -> store.storeId() == id).map(store -> shifted(store.listenAddr(), offset)).findFirst().orElse(null);
  }

  private static String shifted(String address, int offset) {
    return address.substring(0, address.lastIndexOf(':') + 1) + (port(address) + offset);
  }

  private static int port(String address) {
    return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
  }
}
