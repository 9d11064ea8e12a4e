package nokv.launcher.config;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import nokv.api.KeyRange;
import nokv.spi.Keys;
import nokv.spi.Topology;
import org.jspecify.annotations.Nullable;

/** The keys that describe a cluster: {@code max_retries}, {@code tso}, {@code stores}, {@code regions}; read into a {@link Topology} and checked against each other. */
final class ClusterKeys {
  static final Set<String> NAMES = new LinkedHashSet<>(List.of("max_retries", "tso", "stores", "regions"));
  static final Set<String> TSO = new LinkedHashSet<>(List.of("listen_addr", "advertise_url"));
  private static final Set<String> STORE = new LinkedHashSet<>(List.of("store_id", "listen_addr", "addr", "docker_listen_addr", "docker_addr"));
  private static final Set<String> REGION = new LinkedHashSet<>(List.of("id", "start_key", "end_key", "epoch", "peers", "leader_store_id"));
  private static final Set<String> EPOCH = new LinkedHashSet<>(List.of("version", "conf_version"));
  private static final Set<String> PEER = new LinkedHashSet<>(List.of("store_id", "peer_id"));

  private ClusterKeys() {}

  /** @param tsoKeys what may stand in the {@code tso} block: the two keys of the table and the options of the plugin of that name */
  static Topology read(Section root, Set<String> tsoKeys) {
    int maxRetries = (int) Math.min(Integer.MAX_VALUE, root.number("max_retries", 0, (long) Topology.EMBEDDED.maxRetries()));
    Topology.Tso tso = null;
    Section section = root.section("tso", tsoKeys);
    if (section.value("listen_addr") != null || section.value("advertise_url") != null) {
      String listen = section.address("listen_addr", null);
      tso = new Topology.Tso(listen, section.text("advertise_url", listen));
    }
    var stores = stores(root);
    return new Topology(maxRetries, tso, stores, regions(root, stores));
  }

  private static List<Topology.Store> stores(Section root) {
    var stores = new ArrayList<Topology.Store>();
    var ids = new HashMap<Long, String>();
    var addresses = new HashMap<String, Long>();
    for (Section section : root.sections("stores", STORE)) {
      long id = section.number("store_id", 1, null);
      String listen = section.address("listen_addr", null);
      String addr = section.address("addr", listen);
      stores.add(new Topology.Store(id, listen, addr, section.address("docker_listen_addr", listen), section.address("docker_addr", addr)));
      String other = ids.putIfAbsent(id, section.path("store_id"));
      if (other != null && section.value("store_id") != null) section.problem("store_id", id + " is also the id at " + other + "; every store needs its own");
      Long holder = addresses.putIfAbsent(addr, id);
      if (holder != null && !addr.isEmpty()) section.problem("addr", "\"" + addr + "\" is also the address of store " + holder + "; every store needs its own");
    }
    return stores;
  }

  private static List<Topology.Region> regions(Section root, List<Topology.Store> stores) {
    var storeIds = new HashSet<Long>();
    for (var store : stores) storeIds.add(store.storeId());
    var regions = new LinkedHashMap<Section, Topology.Region>();
    var ids = new HashMap<Long, String>();
    var peerIds = new HashMap<Long, String>();
    for (Section section : root.sections("regions", REGION)) {
      long id = section.number("id", 1, null);
      String other = ids.putIfAbsent(id, section.path("id"));
      if (other != null && section.value("id") != null) section.problem("id", id + " is also the id at " + other + "; every region needs its own");
      Section epoch = section.section("epoch", EPOCH);
      long version = epoch.number("version", 1, 1L);
      long confVersion = epoch.number("conf_version", 1, 1L);
      var peers = peers(section, storeIds, peerIds);
      long leader = section.number("leader_store_id", 0, 0L);
      if (leader != 0 && peers.stream().noneMatch(peer -> peer.storeId() == leader)) {
        section.problem("leader_store_id", leader + " has no peer of this region, expected one of " + peers.stream().map(Topology.Peer::storeId).toList());
      }
      KeyRange range = range(section);
      if (range != null) regions.put(section, new Topology.Region(id, range, version, confVersion, peers, leader));
    }
    if (stores.isEmpty() && !regions.isEmpty()) root.problem("regions", "are listed without stores, expected a list of stores to place them on");
    else if (!stores.isEmpty() && root.value("regions") == null) root.problem("regions", "is missing, expected regions that cover all keys");
    else if (regions.size() == root.sections("regions", REGION).size()) checkCover(root, regions);
    return List.copyOf(regions.values());
  }

  private static List<Topology.Peer> peers(Section region, Set<Long> storeIds, Map<Long, String> peerIds) {
    var peers = new ArrayList<Topology.Peer>();
    for (Section section : region.sections("peers", PEER)) {
      long store = section.number("store_id", 1, null);
      long peer = section.number("peer_id", 1, null);
      if (section.value("store_id") != null && !storeIds.contains(store)) {
        section.problem("store_id", store + " is not a store, expected one of " + storeIds.stream().sorted().toList());
      } else if (peers.stream().anyMatch(known -> known.storeId() == store)) {
        section.problem("store_id", store + " holds this region twice, expected one peer on each store");
      }
      String other = peerIds.putIfAbsent(peer, section.path("peer_id"));
      if (other != null && section.value("peer_id") != null) section.problem("peer_id", peer + " is also the id at " + other + "; every peer needs its own");
      peers.add(new Topology.Peer(store, peer));
    }
    if (peers.isEmpty()) region.problem("peers", "is empty, expected the stores that hold this region");
    return peers;
  }

  private static @Nullable KeyRange range(Section section) {
    byte[] start = key(section, "start_key");
    byte[] end = key(section, "end_key");
    if (start == null || end == null) return null;
    if (end.length > 0 && Arrays.compareUnsigned(start, end) >= 0) {
      section.problem("end_key", quoted(end) + " is not above start_key " + quoted(start));
      return null;
    }
    return end.length == 0 ? KeyRange.from(start) : new KeyRange(start, end);
  }

  /** The bytes of a key, none where it is unbounded; null where it cannot be read. */
  private static byte @Nullable [] key(Section section, String name) {
    String text = section.text(name, "");
    if (text.equals("-")) return new byte[0];
    try {
      return Keys.parse(text);
    } catch (IllegalArgumentException e) {
      section.problem(name, "is \"" + text + "\", expected plain text, hex: with hexadecimal digits or base64: with base64");
      return null;
    }
  }

  /** In key order each region must begin where the one before it ends. */
  private static void checkCover(Section root, Map<Section, Topology.Region> regions) {
    if (regions.isEmpty()) return;
    var inOrder = new ArrayList<>(regions.entrySet());
    inOrder.sort((a, b) -> Arrays.compareUnsigned(a.getValue().range().start(), b.getValue().range().start()));
    Topology.Region before = null;
    for (var entry : inOrder) {
      byte[] start = entry.getValue().range().start();
      if (before == null) {
        if (start.length > 0) entry.getKey().problem("start_key", quoted(start) + " leaves the keys below it to no region; the first region must begin unbounded (\"\")");
      } else if (before.range().end() == null || Arrays.compareUnsigned(start, before.range().end()) < 0) {
        entry.getKey().problem("start_key", quoted(start) + " lies inside region " + before.id() + " (" + bounds(before.range()) + "); regions must not overlap.");
      } else if (!Arrays.equals(start, before.range().end())) {
        entry.getKey().problem("start_key", quoted(start) + " leaves a gap behind region " + before.id() + " (" + bounds(before.range()) + "); regions must cover all keys.");
      }
      if (before == null || before.range().end() != null) before = entry.getValue();
    }
    if (before != null && before.range().end() != null) {
      root.problem("regions", "end at " + quoted(before.range().end()) + " (region " + before.id() + "); the last region must be unbounded (end_key \"\")");
    }
  }

  private static String quoted(byte[] key) {
    return "\"" + Keys.format(key) + "\"";
  }

  /** {@code "" … "m"}. */
  private static String bounds(KeyRange range) {
    return quoted(range.start()) + " … " + (range.end() == null ? "\"\"" : quoted(range.end()));
  }
}
