package nokv.raftstore.store;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import nokv.api.ConfigException;
import nokv.api.Timestamp;
import nokv.raftstore.proto.Epoch;
import nokv.raftstore.proto.Peer;
import nokv.raftstore.proto.Region;
import nokv.spi.EngineBatch;
import nokv.spi.NodeConfig;
import nokv.spi.StorageEngine;
import nokv.spi.Topology;

/** The first start of a store: its regions are those of the topology. Later starts take what is stored, whatever the file says. */
public final class Bootstrap {
  /** Versions below are not timestamps, but the numbers of what a store keeps for itself. */
  private static final long FIRST_TIMESTAMP = Timestamp.of(1, 0);

  private Bootstrap() {}

  /**
   * Writes the states of the regions with a peer here, all at once and durably. Parks the caller.
   *
   * @throws ConfigException the topology has no such store, or the engine holds what was never a store's
   */
  static List<RegionState> write(StorageEngine engine, NodeConfig config, long storeId) {
    if (engine.maxVersion() >= FIRST_TIMESTAMP) {
      throw new ConfigException(config.directory() + " holds the data of an embedded store, which is no store of a cluster yet; make it one: nokv-launcher promote --workdir "
          + config.directory() + " --store-id " + storeId + " --config FILE");
    }
    var states = states(config, storeId);
    var batch = new EngineBatch();
    states.forEach(state -> state.addTo(batch));
    if (!states.isEmpty()) engine.write(batch);
    return states;
  }

  /** The states with which the peers of a store begin. */
  public static List<RegionState> states(NodeConfig config, long storeId) {
    if (config.topology().stores().stream().noneMatch(store -> store.storeId() == storeId)) {
      throw new ConfigException(config.source() + ": stores has no store_id " + storeId + "; list it, or start the store with an id that is listed");
    }
    var states = new ArrayList<RegionState>();
    for (Topology.Region region : config.topology().regions()) {
      for (Topology.Peer peer : region.peers()) {
        if (peer.storeId() != storeId) continue;
        states.add(new RegionState(descriptor(region), peer.peerId(), RegionState.Status.NORMAL, RegionLife.FIRST_INDEX, RegionLife.FIRST_TERM));
      }
    }
    return states;
  }

  /** The regions that this store is to lead at first. */
  static List<RegionState> campaigners(List<RegionState> states, NodeConfig config, long storeId) {
    return states.stream().filter(state -> config.topology().regions().stream()
        .anyMatch(region -> region.id() == state.region().getId() && region.leaderStoreId() == storeId)).toList();
  }

  private static Region descriptor(Topology.Region region) {
    byte[] end = region.range().end();
    var descriptor = Region.newBuilder().setId(region.id()).setStartKey(ByteString.copyFrom(region.range().start())).setEndKey(end == null ? ByteString.EMPTY : ByteString.copyFrom(end))
        .setEpoch(Epoch.newBuilder().setVersion(region.version()).setConfVersion(region.confVersion()));
    for (Topology.Peer peer : region.peers()) descriptor.addPeers(Peer.newBuilder().setStoreId(peer.storeId()).setPeerId(peer.peerId()));
    return descriptor.build();
  }
}
