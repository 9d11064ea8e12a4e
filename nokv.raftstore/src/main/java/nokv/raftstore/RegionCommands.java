package nokv.raftstore;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Function;
import nokv.api.ConfigException;
import nokv.raftstore.admin.RegionAdmin;
import nokv.raftstore.proto.Peer;
import nokv.raftstore.proto.Region;
import nokv.raftstore.proto.RegionStatus;
import nokv.raftstore.store.RegionState;
import nokv.spi.Command;
import nokv.spi.Keys;
import nokv.spi.Node;
import nokv.spi.Option;
import nokv.spi.Options;
import nokv.spi.txn.Stages;

/** What an operator can ask about regions: of a running cluster, as its client, or of a stopped store's directory. */
final class RegionCommands {
  private static final Option REGION = Option.of("region", Option.Type.INTEGER, "", "The region's id, as the command regions shows it.");
  private static final Option STORE = Option.of("store", Option.Type.INTEGER, "", "The store's id, as in the config file.");

  static final List<Command> ALL = List.of(
      Command.readOnly("regions", "Lists the regions of the cluster that --config names; with --store-id, or without such a file, those in a stopped store's directory.", RegionCommands::list),
      command("region split", "Splits a region in two; what lies at and behind the key gets a region of its own.",
          (admin, arguments) -> admin.split(key(arguments)), Option.of("key", Option.Type.TEXT, "", "Where to split: text, or hex:… or base64:….")),
      command("region merge", "Joins the region that begins where this one ends into this one; both have to have their peers on the same stores.",
          (admin, arguments) -> admin.merge(given(arguments, "region")).thenApply(List::of), REGION),
      command("region transfer", "Has a region led by its peer on a store.",
          (admin, arguments) -> admin.transfer(given(arguments, "region"), given(arguments, "store")).thenApply(List::of), REGION, STORE),
      command("region add-peer", "Gives a region a peer on a store, and waits until it has the data and its vote.",
          (admin, arguments) -> admin.addPeer(given(arguments, "region"), given(arguments, "store"), arguments.bool("learner")).thenApply(List::of), REGION, STORE,
          Option.of("learner", Option.Type.BOOLEAN, "false", "A peer that gets the data and no vote.")),
      command("region remove-peer", "Takes a region's peer from a store; one that leads hands over first.",
          (admin, arguments) -> admin.removePeer(given(arguments, "region"), given(arguments, "store")).thenApply(List::of), REGION, STORE));

  private RegionCommands() {}

  private static Command command(String name, String doc, BiFunction<RegionAdmin, Options, CompletionStage<List<Region>>> action, Option... options) {
    return new Command(name, doc, false, List.of(options), context -> onCluster(context, client ->
        Map.of("regions", Stages.await(action.apply(client.admin(), context.arguments())).stream().map(RegionCommands::describe).toList())));
  }

  private static long given(Options arguments, String name) {
    if (!arguments.has(name)) throw new ConfigException("--" + name + " is missing, expected an id");
    return arguments.integer(name);
  }

  private static byte[] key(Options arguments) {
    if (!arguments.has("key")) throw new ConfigException("--key is missing, expected the first key of the new region");
    try {
      return Keys.parse(arguments.text("key"));
    } catch (IllegalArgumentException e) {
      throw new ConfigException("--key is \"" + arguments.text("key") + "\", expected text, hex:… or base64:…: " + e.getMessage());
    }
  }

  static Map<String, Object> onCluster(Command.Context context, Function<RaftReplicator, Map<String, Object>> action) {
    if (context.node().topology().embedded()) throw new ConfigException(context.node().source() + ": lists no stores; say which cluster is meant, --config FILE");
    if (context.node().storeId() != null) throw new ConfigException("--store-id is not for this command, which asks the whole cluster; leave it out");
    try (var client = RaftReplicatorProvider.client(context.environment(), context.node())) {
      return action.apply(client);
    }
  }

  private static Map<String, Object> list(Command.Context context) {
    if (context.node().topology().embedded() || context.node().storeId() != null) return stopped(context);
    return onCluster(context, client -> {
      var overview = Stages.await(client.admin().regions());
      var result = new LinkedHashMap<String, Object>();
      result.put("regions", overview.regions().stream().map(RegionCommands::describe).toList());
      if (!overview.silent().isEmpty()) result.put("stores_that_do_not_answer", overview.silent());
      return result;
    });
  }

  /** Entries of the log behind the applied index are applied when the store starts. */
  private static Map<String, Object> stopped(Command.Context context) {
    try (Node node = Node.assemble(context.node(), context.environment(), context.plugins())) {
      if (!node.vfs().exists(context.node().directory())) throw new ConfigException("there is no directory " + context.node().directory() + "; say --workdir DIR");
      var engine = node.engine();
      var rows = new ArrayList<Map<String, Object>>();
      for (RegionState state : RegionState.all(engine)) {
        var row = describe(state.region());
        row.put("size_bytes", engine.approximateBytes(RegionState.range(state.region())));
        row.put("applied", state.appliedIndex());
        row.put("status", state.status().name().toLowerCase(java.util.Locale.ROOT));
        rows.add(row);
      }
      return Map.of("regions", rows);
    }
  }

  static Map<String, Object> describe(RegionStatus status) {
    var row = describe(status.getRegion());
    row.put("leader", status.hasLeader() ? "store " + status.getLeader().getStoreId() : "none");
    row.put("size_bytes", status.getApproximateBytes());
    row.put("applied", status.getApplied());
    return row;
  }

  private static Map<String, Object> describe(Region region) {
    var row = new LinkedHashMap<String, Object>();
    row.put("id", region.getId());
    row.put("start", region.getStartKey().isEmpty() ? "-" : Keys.format(region.getStartKey().toByteArray()));
    row.put("end", region.getEndKey().isEmpty() ? "-" : Keys.format(region.getEndKey().toByteArray()));
    row.put("version", region.getEpoch().getVersion());
    row.put("conf_version", region.getEpoch().getConfVersion());
    row.put("peers", region.getPeersList().stream().map(RegionCommands::describe).toList());
    return row;
  }

  /** Peer and store, such as {@code 101@1}. */
  private static String describe(Peer peer) {
    return peer.getPeerId() + "@" + peer.getStoreId() + (peer.getLearner() ? "(learner)" : "");
  }
}
