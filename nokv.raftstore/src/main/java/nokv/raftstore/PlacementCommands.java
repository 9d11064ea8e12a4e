package nokv.raftstore;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import nokv.api.Timestamp;
import nokv.raftstore.proto.PlacementStatus;
import nokv.raftstore.proto.RegionStatus;
import nokv.spi.Command;
import nokv.spi.txn.Stages;

/** What an operator can ask of placement. */
final class PlacementCommands {
  static final List<Command> ALL = List.of(
      Command.readOnly("scheduler", "Shows what placement knows and does: stores, regions, changes under way and the last ones, each with its reason.",
          context -> RegionCommands.onCluster(context, client -> describe(Stages.await(client.placement()), context.environment().clock().millis()))));

  private PlacementCommands() {}

  private static Map<String, Object> describe(PlacementStatus status, long nowMillis) {
    var tree = new LinkedHashMap<String, Object>();
    tree.put("placement_at", "store " + status.getStoreId());
    tree.put("safe_point", status.getSafePoint());
    if (status.getSafePoint() != 0) tree.put("safe_point_age_millis", nowMillis - Timestamp.physicalMillis(status.getSafePoint()));
    tree.put("clients", status.getClients());
    tree.put("stores", status.getStoresList().stream().map(PlacementCommands::describe).toList());
    tree.put("regions", status.getRegionsList().stream().map(PlacementCommands::describe).toList());
    tree.put("under_way", status.getOperatorsList().stream().filter(each -> each.getOutcome().isEmpty()).map(PlacementCommands::describe).toList());
    tree.put("ended", status.getOperatorsList().stream().filter(each -> !each.getOutcome().isEmpty()).map(PlacementCommands::describe).toList());
    return tree;
  }

  private static Map<String, Object> describe(PlacementStatus.Store store) {
    var row = new LinkedHashMap<String, Object>();
    row.put("id", store.getId());
    row.put("state", store.getState());
    row.put("silent_millis", store.getSilentMillis());
    row.put("peers", store.getPeers());
    row.put("leaders", store.getLeaders());
    return row;
  }

  private static Map<String, Object> describe(RegionStatus status) {
    var row = RegionCommands.describe(status);
    row.remove("applied");
    row.put("reads_per_second", status.getReadsPerSecond());
    row.put("writes_per_second", status.getWritesPerSecond());
    return row;
  }

  private static Map<String, Object> describe(PlacementStatus.Operator operator) {
    var row = new LinkedHashMap<String, Object>();
    row.put("region", operator.getRegionId());
    row.put("change", operator.getText());
    row.put("reason", operator.getReason());
    row.put("age_millis", operator.getAgeMillis());
    if (!operator.getOutcome().isEmpty()) row.put("outcome", operator.getOutcome());
    return row;
  }
}
