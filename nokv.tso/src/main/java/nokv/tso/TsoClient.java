package nokv.tso;

import com.codahale.metrics.Counter;
import com.codahale.metrics.Histogram;
import io.grpc.CallCredentials;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import nokv.api.BusyException;
import nokv.api.ClosedException;
import nokv.api.UnavailableException;
import nokv.spi.Environment;
import nokv.spi.Oracle;
import nokv.spi.Timer.Cancellable;
import nokv.tso.proto.TimestampRequest;
import nokv.tso.proto.TimestampResponse;
import nokv.tso.proto.TimestampsGrpc;
import org.jspecify.annotations.Nullable;

/*
 * How the client works
 *
 * One request is under way at a time. Who asks meanwhile waits, and all who wait go into the next request: a timestamp must be greater than all that were answered before its
 * caller asked, so an answer is good only for those who came before its request was sent. For the same reason nothing is fetched ahead.
 *
 * The addresses are asked in turn, beginning with the one that answered last: `not serving`, a broken stream or no answer in time moves on to the next, with the same callers and
 * those who have come since. After a round without success it rests for a moment. Callers who have waited for longer than the patience are told so.
 *
 * Each attempt has a number. An answer to an earlier attempt is not looked at.
 */

/** Asks the timestamp servers of the cluster. Thread-safe; parks nobody. */
final class TsoClient implements Oracle {
  private static final Duration REST = Duration.ofMillis(25);
  /** Callers that may wait at one time; a few dozen bytes each. */
  private static final int MAX_WAITING = 4 * TimestampServer.MAX_COUNT;

  private record Caller(CompletableFuture<Long> result, long sinceNanos) {}

  private final Environment environment;
  private final List<String> addresses;
  private final Duration answerTime;
  private final long patienceNanos;
  private final @Nullable CallCredentials shown;
  private final Map<String, ManagedChannel> channels = new LinkedHashMap<>();

  // Under this monitor.
  private List<Caller> waiting = new ArrayList<>();
  private List<Caller> asking = List.of();
  private @Nullable Attempts stream;
  private @Nullable Cancellable limit;
  private long attempt;
  private int at;
  private int failedInRow;
  private boolean resting;
  private boolean closed;
  private final Histogram batches;
  private final Counter moves;
  private long given;

  /**
   * @param answerTime after which another server is asked
   * @param patience after which a caller is told that there is no timestamp
   */
  TsoClient(Environment environment, List<String> addresses, Protection protection, Duration answerTime, Duration patience) {
    this.environment = environment;
    this.addresses = List.copyOf(addresses);
    this.answerTime = answerTime;
    this.patienceNanos = patience.toNanos();
    this.shown = protection.shown();
    batches = environment.metrics().histogram("tso.client_batch_size");
    moves = environment.metrics().counter("tso.client_moves");
    var credentials = protection.client();
    for (String address : addresses) {
      channels.computeIfAbsent(address, to -> NettyChannelBuilder.forTarget("dns:///" + to, credentials).proxyDetector(server -> null).executor(environment.io()).build());
    }
  }

  /** Always 0: whether a timestamp is great enough, only the server knows. */
  @Override public long tryNext() {
    return 0;
  }

  @Override public CompletionStage<Long> next() {
    var caller = new Caller(new CompletableFuture<>(), environment.clock().nanos());
    synchronized (this) {
      if (closed) return CompletableFuture.failedFuture(closedException());
      if (waiting.size() >= MAX_WAITING) return CompletableFuture.failedFuture(new BusyException(MAX_WAITING + " calls wait for a timestamp; ask later"));
      waiting.add(caller);
      if (asking.isEmpty() && !resting) ask();
    }
    return caller.result;
  }

  /** Sends a request for all who wait. */
  private void ask() {
    int count = Math.min(waiting.size(), TimestampServer.MAX_COUNT);
    asking = List.copyOf(waiting.subList(0, count));
    waiting = new ArrayList<>(waiting.subList(count, waiting.size()));
    batches.update(count);
    long number = ++attempt;
    limit = environment.timer().schedule(answerTime, () -> failed(number, "no answer within " + answerTime.toMillis() + " ms"));
    if (stream == null) stream = new Attempts(addresses.get(at));
    stream.send(count, number);
  }

  private void answered(long number, long first) {
    if (first == 0) {
      failed(number, "it is not the one that serves");
      return;
    }
    List<Caller> served;
    synchronized (this) {
      if (number != attempt || asking.isEmpty()) return;
      stopLimit();
      failedInRow = 0;
      served = asking;
      given += served.size();
      asking = List.of();
      if (!waiting.isEmpty()) ask();
    }
    for (int i = 0; i < served.size(); i++) served.get(i).result.complete(first + i);
  }

  /** The attempt has come to nothing: on to the next address. */
  private void failed(long number, String why) {
    var told = new ArrayList<Caller>();
    String where;
    Attempts left;
    synchronized (this) {
      if (number != attempt || asking.isEmpty()) return;
      stopLimit();
      where = addresses.get(at);
      left = stream;
      stream = null;
      at = (at + 1) % addresses.size();
      moves.inc();
      long now = environment.clock().nanos();
      var patient = new ArrayList<Caller>(asking.size() + waiting.size());
      for (var callers : List.of(asking, waiting)) for (Caller caller : callers) (now - caller.sinceNanos > patienceNanos ? told : patient).add(caller);
      asking = List.of();
      waiting = patient;
      if (++failedInRow % addresses.size() == 0) rest();
      else if (!waiting.isEmpty()) ask();
    }
    if (left != null) left.end();
    for (Caller caller : told) {
      caller.result.completeExceptionally(new UnavailableException("no timestamp within " + Duration.ofNanos(patienceNanos).toMillis() + " ms from " + String.join(", ", addresses)
          + " (" + where + ": " + why + "); is the timestamp service or a majority of the stores running?"));
    }
  }

  private void rest() {
    resting = true;
    environment.timer().schedule(REST, () -> {
      synchronized (this) {
        resting = false;
        if (!closed && asking.isEmpty() && !waiting.isEmpty()) ask();
      }
    });
  }

  private void stopLimit() {
    if (limit != null) limit.cancel();
  }

  /** The requests to one server, over one stream, one at a time. */
  private final class Attempts implements ClientResponseObserver<TimestampRequest, TimestampResponse> {
    private final ClientCallStreamObserver<TimestampRequest> requests;
    private volatile long number;

    Attempts(String address) {
      ManagedChannel channel = Objects.requireNonNull(channels.get(address));
      // Otherwise a server that was away is not tried again for up to two minutes.
      channel.resetConnectBackoff();
      requests = (ClientCallStreamObserver<TimestampRequest>) TimestampsGrpc.newStub(channel).withCallCredentials(shown).give(this);
    }

    void send(int count, long attemptNumber) {
      number = attemptNumber;
      requests.onNext(TimestampRequest.newBuilder().setCount(count).build());
    }

    /** The server is to forget the stream; an answer that is under way is not looked at. */
    void end() {
      requests.cancel("another server is asked", null);
    }

    @Override public void beforeStart(ClientCallStreamObserver<TimestampRequest> begun) {}

    @Override public void onNext(TimestampResponse response) {
      answered(number, response.getFirst());
    }

    @Override public void onError(Throwable error) {
      broken(this, String.valueOf(error.getMessage()));
    }

    @Override public void onCompleted() {
      broken(this, "it ended the stream");
    }
  }

  private void broken(Attempts which, String why) {
    synchronized (this) {
      if (stream != which) return;
      if (asking.isEmpty()) {
        stream = null;
        return;
      }
    }
    failed(which.number, why);
  }

  @Override public synchronized Map<String, Object> stats() {
    var stats = new LinkedHashMap<String, Object>();
    stats.put("server", addresses.get(at));
    stats.put("requests", batches.getCount());
    stats.put("timestamps", given);
    stats.put("moves", moves.getCount());
    stats.put("waiting", waiting.size() + asking.size());
    return stats;
  }

  @Override public void close() {
    var left = new ArrayList<Caller>();
    synchronized (this) {
      if (closed) return;
      closed = true;
      stopLimit();
      left.addAll(asking);
      left.addAll(waiting);
      asking = List.of();
      waiting = new ArrayList<>();
      stream = null;
    }
    for (Caller caller : left) caller.result.completeExceptionally(closedException());
    for (ManagedChannel channel : channels.values()) channel.shutdownNow();
  }

  private static ClosedException closedException() {
    return new ClosedException("the oracle was closed");
  }
}
