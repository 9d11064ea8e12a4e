package nokv.raftstore;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import nokv.api.ConfigException;
import nokv.raftstore.store.Bootstrap;
import nokv.raftstore.store.RegionState;
import nokv.raftstore.store.SafePoint;
import nokv.raftstore.txn.Registers;
import nokv.spi.Command;
import nokv.spi.EngineBatch;
import nokv.spi.Node;
import nokv.spi.NodeConfig;
import nokv.spi.StorageEngine;
import nokv.spi.Topology;
import nokv.spi.txn.Stages;

/*
 * Why nothing is rewritten
 *
 * A committed value is a version at its timestamp, embedded and replicated alike. What makes an engine a store is the state of its regions, in one batch: their peers here are said to have
 * applied all that came before their logs begin. Two more things are said with it. The safe point is the newest version there is: what the embedded store has let go of below cannot be read
 * here either. And a register keeps that version, above which whoever gives timestamps begins: they come from other processes from now on, whose clocks may be behind.
 *
 * The store is the only peer of its regions at first, so its word is the group's; others get everything as a snapshot. Therefore the file must list no other peers yet: a store that finds
 * itself listed begins with an empty one of its own.
 */
/** Makes an embedded store's directory the first replica of a cluster. */
public final class Promotion {
  /** The newest version of a directory when it was promoted; 0 = none was. */
  static final String NEWEST = "promoted.newest_version";

  static final List<Command> ALL = List.of(new Command("promote", "Makes the directory of a stopped embedded store the first replica of a cluster: the store --store-id of --config.", false,
      List.of(), context -> run(context.node(), Node.assemble(context.node(), context.environment(), context.plugins()))));

  private Promotion() {}

  private static Map<String, Object> run(NodeConfig config, Node node) {
    try (node) {
      if (!node.vfs().exists(config.directory())) throw new ConfigException("there is no directory " + config.directory() + "; say --workdir DIR");
      check(config);
      var result = new LinkedHashMap<String, Object>();
      result.put("store", config.storeId());
      result.put("regions", Stages.await(promote(node.engine(), config)));
      result.put("newest_version", node.engine().maxVersion());
      return result;
    }
  }

  private static long check(NodeConfig config) {
    Long store = config.storeId();
    if (config.topology().embedded()) throw new ConfigException(config.source() + ": lists no stores; say which cluster the directory is to be of, --config FILE");
    if (store == null) throw new ConfigException("--store-id is missing, expected one of " + config.topology().stores().stream().map(Topology.Store::storeId).toList());
    for (Topology.Region region : config.topology().regions()) {
      if (region.peers().size() == 1 && region.peers().getFirst().storeId() == store) continue;
      throw new ConfigException(config.source() + ": region " + region.id() + " lists peers on " + region.peers().stream().map(Topology.Peer::storeId).toList() + ", expected one, on store " + store
          + ", which has all the data at first; with raft.replicas = 3 the cluster then gives it others by itself");
    }
    return store;
  }

  /** Completes with the number of regions, durably. @throws ConfigException it is a store of a cluster already, or the file is not as it has to be */
  public static CompletionStage<Integer> promote(StorageEngine engine, NodeConfig config) {
    long store = check(config);
    if (!RegionState.all(engine).isEmpty()) throw new ConfigException(config.directory() + " is a store of a cluster already; start it: nokv-launcher serve --store-id " + store);
    long newest = engine.maxVersion();
    var states = Bootstrap.states(config, store);
    return new SafePoint(engine).raise(newest).thenCompose(raised -> {
      var batch = new EngineBatch();
      states.forEach(state -> state.addTo(batch));
      batch.add(Registers.first(NEWEST, newest));
      return engine.writeAsync(batch);
    }).thenCompose(written -> engine.flush()).thenApply(durable -> states.size());
  }
}
