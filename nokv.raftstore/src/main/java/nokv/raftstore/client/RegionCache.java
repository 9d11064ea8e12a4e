package nokv.raftstore.client;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import nokv.raftstore.proto.Peer;
import nokv.raftstore.proto.Region;
import org.jspecify.annotations.Nullable;

/** The regions a client knows, by start key. They never overlap; ranges that nothing is known of are gaps. Thread-safe. */
final class RegionCache {
  private final TreeMap<byte[], Route> routes = new TreeMap<>(Arrays::compareUnsigned);

  synchronized @Nullable Route find(byte[] key) {
    var below = routes.floorEntry(key);
    return below != null && below.getValue().holds(key) ? below.getValue() : null;
  }

  /**
   * Takes the place of the regions it overlaps, unless one of them is newer. A leader that was known of the same region stays known where it still has a peer.
   *
   * @return whether anything has changed
   */
  synchronized boolean learn(Region region, @Nullable Peer leader) {
    var route = new Route(region, leader);
    var overlapped = overlapping(route);
    for (var old : overlapped) {
      if (old.region.getId() != region.getId()) {
        if (route.isOlderThan(old)) return false;
        continue;
      }
      if (!old.isOlderThan(route)) {
        if (!route.isOlderThan(old) && leader != null) old.leads(leader);
        return false;
      }
      var known = old.leader();
      if (leader == null && known != null) {
        var still = route.peerOn(known.getStoreId());
        if (still != null) route.leads(still);
      }
    }
    for (var old : overlapped) routes.remove(old.start);
    routes.put(route.start, route);
    return true;
  }

  private List<Route> overlapping(Route route) {
    var overlapping = new ArrayList<Route>();
    var from = routes.floorKey(route.start);
    for (var each : (from == null ? routes : routes.tailMap(from, true)).values()) {
      if (!route.isBelowEnd(each.start)) break;
      if (each.overlaps(route)) overlapping.add(each);
    }
    return overlapping;
  }

  /** Nothing is known of its range any more, unless something newer has been learnt meanwhile. */
  synchronized void forget(Route route) {
    routes.remove(route.start, route);
  }

  synchronized int size() {
    return routes.size();
  }
}
