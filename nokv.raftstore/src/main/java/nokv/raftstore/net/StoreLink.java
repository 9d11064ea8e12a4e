package nokv.raftstore.net;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.netty.channel.EventLoop;
import io.netty.util.collection.LongObjectHashMap;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import nokv.api.ConfigException;
import nokv.api.InvalidArgumentException;
import nokv.api.NoKVException;
import nokv.api.OutcomeUnknownException;
import nokv.api.UnavailableException;
import nokv.raftstore.proto.KvGrpc;
import nokv.raftstore.proto.RaftFrame;
import nokv.raftstore.proto.RaftGrpc;
import nokv.raftstore.proto.RaftMessage;
import nokv.raftstore.proto.Request;
import nokv.raftstore.proto.RequestFrame;
import nokv.raftstore.proto.Response;
import nokv.raftstore.proto.ResponseFrame;
import nokv.spi.Clock;
import org.jspecify.annotations.Nullable;

/*
 * How a store is kept in reach
 *
 * One connection carries both streams: requests, and (from a store) raft messages. It belongs to one event loop; all fields without "volatile" are that loop's.
 *
 *   IDLE --wanted--> CONNECTING --stream ready--> READY --stream broken, or silent for 2 s--> DOWN --back-off over--> CONNECTING ...
 *                        `------refused, or not ready within 3 s------------------------------^
 *
 * Each try is a new gRPC channel, so that gRPC's own back-off (a second and more) does not stand in the way and a stream that fails means that this try has failed. While a store is known to
 * be down (`down` is set: from the break until a stream is ready again) calls fail and messages are dropped at once, so that the router asks somebody else and nothing piles up; only the first
 * try after idleness makes callers wait for it. A client stops trying when nobody has asked for a while; a store never does, because a peer that comes back has to be noticed.
 *
 * Silence: gRPC's keepalive is 10 s at least, so an empty frame is sent when nothing was heard for half a second, and the other side's loop answers with an empty frame. A process that was
 * stopped is noticed after two seconds; one that was killed at once, by the reset.
 *
 * What fails how: a call that was not yet written to the stream was surely not received (UnavailableException); one that was may have been (OutcomeUnknownException).
 */
/** The way to one store. */
final class StoreLink {
  static final long SILENCE_MILLIS = 2_000;
  private static final long PING_MILLIS = 500;
  private static final long TICK_MILLIS = 100;
  private static final long LATE_TICK_MILLIS = 1_000;
  private static final long READY_MILLIS = 3_000;
  private static final long FIRST_BACKOFF_MILLIS = 20;
  private static final long LONGEST_BACKOFF_MILLIS = 500;
  private static final long IDLE_MILLIS = 10_000;
  private static final long DROP_REPORT_MILLIS = 20;
  private static final long CALL_BYTES = 32L << 20;
  /** What is counted for a call beside its request. */
  private static final int CALL_OVERHEAD_BYTES = 256;
  private static final long MESSAGE_BYTES = 64L << 20;
  private static final int FRAME_OVERHEAD_BYTES = 64;

  private enum State { IDLE, CONNECTING, READY, DOWN, CLOSED }

  private final GrpcTransport transport;
  private final long ownStoreId;
  private final long storeId;
  private final String address;
  private final LongConsumer unreachable;
  private final EventLoop loop;
  private final Clock clock;
  private final SplittableRandom random;
  private final Outbox<Call> calls;
  private final Outbox<RaftMessage> messages;
  private final LongObjectHashMap<Call> pending = new LongObjectHashMap<>();
  /** Why calls fail at once, while they do. */
  private volatile @Nullable NoKVException down;
  private volatile long usedNanos;

  private State state = State.IDLE;
  private @Nullable ManagedChannel channel;
  private @Nullable ClientCallStreamObserver<RequestFrame> requests;
  private @Nullable ClientCallStreamObserver<RaftFrame> raft;
  /** Counts connections, so that what an old one says is not taken for the new one's. */
  private int connection;
  private long lastId;
  private long connectedNanos;
  private long heardNanos;
  private long pingedNanos;
  /** When the next tick was scheduled. */
  private long tickedNanos;
  private long backoffMillis = FIRST_BACKOFF_MILLIS;
  private boolean ticking;
  private boolean reporting;

  /** A request under way. */
  private static final class Call {
    final Request request;
    final int bytes;
    final long deadlineNanos;
    final CompletableFuture<Response> answer = new CompletableFuture<>();

    Call(Request request, long deadlineNanos) {
      this.request = request;
      this.bytes = request.getSerializedSize() + CALL_OVERHEAD_BYTES;
      this.deadlineNanos = deadlineNanos;
    }
  }

  /** @param ownStoreId 0 = a client, which has no raft messages */
  StoreLink(GrpcTransport transport, long ownStoreId, long storeId, String address, LongConsumer unreachable) {
    this.transport = transport;
    this.ownStoreId = ownStoreId;
    this.storeId = storeId;
    this.address = address;
    this.unreachable = unreachable;
    loop = transport.loops.next();
    clock = transport.environment.clock();
    random = new SplittableRandom(transport.environment.random().getAsLong());
    calls = new Outbox<>(loop, CALL_BYTES, call -> call.bytes, new Outbox.Stream<>() {
      @Override public boolean isReady() {
        return wanted() && requests != null && requests.isReady();
      }

      @Override public void write(List<Call> frame, long bytes) {
        writeCalls(frame, bytes);
      }
    });
    messages = new Outbox<>(loop, MESSAGE_BYTES, RaftMessage::getSerializedSize, new Outbox.Stream<>() {
      @Override public boolean isReady() {
        return wanted() && raft != null && raft.isReady();
      }

      @Override public void write(List<RaftMessage> frame, long bytes) {
        writeMessages(frame, bytes);
      }
    });
  }

  // From any thread

  CompletionStage<Response> call(Request request, Duration timeout) {
    var failure = down;
    if (failure != null) {
      usedNanos = clock.nanos();
      return CompletableFuture.failedFuture(failure);
    }
    var call = new Call(request, clock.nanos() + timeout.toNanos());
    if (call.bytes > GrpcTransport.REQUEST_BYTES) {
      return CompletableFuture.failedFuture(new InvalidArgumentException("a request of " + call.bytes + " bytes; at most " + GrpcTransport.REQUEST_BYTES + " can be sent at once"));
    }
    if (!calls.offer(call)) call.answer.completeExceptionally(new UnavailableException("requests of " + calls.heldBytes() + " bytes wait for " + this + " already, as many as may"));
    return call.answer;
  }

  void send(RaftMessage message) {
    if (ownStoreId == 0) throw new IllegalStateException("a client sends no raft messages");
    boolean tooLarge = message.getSerializedSize() > GrpcTransport.MESSAGE_BYTES - FRAME_OVERHEAD_BYTES;
    if (tooLarge || down != null || !messages.offer(message)) dropped();
  }

  // On the loop

  private boolean wanted() {
    usedNanos = clock.nanos();
    if (state == State.IDLE) connect();
    else if (state == State.DOWN || state == State.CLOSED) emptyQueues(Objects.requireNonNull(down));
    return state == State.READY;
  }

  private void connect() {
    if (state == State.CLOSED) return;
    state = State.CONNECTING;
    int mine = ++connection;
    connectedNanos = clock.nanos();
    heardNanos = connectedNanos;
    try {
      var opened = transport.connectionTo(address, loop);
      channel = opened;
      KvGrpc.newStub(opened).withCallCredentials(transport.credentials).batch(new Observer<RequestFrame, ResponseFrame>(mine) {
        @Override void started(ClientCallStreamObserver<RequestFrame> stream) {
          requests = stream;
        }

        @Override void ready() {
          calls.drain();
        }

        @Override void received(ResponseFrame frame) {
          answered(frame);
        }
      });
      if (ownStoreId != 0) openRaft(opened, mine);
    } catch (RuntimeException e) {
      broken(mine, e);
    }
    tickLater();
  }

  private void openRaft(ManagedChannel opened, int mine) {
    RaftGrpc.newStub(opened).withCallCredentials(transport.credentials).messages(new Observer<RaftFrame, RaftFrame>(mine) {
      @Override void started(ClientCallStreamObserver<RaftFrame> stream) {
        raft = stream;
      }

      @Override void ready() {
        messages.drain();
      }

      @Override void received(RaftFrame frame) {}
    });
  }

  /** One stream of one connection. */
  private abstract class Observer<Q, A> implements ClientResponseObserver<Q, A> {
    private final int mine;

    Observer(int mine) {
      this.mine = mine;
    }

    abstract void started(ClientCallStreamObserver<Q> stream);

    abstract void ready();

    abstract void received(A answer);

    @Override public void beforeStart(ClientCallStreamObserver<Q> stream) {
      started(stream);
      stream.setOnReadyHandler(() -> {
        if (mine != connection) return;
        becameReady();
        ready();
      });
    }

    @Override public void onNext(A answer) {
      if (mine != connection) return;
      heardNanos = clock.nanos();
      received(answer);
    }

    @Override public void onError(Throwable failure) {
      broken(mine, failure);
    }

    @Override public void onCompleted() {
      broken(mine, Status.UNAVAILABLE.withDescription("the store has closed the stream").asRuntimeException());
    }
  }

  private void becameReady() {
    if (state != State.CONNECTING) return;
    state = State.READY;
    heardNanos = clock.nanos();
    transport.metrics.streams().inc(ownStoreId == 0 ? 1 : 2);
    if (down != null) {
      down = null;
      transport.metrics.blockedPeers().dec();
    }
  }

  private void writeCalls(List<Call> frame, long bytes) {
    long now = clock.nanos();
    if (pending.isEmpty()) heardNanos = now;
    var out = RequestFrame.newBuilder();
    for (var call : frame) {
      if (call.answer.isDone()) {
        calls.release(call.bytes);
        continue;
      }
      pending.put(++lastId, call);
      out.addRequests(RequestFrame.One.newBuilder().setId(lastId).setRequest(call.request));
    }
    transport.metrics.wrote(out.getRequestsCount(), bytes);
    if (requests != null && out.getRequestsCount() > 0) requests.onNext(out.build());
    tickLater();
  }

  private void writeMessages(List<RaftMessage> frame, long bytes) {
    transport.metrics.wrote(frame.size(), bytes);
    messages.release(bytes);
    if (raft != null) raft.onNext(RaftFrame.newBuilder().setFromStore(ownStoreId).addAllMessages(frame).build());
  }

  private void answered(ResponseFrame frame) {
    for (var one : frame.getResponsesList()) {
      var call = pending.remove(one.getId());
      if (call == null) continue;
      calls.release(call.bytes);
      call.answer.complete(one.getResponse());
    }
  }

  private void tickLater() {
    if (ticking || state == State.CLOSED) return;
    ticking = true;
    tickedNanos = clock.nanos();
    loop.schedule(this::tick, TICK_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void tick() {
    ticking = false;
    long now = clock.nanos();
    // It was this process that stood still (stopped, or out of CPU): what the others have said meanwhile is not read yet.
    if ((now - tickedNanos) / 1_000_000 > LATE_TICK_MILLIS) heardNanos = now;
    expire(now);
    long silentMillis = (now - heardNanos) / 1_000_000;
    if (state == State.CONNECTING && (now - connectedNanos) / 1_000_000 > READY_MILLIS) {
      broken(connection, Status.UNAVAILABLE.withDescription("not connected after " + READY_MILLIS + " ms").asRuntimeException());
    } else if (state == State.READY && (ownStoreId != 0 || !pending.isEmpty())) {
      if (silentMillis > SILENCE_MILLIS) broken(connection, Status.UNAVAILABLE.withDescription("silent for " + silentMillis + " ms").asRuntimeException());
      else if (silentMillis >= PING_MILLIS && (now - pingedNanos) / 1_000_000 >= PING_MILLIS && requests != null && requests.isReady()) {
        pingedNanos = now;
        requests.onNext(RequestFrame.getDefaultInstance());
      }
    }
    if (state == State.CONNECTING || (state == State.READY && (ownStoreId != 0 || !pending.isEmpty()))) tickLater();
  }

  private void expire(long now) {
    calls.forEach(call -> {
      if (call.deadlineNanos - now <= 0) call.answer.completeExceptionally(new UnavailableException(this + " did not take the request in time"));
    });
    if (pending.isEmpty()) return;
    var late = new ArrayList<Call>();
    pending.values().removeIf(call -> call.deadlineNanos - now <= 0 && late.add(call));
    for (var call : late) {
      calls.release(call.bytes);
      call.answer.completeExceptionally(new OutcomeUnknownException("no answer from " + this + " in time"));
    }
  }

  private void broken(int which, Throwable cause) {
    if (which != connection || state == State.CLOSED || state == State.DOWN || state == State.IDLE) return;
    boolean wasReady = state == State.READY;
    var failure = unavailable(cause);
    state = State.DOWN;
    // Who is not let in is turned away before anything of his is read.
    end(failure, wasReady, failure instanceof ConfigException ? failure : new OutcomeUnknownException("the connection to " + this + " broke before the answer: " + reason(cause), cause));
    if (wasReady && (clock.nanos() - connectedNanos) / 1_000_000 > READY_MILLIS) backoffMillis = FIRST_BACKOFF_MILLIS;
    long wait = backoffMillis / 2 + random.nextLong(backoffMillis / 2 + 1);
    backoffMillis = Math.min(LONGEST_BACKOFF_MILLIS, backoffMillis * 2);
    loop.schedule(this::again, wait, TimeUnit.MILLISECONDS);
    if (ownStoreId != 0) unreachable.accept(storeId);
  }

  private void again() {
    if (state != State.DOWN) return;
    if (ownStoreId == 0 && (clock.nanos() - usedNanos) / 1_000_000 > IDLE_MILLIS) {
      state = State.IDLE;
      forgetDown();
      return;
    }
    transport.metrics.retries().inc();
    connect();
  }

  private void forgetDown() {
    if (down == null) return;
    down = null;
    transport.metrics.blockedPeers().dec();
  }

  private void end(NoKVException failure, boolean wasReady, NoKVException forSent) {
    if (down == null) transport.metrics.blockedPeers().inc();
    down = failure;
    connection++;
    if (wasReady) transport.metrics.streams().dec(ownStoreId == 0 ? 1 : 2);
    if (channel != null) channel.shutdownNow();
    channel = null;
    requests = null;
    raft = null;
    var sent = new ArrayList<>(pending.values());
    pending.clear();
    for (var call : sent) {
      calls.release(call.bytes);
      call.answer.completeExceptionally(forSent);
    }
    emptyQueues(failure);
  }

  private void emptyQueues(NoKVException failure) {
    calls.empty(call -> {
      calls.release(call.bytes);
      call.answer.completeExceptionally(failure);
    });
    messages.empty(message -> {
      messages.release(message.getSerializedSize());
      dropped();
    });
  }

  private void dropped() {
    transport.metrics.drops().inc();
    try {
      loop.execute(this::reportDropsLater);
    } catch (RejectedExecutionException e) {
      // The transport has ended, and with it whoever would be told.
    }
  }

  /** Together: a dead store's heartbeats are dropped by the hundred. */
  private void reportDropsLater() {
    if (reporting || state == State.CLOSED) return;
    reporting = true;
    loop.schedule(() -> {
      reporting = false;
      if (state != State.CLOSED) unreachable.accept(storeId);
    }, DROP_REPORT_MILLIS, TimeUnit.MILLISECONDS);
  }

  private NoKVException unavailable(Throwable cause) {
    if (cause instanceof ConfigException config) return config;
    var status = Status.fromThrowable(cause);
    if (status.getCode() == Status.Code.UNAUTHENTICATED) return new ConfigException(this + " refuses this client: " + status.getDescription() + "; see security.token_file", cause);
    String distrust = Credentials.distrust(cause);
    if (distrust != null) return new ConfigException(this + " and this process do not trust each other (" + distrust + "); see security.tls_ca", cause);
    return new UnavailableException(this + " cannot be reached: " + reason(cause), cause);
  }

  private static String reason(Throwable cause) {
    var status = Status.fromThrowable(cause);
    Throwable root = status.getCause();
    String description = status.getDescription() == null ? status.getCode().toString() : status.getDescription();
    return root == null || root.getMessage() == null ? description : description + " (" + root.getMessage() + ")";
  }

  void close() {
    if (state == State.CLOSED) return;
    boolean wasReady = state == State.READY;
    state = State.CLOSED;
    end(new UnavailableException("the network is closed"), wasReady, new OutcomeUnknownException("the network was closed before " + this + " answered"));
    transport.metrics.blockedPeers().dec();
  }

  EventLoop loop() {
    return loop;
  }

  @Override public String toString() {
    return "store " + storeId + " at " + address;
  }
}
