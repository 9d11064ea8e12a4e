package nokv.raftstore.placement;

import com.codahale.metrics.Counter;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import nokv.api.OutcomeUnknownException;
import nokv.api.UnavailableException;
import nokv.raftstore.admin.RegionIds;
import nokv.raftstore.client.Router;
import nokv.raftstore.proto.ChangePeer;
import nokv.raftstore.proto.Peer;
import nokv.raftstore.proto.PlacementStatus;
import nokv.raftstore.proto.Region;
import nokv.raftstore.proto.RegionStatus;
import nokv.raftstore.proto.Request;
import nokv.raftstore.proto.StoreReport;
import nokv.raftstore.proto.TransferLeader;
import nokv.spi.Environment;
import nokv.spi.Topology;
import nokv.spi.txn.Stages;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * What is decided is sent to the region's leader once. Whether it has come about is seen in the reports, not in the answer: the leader sees a change of peers through by itself, and so would
 * its successor. An operator ends when its region is as it was to be, when the region has changed otherwise, or when its time is over; then the region is looked at anew.
 */
/** Has done what is decided about the cluster, in one term of placement. Thread-safe; parks nobody. */
final class Scheduler {
  private static final Logger LOG = LoggerFactory.getLogger(Scheduler.class);
  private static final Duration PEER_TIME = Duration.ofMinutes(10);
  private static final Duration TRANSFER_TIME = Duration.ofSeconds(15);
  /** For which a region is left alone whose leader refuses something. */
  private static final Duration AFTER_REFUSAL = Duration.ofSeconds(10);
  private static final int REMEMBERED = 64;

  private static final class Running {
    private final Operator operator;
    private final long beganNanos;
    private long endNanos;

    private Running(Operator operator, long nowNanos) {
      this.operator = operator;
      beganNanos = nowNanos;
      endNanos = nowNanos + (operator instanceof Operator.TransferLeader ? TRANSFER_TIME : PEER_TIME).toNanos();
    }
  }

  private record Ended(Operator operator, long nanos, String outcome) {}

  private final Environment environment;
  private final PlacementOptions options;
  private final Router router;
  private final RegionIds ids;
  private final int replicas;
  private final ClusterState state;
  private final long beganNanos;
  private long lastDecisionNanos;
  private long lastHeardNanos;
  private final Map<Long, Running> running = new HashMap<>();
  private final ArrayDeque<Ended> ended = new ArrayDeque<>();
  private final Counter started;
  private final Counter done;

  Scheduler(Environment environment, PlacementOptions options, Router router, Topology topology) {
    this.environment = environment;
    this.options = options;
    this.router = router;
    ids = new RegionIds(router, topology);
    replicas = options.replicas() != 0 ? options.replicas() : topology.regions().stream().mapToInt(region -> region.peers().size()).max().orElse(1);
    beganNanos = environment.clock().nanos();
    lastDecisionNanos = beganNanos;
    lastHeardNanos = beganNanos;
    state = new ClusterState(topology.stores().stream().map(Topology.Store::storeId).toList(), options.report(), options.goneAfter(), beganNanos);
    started = environment.metrics().counter("placement.operators_started");
    done = environment.metrics().counter("placement.operators_done");
  }

  /** Learns of a store's regions; ends what has come about, and decides anew where it is time to. */
  void heard(StoreReport report) {
    var begun = new ArrayList<Running>();
    synchronized (this) {
      long now = environment.clock().nanos();
      state.heard(report, now);
      lastHeardNanos = now;
      endOver(now);
      // Nothing is decided before all stores can have been heard.
      if (now - beganNanos < 4 * options.report().toNanos() || now - lastDecisionNanos < options.report().toNanos()) return;
      lastDecisionNanos = now;
      for (Operator operator : Decisions.of(state.view(operators(), now), replicas)) {
        var each = new Running(operator, now);
        running.put(operator.regionId(), each);
        begun.add(each);
      }
    }
    begun.forEach(this::begin);
  }

  private List<Operator> operators() {
    return running.values().stream().map(each -> each.operator).toList();
  }

  private void endOver(long now) {
    for (Iterator<Running> each = running.values().iterator(); each.hasNext(); ) {
      Running next = each.next();
      RegionStatus region = state.region(next.operator.regionId());
      boolean isDone = region != null && next.operator.isDone(region);
      boolean isOver = region == null || next.endNanos - now < 0 || isAnother(next.operator, region.getRegion());
      if (!isDone && !isOver) continue;
      each.remove();
      if (isDone) done.inc();
      remember(next.operator, isDone ? "done" : "given up", now);
    }
  }

  /** A peer that is added comes in two steps: the first is no change by another. */
  private static boolean isAnother(Operator operator, Region now) {
    boolean halfWay = operator instanceof Operator.AddPeer add && now.getPeersList().stream().anyMatch(peer -> peer.getStoreId() == add.store());
    return operator.isStale(now) && !halfWay;
  }

  private void remember(Operator operator, String outcome, long now) {
    LOG.info("region {}: {} {} ({})", operator.regionId(), operator, outcome, operator.reason());
    ended.addFirst(new Ended(operator, now, outcome));
    if (ended.size() > REMEMBERED) ended.removeLast();
  }

  private void begin(Running begun) {
    started.inc();
    LOG.info("region {}: {}, since {}", begun.operator.regionId(), begun.operator, begun.operator.reason());
    sent(begun.operator).whenComplete((answer, error) -> {
      if (error == null) return;
      Throwable cause = Stages.cause(error);
      // It may take longer than a request: the reports will tell.
      if (cause instanceof OutcomeUnknownException || cause instanceof UnavailableException) return;
      LOG.info("region {}: {} was refused: {}", begun.operator.regionId(), begun.operator, cause.getMessage());
      synchronized (this) {
        begun.endNanos = environment.clock().nanos() + AFTER_REFUSAL.toNanos();
      }
    });
  }

  private CompletionStage<?> sent(Operator operator) {
    try {
      return send(operator);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private CompletionStage<?> send(Operator operator) {
    return switch (operator) {
      case Operator.AddPeer add -> ids.take(1).thenCompose(id -> change(operator, ChangePeer.Change.ADD, Peer.newBuilder().setStoreId(add.store()).setPeerId(id).build()));
      case Operator.RemovePeer remove -> change(operator, ChangePeer.Change.REMOVE, remove.peer());
      case Operator.TransferLeader transfer -> ask(operator, Request.newBuilder().setTransferLeader(TransferLeader.newBuilder().setPeer(transfer.to())));
    };
  }

  private CompletionStage<?> change(Operator operator, ChangePeer.Change change, Peer peer) {
    return ask(operator, Request.newBuilder().setChangePeer(ChangePeer.newBuilder().setChange(change).setPeer(peer)));
  }

  private CompletionStage<?> ask(Operator operator, Request.Builder request) {
    byte[] start;
    synchronized (this) {
      RegionStatus region = state.region(operator.regionId());
      if (region == null) return CompletableFuture.failedFuture(new IllegalStateException("the region is not there any more"));
      start = region.getRegion().getStartKey().toByteArray();
    }
    return router.sendEach(List.of(start), key -> key, (region, one) -> {
      boolean another = region.getId() != operator.regionId() || isAnother(operator, region);
      if (another) throw new IllegalStateException("the region has changed since");
      return request;
    });
  }

  /** Whether stores still report to this one. */
  synchronized boolean isHeard() {
    return environment.clock().nanos() - lastHeardNanos < 3 * options.report().toNanos();
  }

  synchronized Map<String, Object> stats() {
    ClusterView view = state.view(operators(), environment.clock().nanos());
    return Map.of("stores_up", view.stores().stream().filter(ClusterView.StoreView::isUp).count(), "regions", view.regions().size(), "operators_under_way", running.size(),
        "operators_started", started.getCount(), "operators_done", done.getCount());
  }

  /** For people. */
  synchronized void describe(PlacementStatus.Builder status) {
    long now = environment.clock().nanos();
    ClusterView view = state.view(operators(), now);
    for (var store : view.stores()) {
      long peers = view.regions().stream().filter(region -> region.getRegion().getPeersList().stream().anyMatch(peer -> peer.getStoreId() == store.id())).count();
      long leaders = view.regions().stream().filter(region -> region.getLeader().getStoreId() == store.id()).count();
      status.addStores(PlacementStatus.Store.newBuilder().setId(store.id()).setState(store.isUp() ? "up" : store.state() == ClusterView.State.GONE ? "gone" : "silent")
          .setSilentMillis(store.silentMillis()).setPeers(peers).setLeaders(leaders));
    }
    status.addAllRegions(view.regions());
    for (Running each : running.values()) status.addOperators(operator(each.operator, now - each.beganNanos, ""));
    for (Ended each : ended) status.addOperators(operator(each.operator, now - each.nanos, each.outcome));
  }

  private static PlacementStatus.Operator operator(Operator operator, long ageNanos, String outcome) {
    return PlacementStatus.Operator.newBuilder().setRegionId(operator.regionId()).setText(operator.toString()).setReason(operator.reason()).setAgeMillis(ageNanos / 1_000_000)
        .setOutcome(outcome).build();
  }
}
