package nokv.raftstore;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import nokv.api.ConfigException;
import nokv.raftstore.placement.PlacementOptions;
import nokv.raftstore.store.StoreOptions;
import nokv.spi.Command;
import nokv.spi.Environment;
import nokv.spi.NodeConfig;
import nokv.spi.Option;
import nokv.spi.Options;
import nokv.spi.ReplicatorProvider;
import nokv.spi.StorageEngine;

/** The replicator {@code raft}: one store of a cluster, where the node has a store id; otherwise a client of the cluster. */
public final class RaftReplicatorProvider implements ReplicatorProvider {
  @Override public String name() {
    return "raft";
  }

  @Override public List<Option> options() {
    var options = new ArrayList<>(StoreOptions.DECLARED);
    options.addAll(PlacementOptions.DECLARED);
    options.add(Option.of("request_deadline", Option.Type.DURATION, "10s",
        "How long a client goes on asking for one request, with all its attempts, before it says that it cannot be had. Longer: fewer errors while a leader is being elected."));
    options.add(Option.of("attempt_timeout", Option.Type.DURATION, "3s", "How long a client waits for a store's answer before it asks another."));
    options.add(Option.of("max_transaction_size", Option.Type.SIZE, "64MiB",
        "Bytes that the writes of one transaction, with the keys it has read where it is serializable, or one batch of several writes may take; they are held in memory until commit."));
    options.add(Option.of("commands_size", Option.Type.SIZE, "5MiB", "Bytes of clients' commands that a store has under way at a time; beyond it they are refused as busy, and clients wait a little. "
        + "A command that is larger is taken when nothing else is under way."));
    options.add(Option.of("region_max_size", Option.Type.SIZE, "256MiB", "Bytes in tables and value log beyond which a region is split near its middle; 0 = regions are split by command only. "
        + "Smaller: more regions to spread over the stores, each at the cost of its own log, heartbeats and, for transactions over several, a second phase."));
    options.add(Option.of("io_threads", Option.Type.INTEGER, "1", "Event loops for the connections of this process. One carries some 100,000 small requests a second."));
    return List.copyOf(options);
  }

  @Override public List<Command> commands() {
    return Stream.of(RegionCommands.ALL, PlacementCommands.ALL, Promotion.ALL).flatMap(List::stream).toList();
  }

  /** A client of the cluster that a config names. */
  static RaftReplicator client(Environment environment, NodeConfig config) {
    var provider = new RaftReplicatorProvider();
    return provider.open(environment, config.options(provider), config, () -> {
      throw new IllegalStateException("a client has no engine");
    });
  }

  @Override public RaftReplicator open(Environment environment, Options options, NodeConfig config, Supplier<StorageEngine> engine) {
    if (config.topology().embedded()) {
      throw new ConfigException(config.source() + ": replicator raft needs stores and regions; list them as raft_config.example.json does, or choose plugins.replicator = local");
    }
    long maxTransactionBytes = options.size("max_transaction_size");
    if (maxTransactionBytes < 1024) throw new ConfigException(config.source() + ": raft.max_transaction_size is " + maxTransactionBytes + ", expected 1KiB or more");
    Duration deadline = options.duration("request_deadline");
    Duration attempt = options.duration("attempt_timeout");
    if (attempt.toMillis() < 1 || deadline.compareTo(attempt) < 0) {
      throw new ConfigException(config.source() + ": raft.attempt_timeout is " + attempt + ", expected at least 1ms and at most raft.request_deadline, " + deadline);
    }
    long regionMaxBytes = options.size("region_max_size");
    if (regionMaxBytes != 0 && regionMaxBytes < 1 << 20) throw new ConfigException(config.source() + ": raft.region_max_size is " + regionMaxBytes + ", expected 1MiB or more, or 0");
    long threads = options.integer("io_threads");
    if (threads < 1 || threads > 64) throw new ConfigException(config.source() + ": raft.io_threads is " + threads + ", expected 1 to 64");
    return RaftReplicator.open(environment, new RaftReplicator.Settings(deadline, attempt, maxTransactionBytes, options.size("commands_size"), (int) threads, regionMaxBytes, PlacementOptions.of(config.source() + ": raft", options)),
        StoreOptions.of(config.source() + ": raft", options), config, engine);
  }
}
