package nokv.raftstore.net;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import nokv.api.UnavailableException;
import nokv.raftstore.proto.RaftGrpc;
import nokv.raftstore.proto.SnapshotAccepted;
import nokv.raftstore.proto.SnapshotChunk;
import org.jspecify.annotations.Nullable;

/**
 * Snapshots on their way out: a few at a time, the rest wait their turn. Each has a connection of its own, so that a receiver that takes its time (its window is full) holds up no message; a
 * chunk is read only when the stream is ready for it, so a few windows' worth is all that is in memory. Thread-safe.
 */
final class SnapshotLanes implements AutoCloseable {
  private static final int AT_ONCE = 2;

  private final GrpcTransport transport;
  private final Queue<Transfer> waiting = new ArrayDeque<>();
  private final Set<Transfer> running = new HashSet<>();
  private boolean closed;

  SnapshotLanes(GrpcTransport transport) {
    this.transport = transport;
  }

  CompletionStage<Void> send(String store, String address, Network.Chunks chunks) {
    var transfer = new Transfer(store, address, chunks);
    synchronized (this) {
      if (closed) transfer.failure = new UnavailableException("the network is closed");
      else waiting.add(transfer);
    }
    if (transfer.failure != null) transfer.pump();
    else next();
    return transfer.done;
  }

  private void next() {
    while (true) {
      Transfer transfer;
      synchronized (this) {
        if (closed || running.size() >= AT_ONCE) return;
        transfer = waiting.poll();
        if (transfer == null) return;
        running.add(transfer);
      }
      transfer.begin();
    }
  }

  private void ended(Transfer transfer) {
    synchronized (this) {
      running.remove(transfer);
    }
    next();
  }

  @Override public void close() {
    var all = new HashSet<Transfer>();
    synchronized (this) {
      closed = true;
      all.addAll(running);
      all.addAll(waiting);
      waiting.clear();
    }
    for (var transfer : all) transfer.fail(new UnavailableException("the network was closed while a snapshot was on its way to " + transfer.store));
  }

  /** One snapshot. Chunks are read, and closed, by {@link #work} alone, on one I/O task at a time. */
  private final class Transfer implements ClientResponseObserver<SnapshotChunk, SnapshotAccepted> {
    final String store;
    final String address;
    final Network.Chunks chunks;
    final CompletableFuture<Void> done = new CompletableFuture<>();
    final AtomicInteger wanted = new AtomicInteger();
    volatile @Nullable ManagedChannel channel;
    volatile @Nullable ClientCallStreamObserver<SnapshotChunk> stream;
    volatile @Nullable RuntimeException failure;
    volatile boolean accepted;
    boolean allSent;
    boolean over;

    Transfer(String store, String address, Network.Chunks chunks) {
      this.store = store;
      this.address = address;
      this.chunks = chunks;
    }

    void begin() {
      try {
        var opened = transport.bulkConnectionTo(address);
        channel = opened;
        RaftGrpc.newStub(opened).withCallCredentials(transport.credentials).snapshot(this);
      } catch (RuntimeException e) {
        fail(e);
      }
    }

    @Override public void beforeStart(ClientCallStreamObserver<SnapshotChunk> started) {
      stream = started;
      started.setOnReadyHandler(this::pump);
    }

    @Override public void onNext(SnapshotAccepted answer) {
      accepted = true;
    }

    @Override public void onError(Throwable cause) {
      fail(new UnavailableException("a snapshot did not arrive at " + store + ": " + Status.fromThrowable(cause), cause));
    }

    @Override public void onCompleted() {
      if (accepted) pump();
      else fail(new UnavailableException(store + " ended a snapshot without accepting it"));
    }

    void fail(RuntimeException cause) {
      if (failure == null) failure = cause;
      pump();
    }

    void pump() {
      if (wanted.getAndIncrement() == 0) transport.environment.io().execute(this::work);
    }

    private void work() {
      int seen = 1;
      do {
        try {
          if (!over) step();
        } catch (RuntimeException e) {
          failure = e;
          finish();
        }
        seen = wanted.addAndGet(-seen);
      } while (seen != 0);
    }

    private void step() {
      var to = stream;
      while (failure == null && !accepted && !allSent && to != null && to.isReady()) {
        var chunk = chunks.next();
        if (chunk != null) {
          to.onNext(chunk);
          transport.metrics.bytes().inc(chunk.getSerializedSize());
        } else {
          allSent = true;
          to.onCompleted();
        }
      }
      if (failure != null || accepted) finish();
    }

    private void finish() {
      over = true;
      var opened = channel;
      if (opened != null) opened.shutdownNow();
      chunks.close();
      var cause = failure;
      ended(this);
      if (cause != null) {
        done.completeExceptionally(cause);
      } else {
        transport.metrics.snapshots().inc();
        done.complete(null);
      }
    }
  }
}
