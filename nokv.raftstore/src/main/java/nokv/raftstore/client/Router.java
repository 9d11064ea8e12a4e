package nokv.raftstore.client;

import com.codahale.metrics.Counter;
import com.google.protobuf.ByteString;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Function;
import nokv.api.DiskFullException;
import nokv.api.InvalidArgumentException;
import nokv.api.OutcomeUnknownException;
import nokv.api.ReadOnlyException;
import nokv.api.UnavailableException;
import nokv.raftstore.net.Network;
import nokv.raftstore.proto.Context;
import nokv.raftstore.proto.Epoch;
import nokv.raftstore.proto.Peer;
import nokv.raftstore.proto.Region;
import nokv.raftstore.proto.RegionError;
import nokv.raftstore.proto.RegionStatus;
import nokv.raftstore.proto.Request;
import nokv.raftstore.proto.Response;
import nokv.raftstore.proto.StoreStatus;
import nokv.raftstore.proto.StoreStatusRequest;
import nokv.spi.Environment;
import nokv.spi.Topology;
import org.jspecify.annotations.Nullable;

/*
 * How a request finds its region's leader
 *
 * The cache says which region holds the key and who leads it; a region starts out as the topology file tells. Each answer is judged:
 *
 *   answered              whoever answered leads the region
 *   NotLeader with a hint follow it at once, unless that store was asked since the last wait
 *   EpochNotMatch         learn the regions it names; if none is news, the store is behind us: wait
 *   anything else         wait, then ask the next peer; RegionNotFound also asks all stores what they have, and so does every tenth wait
 *
 * Waits grow from 4 ms to 100 ms with jitter, so that a new leader is found within a tenth of a second of its election. What counts against max_retries: see Trial. The leader is kept
 * in the route, which all requests share: the first that finds the new leader shows the way to all that wait.
 *
 * Items of sendEach are grouped by region before every attempt, so that a region that has split is simply two groups the next time; each group goes its own way from there.
 */
/**
 * Sends requests to whoever leads the region of a key. Region errors are dealt with here: it follows hints, renews the regions it knows, waits a little longer each time, and gives up
 * after {@code max_retries} or at the deadline. Every command is made so that doing it twice does no harm, so undetermined outcomes are asked again too. Thread-safe; parks nobody.
 *
 * <p>Stages fail with {@link UnavailableException}, {@link DiskFullException} or {@link ReadOnlyException} where surely nothing was done, with {@link InvalidArgumentException} where a
 * store says that it cannot be done so, and with {@link OutcomeUnknownException} where it may have been done. They complete on a thread of the network or the timer.
 */
public final class Router {
  private static final long FIRST_WAIT_MICROS = 4_000;
  private static final long LONGEST_WAIT_MICROS = 100_000;
  private static final int WAITS_UNTIL_RENEWAL = 10;
  private static final Duration STATUS_TIMEOUT = Duration.ofMillis(500);

  private final Environment environment;
  private final Network network;
  private final Settings settings;
  private final List<Long> stores;
  private final RegionCache cache = new RegionCache();
  private final SplittableRandom random;
  private final Counter retries;
  private @Nullable CompletableFuture<Void> renewal;

  /**
   * @param maxRetries how often one request may be sent elsewhere; see the class {@code Trial} for what is not counted
   * @param deadline of a request with all its attempts
   * @param attemptTimeout of one attempt
   * @param followerReads reads at a snapshot go to any peer
   */
  public record Settings(int maxRetries, Duration deadline, Duration attemptTimeout, boolean followerReads) {
    /** What the topology and its defaults say. */
    public static Settings of(Topology topology) {
      return new Settings(topology.maxRetries(), Duration.ofSeconds(10), Duration.ofSeconds(3), false);
    }
  }

  /** What one region answered. */
  public record Answer<T>(List<T> items, Region region, Response response) {}

  /** How one attempt ended. */
  private sealed interface Verdict {
    record Answered(Route route, Response response) implements Verdict {}

    /** @param renew first ask all stores which regions they have */
    record Again(long waitMicros, boolean renew) implements Verdict {}
  }

  public Router(Environment environment, Network network, Topology topology, Settings settings) {
    this.environment = environment;
    this.network = network;
    this.settings = settings;
    this.random = new SplittableRandom(environment.random().getAsLong());
    this.retries = environment.metrics().counter("client.retries");
    stores = topology.stores().stream().map(Topology.Store::storeId).toList();
    for (var region : topology.regions()) {
      var seed = Region.newBuilder().setId(region.id()).setEpoch(Epoch.newBuilder().setVersion(region.version()).setConfVersion(region.confVersion()));
      if (region.range().start() != null) seed.setStartKey(ByteString.copyFrom(region.range().start()));
      if (region.range().end() != null) seed.setEndKey(ByteString.copyFrom(region.range().end()));
      Peer leader = null;
      for (var each : region.peers()) {
        var peer = Peer.newBuilder().setStoreId(each.storeId()).setPeerId(each.peerId()).build();
        if (each.storeId() == region.leaderStoreId()) leader = peer;
        seed.addPeers(peer);
      }
      cache.learn(seed.build(), leader);
    }
  }

  /** Asks the region of {@code key}. The context is filled in; the response has no region error. */
  public CompletionStage<Response> send(byte[] key, Request.Builder request) {
    return send(trial(request), key, request);
  }

  private CompletableFuture<Response> send(Trial trial, byte[] key, Request.Builder request) {
    return attempt(trial, cache.find(key), request).thenCompose(verdict -> switch (verdict) {
      case Verdict.Answered answered -> CompletableFuture.completedFuture(answered.response);
      case Verdict.Again again -> after(again).thenCompose(nothing -> send(trial, key, request));
    });
  }

  /**
   * Groups items by region and asks all regions at the same time, one request each; where a region has changed meanwhile, its items are grouped anew. Waits for all regions before it fails.
   *
   * @param request makes the request of one region's items, in their order
   * @return the items and response of each request that was answered
   */
  public <T> CompletionStage<List<Answer<T>>> sendEach(List<T> items, Function<T, byte[]> key, BiFunction<Region, List<T>, Request.Builder> request) {
    return sendEach(new Trial(deadline(), settings.followerReads, turn()), items, key, request);
  }

  private <T> CompletableFuture<List<Answer<T>>> sendEach(Trial trial, List<T> items, Function<T, byte[]> key, BiFunction<Region, List<T>, Request.Builder> request) {
    var groups = new LinkedHashMap<Route, List<T>>();
    for (T item : items) {
      var route = cache.find(key.apply(item));
      if (route == null) return nowhere(trial).thenCompose(again -> after(again)).thenCompose(nothing -> sendEach(trial, items, key, request));
      groups.computeIfAbsent(route, each -> new ArrayList<>()).add(item);
    }
    var parts = new ArrayList<CompletableFuture<List<Answer<T>>>>(groups.size());
    groups.forEach((route, group) -> parts.add(sendGroup(groups.size() == 1 ? trial : trial.fork(), route, group, key, request)));
    return parts.size() == 1 ? parts.getFirst() : joined(parts);
  }

  private <T> CompletableFuture<List<Answer<T>>> sendGroup(Trial trial, Route route, List<T> group, Function<T, byte[]> key, BiFunction<Region, List<T>, Request.Builder> request) {
    return attempt(trial, route, request.apply(route.region, group)).thenCompose(verdict -> switch (verdict) {
      case Verdict.Answered answered -> CompletableFuture.completedFuture(List.of(new Answer<>(group, answered.route.region, answered.response)));
      case Verdict.Again again -> after(again).thenCompose(nothing -> sendEach(trial, group, key, request));
    });
  }

  private static <T> CompletableFuture<List<Answer<T>>> joined(List<CompletableFuture<List<Answer<T>>>> parts) {
    return CompletableFuture.allOf(parts.toArray(CompletableFuture[]::new)).exceptionally(any -> null).thenApply(nothing -> {
      var answers = new ArrayList<Answer<T>>(parts.size());
      RuntimeException worst = null;
      for (var part : parts) {
        try {
          answers.addAll(part.join());
        } catch (CompletionException e) {
          if (worst == null || e.getCause() instanceof OutcomeUnknownException) worst = e;
        }
      }
      if (worst != null) throw worst;
      return answers;
    });
  }

  /** The region that a key lies in, as far as is known; asks the stores where nothing is. */
  public CompletionStage<Region> region(byte[] key) {
    return region(new Trial(deadline(), false, turn()), key);
  }

  private CompletableFuture<Region> region(Trial trial, byte[] key) {
    var route = cache.find(key);
    if (route != null) return CompletableFuture.completedFuture(route.region);
    return nowhere(trial).thenCompose(again -> after(again)).thenCompose(nothing -> region(trial, key));
  }

  private Trial trial(Request.Builder request) {
    return new Trial(deadline(), settings.followerReads && isSnapshotRead(request), turn());
  }

  private CompletableFuture<Verdict> attempt(Trial trial, @Nullable Route route, Request.Builder request) {
    if (route == null) return nowhere(trial).thenApply(again -> again);
    boolean follower = trial.followers && isSnapshotRead(request);
    var peer = follower ? trial.any(route) : trial.next(route);
    if (peer == null) {
      cache.forget(route);
      return nowhere(trial).thenApply(again -> again);
    }
    request.setContext(Context.newBuilder().setRegionId(route.region.getId()).setEpoch(route.region.getEpoch()).setPeer(peer).setFollowerRead(follower).setAgain(trial.outcomeUnknown));
    var timeout = Duration.ofNanos(Math.max(1, Math.min(settings.attemptTimeout.toNanos(), trial.deadlineNanos - environment.clock().nanos())));
    boolean write = !isRead(request);
    return network.call(peer.getStoreId(), request.build(), timeout).handle((response, failure) -> {
      if (failure == null && !response.hasRegionError()) {
        if (!follower) route.leads(peer);
        return new Verdict.Answered(route, response);
      }
      if (follower) trial.followers = false;
      else route.doesNotLead(peer.getStoreId());
      return failure == null ? judge(trial, route, peer, response.getRegionError(), write) : judge(trial, peer, failure, write);
    }).toCompletableFuture();
  }

  private Verdict judge(Trial trial, Peer peer, Throwable failure, boolean write) {
    var cause = failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    switch (cause) {
      case UnavailableException e -> trial.saw(Trial.Failure.UNAVAILABLE, e.getMessage());
      case OutcomeUnknownException e -> {
        trial.saw(Trial.Failure.UNAVAILABLE, e.getMessage());
        trial.outcomeUnknown |= write;
      }
      case RuntimeException e -> throw e;
      default -> throw new IllegalStateException("asking store " + peer.getStoreId(), cause);
    }
    return wait(trial, 0, false);
  }

  private Verdict judge(Trial trial, Route route, Peer peer, RegionError error, boolean write) {
    String saw = "store " + peer.getStoreId() + " about " + route + ": " + error.getKindCase() + (error.getMessage().isEmpty() ? "" : ": " + error.getMessage());
    trial.saw(switch (error.getKindCase()) {
      case DISK_FULL -> Trial.Failure.DISK_FULL;
      case READ_ONLY -> Trial.Failure.READ_ONLY;
      default -> Trial.Failure.UNAVAILABLE;
    }, saw);
    return switch (error.getKindCase()) {
      case NOT_LEADER -> notLeader(trial, route, error.getNotLeader());
      case EPOCH_NOT_MATCH -> epochNotMatch(trial, route, error.getEpochNotMatch());
      case KEY_NOT_IN_REGION -> {
        cache.forget(route);
        yield redirect(trial);
      }
      case REGION_NOT_FOUND, STORE_NOT_MATCH -> wait(trial, 0, true);
      case SERVER_IS_BUSY -> {
        if (error.getServerIsBusy().getBackoffMillis() > 0) route.leads(peer);
        yield wait(trial, error.getServerIsBusy().getBackoffMillis() * 1000, false);
      }
      case DISK_FULL -> throw failure(trial);
      case INVALID_REQUEST -> throw new InvalidArgumentException(error.getMessage());
      case UNDETERMINED -> {
        trial.outcomeUnknown |= write;
        yield wait(trial, 0, false);
      }
      case READ_ONLY, KIND_NOT_SET -> wait(trial, 0, false);
    };
  }

  private Verdict notLeader(Trial trial, Route route, RegionError.NotLeader error) {
    if (!error.hasLeader() || trial.hasAsked(error.getLeader().getStoreId()) || !route.has(error.getLeader().getStoreId())) return wait(trial, 0, false);
    route.leads(error.getLeader());
    return trial.hasEverAsked(error.getLeader().getStoreId()) ? new Verdict.Again(0, false) : redirect(trial);
  }

  private Verdict epochNotMatch(Trial trial, Route route, RegionError.EpochNotMatch error) {
    boolean news = false;
    for (var region : error.getCurrentList()) news |= cache.learn(region, null);
    if (error.getCurrentCount() == 0) cache.forget(route);
    if (!news) return wait(trial, 0, false);
    trial.newRound();
    return redirect(trial);
  }

  private Verdict redirect(Trial trial) {
    retries.inc();
    if (++trial.misdirected > settings.maxRetries) throw failure(trial);
    return new Verdict.Again(0, false);
  }

  private Verdict.Again wait(Trial trial, long atLeastMicros, boolean renew) {
    retries.inc();
    trial.waits++;
    trial.newRound();
    long longest = Math.min(LONGEST_WAIT_MICROS, FIRST_WAIT_MICROS << Math.min(10, trial.waits - 1));
    long micros = Math.max(atLeastMicros, longest / 2) + jitter(longest / 2);
    if (environment.clock().nanos() + micros * 1000 >= trial.deadlineNanos) throw failure(trial);
    return new Verdict.Again(micros, renew || trial.waits % WAITS_UNTIL_RENEWAL == 0);
  }

  private CompletableFuture<Verdict.Again> nowhere(Trial trial) {
    try {
      return CompletableFuture.completedFuture(wait(trial, 0, true));
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private RuntimeException failure(Trial trial) {
    String tried = " after " + (trial.waits + trial.misdirected) + " attempts; last: " + trial.lastError;
    if (trial.outcomeUnknown) return new OutcomeUnknownException("a write may or may not have been done" + tried);
    return switch (trial.failure) {
      case UNAVAILABLE -> new UnavailableException("no answer from the leader" + tried);
      case DISK_FULL -> new DiskFullException("nothing was written" + tried);
      case READ_ONLY -> new ReadOnlyException("nothing was written" + tried);
    };
  }

  private CompletableFuture<@Nullable Void> after(Verdict.Again again) {
    var ready = new CompletableFuture<@Nullable Void>();
    if (again.waitMicros == 0) ready.complete(null);
    else environment.timer().schedule(Duration.ofNanos(again.waitMicros * 1000), () -> ready.complete(null));
    return again.renew ? ready.thenCompose(nothing -> renew()) : ready;
  }

  /** Asks all stores which regions they have. A store that does not answer in time is missing. Never fails. */
  public CompletionStage<Map<Long, StoreStatus>> status(Duration timeout) {
    var request = Request.newBuilder().setStoreStatus(StoreStatusRequest.getDefaultInstance()).build();
    var answers = new LinkedHashMap<Long, CompletableFuture<@Nullable StoreStatus>>();
    for (long store : stores) {
      answers.put(store, network.call(store, request, timeout).handle((response, failure) -> failure == null && response.hasStoreStatus() ? response.getStoreStatus() : null)
          .toCompletableFuture());
    }
    return CompletableFuture.allOf(answers.values().toArray(CompletableFuture[]::new)).thenApply(nothing -> {
      var statuses = new LinkedHashMap<Long, StoreStatus>();
      answers.forEach((store, answer) -> {
        var status = answer.join();
        if (status != null) statuses.put(store, status);
      });
      return statuses;
    });
  }

  /** Learns what all stores say. Whoever wants it while it runs shares it. Never fails. */
  private CompletableFuture<@Nullable Void> renew() {
    var mine = new CompletableFuture<@Nullable Void>();
    synchronized (this) {
      if (renewal != null) return renewal;
      renewal = mine;
    }
    status(STATUS_TIMEOUT).thenAccept(answers -> {
      var statuses = new ArrayList<RegionStatus>();
      for (var answer : answers.values()) statuses.addAll(answer.getRegionsList());
      statuses.sort(Comparator.comparingLong(RegionStatus::getTerm));
      for (var status : statuses) cache.learn(status.getRegion(), status.hasLeader() ? status.getLeader() : null);
      synchronized (this) {
        renewal = null;
      }
      mine.complete(null);
    });
    return mine;
  }

  private long deadline() {
    return environment.clock().nanos() + settings.deadline.toNanos();
  }

  private long jitter(long bound) {
    synchronized (random) {
      return random.nextLong(Math.max(1, bound));
    }
  }

  private int turn() {
    return (int) jitter(Integer.MAX_VALUE);
  }

  private static boolean isRead(Request.Builder request) {
    return switch (request.getCommandCase()) {
      case GET, BATCH_GET, SCAN, SCAN_LOCKS, STORE_STATUS, CLIENT_REPORT, STORE_REPORT, PLACEMENT_STATUS -> true;
      case REGISTER -> !request.getRegister().getSet();
      default -> false;
    };
  }

  /** At a version that is given: what any peer that has it can answer. */
  private static boolean isSnapshotRead(Request.Builder request) {
    return switch (request.getCommandCase()) {
      case GET -> request.getGet().getVersion() != 0;
      case BATCH_GET -> request.getBatchGet().getVersion() != 0;
      case SCAN -> request.getScan().getVersion() != 0;
      default -> false;
    };
  }
}
