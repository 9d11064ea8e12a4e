package nokv.raftstore.placement;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;
import nokv.raftstore.placement.ClusterView.State;
import nokv.raftstore.placement.ClusterView.StoreView;
import nokv.raftstore.proto.Peer;
import nokv.raftstore.proto.Region;
import nokv.raftstore.proto.RegionStatus;
import org.jspecify.annotations.Nullable;

/*
 * What is decided, in this order; a region that already has something under way is left alone:
 *
 *   too few peers     (not counting those on stores that are gone)  one more, on the emptiest steady store that has none of the region
 *   enough            and one on a store that is gone: that one goes; or more than enough: that on the fullest store goes
 *   peers uneven      one of the fullest store's regions gets a peer on the emptiest; as it then has one too many, it loses that on the fullest
 *   leaders uneven    a region goes over to its voter on the store with the fewest leaders
 *
 * What is under way counts as done, so nothing is decided twice. Uneven means a difference of two at least, and of more than a twentieth: each move then makes it smaller, and no move is ever
 * taken back. A store that has only just come (back) is given nothing, and no store takes part in more than a few changes at a time.
 */
/** What is to be done about the state of a cluster: a pure function of it. Used once. */
final class Decisions {
  /** Changes under way that a store may have a part in: peers that come to it, those it sends its data to, leaders that leave or come. */
  private static final int MOST_AT_A_STORE = 2;
  /** Of a count, below which a difference does not matter. */
  private static final int TOLERANCE_DIVISOR = 20;

  private final int replicas;
  private final ClusterView view;
  private final Map<Long, StoreView> stores = new HashMap<>();
  private final Map<Long, Integer> peers = new HashMap<>();
  private final Map<Long, Integer> leaders = new HashMap<>();
  private final Map<Long, Integer> parts = new HashMap<>();
  private final Set<Long> busy = new HashSet<>();
  private final List<Operator> made = new ArrayList<>();

  private Decisions(ClusterView view, int replicas) {
    this.view = view;
    this.replicas = replicas;
    for (StoreView store : view.stores()) stores.put(store.id(), store);
    for (RegionStatus region : view.regions()) {
      for (Peer peer : region.getRegion().getPeersList()) add(peers, peer.getStoreId(), 1);
      add(leaders, region.getLeader().getStoreId(), 1);
    }
    var byId = new HashMap<Long, RegionStatus>();
    for (RegionStatus region : view.regions()) byId.put(region.getRegion().getId(), region);
    for (Operator operator : view.underWay()) {
      RegionStatus region = byId.get(operator.regionId());
      if (region != null) account(operator, region);
    }
  }

  /** @param replicas that each region is to have */
  static List<Operator> of(ClusterView view, int replicas) {
    var decisions = new Decisions(view, replicas);
    for (RegionStatus region : view.regions()) if (decisions.isFree(region)) decisions.repair(region);
    decisions.balancePeers();
    for (RegionStatus region : view.regions()) if (decisions.isFree(region)) decisions.balanceLeader(region);
    return decisions.made;
  }

  private static void add(Map<Long, Integer> counts, long store, int more) {
    counts.merge(store, more, Integer::sum);
  }

  private int peers(long store) {
    return peers.getOrDefault(store, 0);
  }

  private int leaders(long store) {
    return leaders.getOrDefault(store, 0);
  }

  private boolean isUp(long store) {
    StoreView known = stores.get(store);
    return known != null && known.isUp();
  }

  private boolean isSteady(long store) {
    StoreView known = stores.get(store);
    return known != null && known.state() == State.STEADY;
  }

  private boolean isGone(long store) {
    StoreView known = stores.get(store);
    return known == null || known.state() == State.GONE;
  }

  private boolean isFree(RegionStatus region) {
    return !busy.contains(region.getRegion().getId()) && isUp(region.getLeader().getStoreId());
  }

  private void account(Operator operator, RegionStatus region) {
    long leader = region.getLeader().getStoreId();
    busy.add(operator.regionId());
    switch (operator) {
      case Operator.AddPeer add -> {
        if (!has(region.getRegion(), add.store())) add(peers, add.store(), 1);
        if (add.from() != 0) add(peers, add.from(), -1);
        add(parts, add.store(), 1);
        add(parts, leader, 1);
      }
      case Operator.RemovePeer remove -> add(peers, remove.peer().getStoreId(), -1);
      case Operator.TransferLeader transfer -> {
        add(leaders, leader, -1);
        add(leaders, transfer.to().getStoreId(), 1);
        add(parts, leader, 1);
        add(parts, transfer.to().getStoreId(), 1);
      }
    }
  }

  private void make(Operator operator, RegionStatus region) {
    made.add(operator);
    account(operator, region);
  }

  private boolean hasRoom(long store) {
    return parts.getOrDefault(store, 0) < MOST_AT_A_STORE;
  }

  private static boolean has(Region region, long store) {
    return region.getPeersList().stream().anyMatch(peer -> peer.getStoreId() == store);
  }

  private static boolean uneven(int more, int fewer) {
    return more - fewer > Math.max(1, more / TOLERANCE_DIVISOR);
  }

  // Repair

  private void repair(RegionStatus status) {
    Region region = status.getRegion();
    var kept = region.getPeersList().stream().filter(peer -> !isGone(peer.getStoreId()) && (!peer.getLearner() || peer.getPromote())).toList();
    Peer gone = region.getPeersList().stream().filter(peer -> isGone(peer.getStoreId())).findFirst().orElse(null);
    if (kept.size() < replicas) {
      Long store = emptiest(region);
      if (store == null || !hasRoom(status.getLeader().getStoreId())) return;
      make(new Operator.AddPeer(region.getId(), region.getEpoch(), store, 0, kept.size() + " of " + replicas + " peers are on stores that are there"), status);
    } else if (kept.stream().anyMatch(Peer::getLearner)) {
      // It gets its vote before anything else.
      return;
    } else if (gone != null) {
      make(new Operator.RemovePeer(region.getId(), region.getEpoch(), gone, "store " + gone.getStoreId() + " is gone, and there are " + kept.size() + " other peers"), status);
    } else if (kept.size() > replicas) {
      Peer most = kept.stream().max(Comparator.<Peer>comparingInt(peer -> isUp(peer.getStoreId()) ? 0 : 1).thenComparingInt(peer -> peers(peer.getStoreId()))
          .thenComparingInt(peer -> peer.getStoreId() == status.getLeader().getStoreId() ? 0 : 1)).orElseThrow();
      make(new Operator.RemovePeer(region.getId(), region.getEpoch(), most, kept.size() + " peers are more than " + replicas + ", and store " + most.getStoreId() + " has the most"), status);
    }
  }

  /** Where a region can get one more peer. */
  private @Nullable Long emptiest(Region region) {
    return view.stores().stream().map(StoreView::id).filter(store -> isSteady(store) && !has(region, store) && hasRoom(store)).min(by(this::peers)).orElse(null);
  }

  private static Comparator<Long> by(ToLongFunction<Long> count) {
    return Comparator.comparingLong(count).thenComparing(Comparator.naturalOrder());
  }

  // Balance

  private void balancePeers() {
    while (true) {
      Long emptiest = view.stores().stream().map(StoreView::id).filter(this::isSteady).min(by(this::peers)).orElse(null);
      Long fullest = view.stores().stream().map(StoreView::id).filter(this::isUp).max(Comparator.comparingLong((Long store) -> peers(store)).thenComparing(Comparator.reverseOrder())).orElse(null);
      if (emptiest == null || fullest == null || !uneven(peers(fullest), peers(emptiest)) || !hasRoom(emptiest)) return;
      RegionStatus moved = view.regions().stream().filter(region -> isFree(region) && hasRoom(region.getLeader().getStoreId()) && region.getRegion().getPeersCount() == replicas
          && has(region.getRegion(), fullest) && !has(region.getRegion(), emptiest)).findFirst().orElse(null);
      if (moved == null) return;
      Region region = moved.getRegion();
      make(new Operator.AddPeer(region.getId(), region.getEpoch(), emptiest, fullest,
          "store " + fullest + " has " + peers(fullest) + " peers and store " + emptiest + " has " + peers(emptiest)), moved);
    }
  }

  private void balanceLeader(RegionStatus status) {
    Region region = status.getRegion();
    long from = status.getLeader().getStoreId();
    Peer to = region.getPeersList().stream().filter(peer -> !peer.getLearner() && peer.getStoreId() != from && isSteady(peer.getStoreId()) && hasRoom(peer.getStoreId()))
        .min(Comparator.<Peer>comparingInt(peer -> leaders(peer.getStoreId())).thenComparingLong(Peer::getStoreId)).orElse(null);
    if (to == null || !hasRoom(from) || !uneven(leaders(from), leaders(to.getStoreId()))) return;
    make(new Operator.TransferLeader(region.getId(), region.getEpoch(), to,
        "store " + from + " leads " + leaders(from) + " regions and store " + to.getStoreId() + " leads " + leaders(to.getStoreId())), status);
  }
}
