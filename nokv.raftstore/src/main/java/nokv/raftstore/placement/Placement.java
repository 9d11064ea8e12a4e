package nokv.raftstore.placement;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import nokv.api.Timestamp;
import nokv.raftstore.client.Router;
import nokv.raftstore.key.PlacementKey;
import nokv.raftstore.key.RegionRange;
import nokv.raftstore.kv.LockSweep;
import nokv.raftstore.kv.RaftRegister;
import nokv.raftstore.proto.ClientReportResult;
import nokv.raftstore.proto.PlacementStatus;
import nokv.raftstore.proto.Request;
import nokv.raftstore.proto.Response;
import nokv.raftstore.proto.StoreReportResult;
import nokv.raftstore.store.CommandHandler;
import nokv.raftstore.store.RegionErrors;
import nokv.raftstore.store.Regions;
import nokv.raftstore.store.SafePoint;
import nokv.raftstore.store.Store;
import nokv.raftstore.txn.Traffic;
import nokv.spi.Environment;
import nokv.spi.Oracle;
import nokv.spi.Topology;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * Where placement is
 *
 * Every store has one of these, and the one at the leader of the region that holds its register is at work. So it needs no election, no address and no process of its own: stores and clients
 * send their reports to a key, as they send everything. All it knows it has been told in this term; a new leader begins with nothing and hears everything within one report interval. What
 * it must not forget is in the register. It is driven by the reports alone: where none comes, it does nothing.
 */
/** Looks after the cluster as a whole; also tells placement, wherever it is, how this store does. Thread-safe; parks nobody. */
public final class Placement implements CommandHandler, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Placement.class);

  /** What it needs once the cluster can be used. */
  private record Parts(Router router, Oracle oracle) {}

  /** What it is and knows in one term. @param id names it to the stores */
  private record Duty(long region, long term, long id, SafePointKeeper safePoint, Scheduler scheduler) {}

  private final Environment environment;
  private final PlacementOptions options;
  private final Regions regions;
  private final long storeId;
  private final SafePoint safePoint;
  private final Topology topology;
  private final StoreReports reports;
  private @Nullable Parts parts;
  private @Nullable Duty duty;
  private volatile boolean closed;

  /**
   * @param store this one, whose safe point is raised as the reports' answers say
   * @param traffic of its regions
   */
  public Placement(Environment environment, PlacementOptions options, Topology topology, Store store, Traffic traffic) {
    this.environment = environment;
    this.options = options;
    this.topology = topology;
    regions = store;
    storeId = store.storeId();
    safePoint = store.safePoint();
    reports = new StoreReports(storeId, store::handle, traffic, environment.clock());
  }

  /** From now on this store reports, and takes reports where it leads. */
  public void start(Router router, Oracle oracle) {
    synchronized (this) {
      parts = new Parts(router, oracle);
    }
    report(router);
  }

  /** Whether it is for placement. */
  public static boolean isFor(Request request) {
    return request.hasClientReport() || request.hasStoreReport() || request.hasPlacementStatus();
  }

  @Override public CompletionStage<Response> handle(Request request) {
    return regions.lead(request.getContext()).thenApply(lead -> {
      if (!RegionRange.of(lead.region()).contains(PlacementKey.bytes())) throw RegionErrors.keyNotInRegion(lead.region());
      return answer(request, duty(lead.region().getId(), lead.term()));
    });
  }

  private synchronized Duty duty(long region, long term) {
    Parts given = parts;
    if (given == null) throw RegionErrors.busy("store " + storeId + " is being started");
    Duty known = duty;
    if (known != null && known.region == region && known.term == term) return known;
    var register = new RaftRegister(given.router, PlacementKey.SAFE_POINT);
    var keeper = new SafePointKeeper(environment.clock(), given.oracle, register, new LockSweep(given.router, given.oracle), options);
    var begun = new Duty(region, term, environment.random().getAsLong() | 1, keeper, new Scheduler(environment, options, given.router, topology));
    duty = begun;
    return begun;
  }

  private Response answer(Request request, Duty duty) {
    return switch (request.getCommandCase()) {
      case CLIENT_REPORT -> {
        duty.safePoint.heard(request.getClientReport());
        yield Response.newBuilder().setClientReport(ClientReportResult.getDefaultInstance()).build();
      }
      case STORE_REPORT -> {
        duty.safePoint.tick();
        duty.scheduler.heard(request.getStoreReport());
        yield Response.newBuilder().setStoreReport(StoreReportResult.newBuilder().setSafePoint(duty.safePoint.published()).setDuty(duty.id)).build();
      }
      case PLACEMENT_STATUS -> {
        var status = PlacementStatus.newBuilder().setStoreId(storeId).setSafePoint(duty.safePoint.published()).setClients(duty.safePoint.clients());
        duty.scheduler.describe(status);
        yield Response.newBuilder().setPlacementStatus(status).build();
      }
      default -> throw RegionErrors.invalid("placement cannot do " + request.getCommandCase());
    };
  }

  private void report(Router router) {
    if (closed) return;
    reports.next().thenCompose(report -> router.send(PlacementKey.bytes(), Request.newBuilder().setStoreReport(report)).thenCompose(response -> {
      reports.answered(report, response.getStoreReport());
      return safePoint.raise(response.getStoreReport().getSafePoint());
    })).whenComplete((done, error) -> {
      if (error != null) LOG.debug("placement did not hear of store {}", storeId, error);
      if (!closed) environment.timer().schedule(options.report(), () -> report(router));
    });
  }

  /** How far the safe point is here; and, where placement is on this store, what it does. */
  public Map<String, Object> stats() {
    var stats = new LinkedHashMap<String, Object>();
    long here = safePoint.get();
    stats.put("safe_point", here);
    if (here != 0) stats.put("safe_point_age_millis", environment.clock().millis() - Timestamp.physicalMillis(here));
    Duty known;
    synchronized (this) {
      known = duty;
    }
    stats.put("on_duty", known != null && known.scheduler.isHeard());
    if (known != null && known.scheduler.isHeard()) {
      stats.put("clients", known.safePoint.clients());
      stats.putAll(known.scheduler.stats());
    }
    return stats;
  }

  /** Reports no more. */
  @Override public void close() {
    closed = true;
  }
}
