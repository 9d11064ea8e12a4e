package nokv.raftstore.placement;

import java.util.concurrent.CompletionStage;
import nokv.raftstore.client.Router;
import nokv.raftstore.key.PlacementKey;
import nokv.raftstore.key.RegionRange;
import nokv.raftstore.kv.LockSweep;
import nokv.raftstore.kv.RaftRegister;
import nokv.raftstore.proto.ClientReportResult;
import nokv.raftstore.proto.Request;
import nokv.raftstore.proto.Response;
import nokv.raftstore.proto.StoreReport;
import nokv.raftstore.proto.StoreReportResult;
import nokv.raftstore.store.CommandHandler;
import nokv.raftstore.store.RegionErrors;
import nokv.raftstore.store.Regions;
import nokv.raftstore.store.SafePoint;
import nokv.spi.Environment;
import nokv.spi.Oracle;
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

  /** What it is and knows in one term. */
  private record Duty(long region, long term, SafePointKeeper safePoint) {}

  private final Environment environment;
  private final PlacementOptions options;
  private final Regions regions;
  private final long storeId;
  private final SafePoint safePoint;
  private @Nullable Parts parts;
  private @Nullable Duty duty;
  private volatile boolean closed;

  /** @param safePoint of this store, raised as the reports' answers say */
  public Placement(Environment environment, PlacementOptions options, Regions regions, long storeId, SafePoint safePoint) {
    this.environment = environment;
    this.options = options;
    this.regions = regions;
    this.storeId = storeId;
    this.safePoint = safePoint;
  }

  /** From now on this store reports, and takes reports where it leads. */
  public void start(Router router, Oracle oracle) {
    synchronized (this) {
      parts = new Parts(router, oracle);
    }
    report(router);
  }

  public static boolean isReport(Request request) {
    return request.hasClientReport() || request.hasStoreReport();
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
    var begun = new Duty(region, term, new SafePointKeeper(environment.clock(), given.oracle, register, new LockSweep(given.router, given.oracle), options));
    duty = begun;
    return begun;
  }

  private static Response answer(Request request, Duty duty) {
    if (request.hasClientReport()) {
      duty.safePoint.heard(request.getClientReport());
      return Response.newBuilder().setClientReport(ClientReportResult.getDefaultInstance()).build();
    }
    duty.safePoint.tick();
    return Response.newBuilder().setStoreReport(StoreReportResult.newBuilder().setSafePoint(duty.safePoint.published())).build();
  }

  private void report(Router router) {
    if (closed) return;
    router.send(PlacementKey.bytes(), Request.newBuilder().setStoreReport(StoreReport.newBuilder().setStoreId(storeId)))
        .thenCompose(response -> safePoint.raise(response.getStoreReport().getSafePoint())).whenComplete((done, error) -> {
          if (error != null) LOG.debug("placement did not hear of store {}", storeId, error);
          if (!closed) environment.timer().schedule(options.report(), () -> report(router));
        });
  }

  /** Reports no more. */
  @Override public void close() {
    closed = true;
  }
}
