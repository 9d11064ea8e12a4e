package nokv.raftstore.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.codahale.metrics.MetricRegistry;
import com.google.protobuf.ByteString;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import nokv.api.UnavailableException;
import nokv.raftstore.proto.SnapshotChunk;
import nokv.raftstore.proto.SnapshotEnd;
import nokv.raftstore.proto.SnapshotEntries;
import nokv.raftstore.proto.SnapshotEntry;
import nokv.raftstore.proto.SnapshotHeader;
import nokv.spi.Environment;
import nokv.spi.Security;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Goal: a snapshot arrives whole or both sides know that it did not; nobody is ahead of the other by more than a window; messages go on meanwhile. */
class SnapshotTransferTest {
  private static final int CHUNK_BYTES = 256 << 10;

  private final EchoReceiver store = new EchoReceiver();
  private Environment.Owned environment;
  private GrpcTransport transport;
  private GrpcServer server;
  private Wire wire;
  private GrpcNetwork peer;

  @BeforeEach void connect() throws Exception {
    environment = Environment.system(2, 1 << 20, new MetricRegistry());
    transport = new GrpcTransport(environment.environment(), Security.NONE, 2);
    server = new GrpcServer(transport, "127.0.0.1:0", store);
    wire = new Wire(server.port());
    peer = new GrpcNetwork(transport, 2, Map.of(1L, wire.address()), id -> { });
  }

  @AfterEach void disconnect() throws Exception {
    peer.close();
    server.close();
    wire.close();
    transport.close();
    environment.close();
  }

  /** A header, {@code count} chunks, and an end. */
  private static final class Source implements Network.Chunks {
    final int count;
    final AtomicInteger read = new AtomicInteger();
    final CompletableFuture<Void> closed = new CompletableFuture<>();
    int failAt = -1;
    boolean end = true;

    Source(int count) {
      this.count = count;
    }

    @Override public SnapshotChunk next() {
      if (closed.isDone()) throw new AssertionError("read after it was closed");
      int n = read.getAndIncrement();
      if (n == failAt) throw new IllegalStateException("disk");
      if (n == 0) return SnapshotChunk.newBuilder().setHeader(SnapshotHeader.newBuilder().setIndex(7)).build();
      if (n <= count) {
        var entry = SnapshotEntry.newBuilder().setVersion(n).setValue(ByteString.copyFrom(new byte[CHUNK_BYTES]));
        return SnapshotChunk.newBuilder().setEntries(SnapshotEntries.newBuilder().addEntries(entry)).build();
      }
      return n == count + 1 && end ? SnapshotChunk.newBuilder().setEnd(SnapshotEnd.newBuilder().setEntries(count)).build() : null;
    }

    @Override public void close() {
      if (!closed.complete(null)) throw new AssertionError("closed twice");
    }
  }

  private static <T> T get(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private static Throwable failure(CompletionStage<?> stage) {
    return assertThrows(ExecutionException.class, () -> get(stage)).getCause();
  }

  /** Every chunk is held until the test lets it go. */
  private void hold() {
    store.take = chunk -> {
      var taking = new CompletableFuture<Void>();
      store.takings.add(taking);
      return taking;
    };
  }

  @Test void everyChunkArrivesInOrder() throws Exception {
    var source = new Source(200);
    get(peer.sendSnapshot(1, source));
    get(source.closed);
    assertEquals(202, store.chunks.size());
    for (int i = 1; i <= 200; i++) assertEquals(i, store.chunks.get(i).getEntries().getEntries(0).getVersion());
    assertEquals(2L, transport.stats().get("snapshots"), "one sent, one received");
  }

  @Test void aSlowReceiverHoldsTheSenderBackButNotTheMessages() throws Exception {
    hold();
    var source = new Source(400);
    var sent = peer.sendSnapshot(1, source);
    var first = store.takings.poll(10, TimeUnit.SECONDS);
    assertNotNull(first);
    for (int i = 0; i < 100; i++) assertEquals("k", EchoReceiver.value(get(peer.call(1, EchoReceiver.get("k"), Duration.ofSeconds(20)))));
    assertEquals(1, store.chunks.size(), "the second chunk came before the first was taken");
    assertTrue(source.read.get() < 100, source.read + " chunks of 256 KiB read ahead");
    store.take = chunk -> CompletableFuture.completedFuture(null);
    first.complete(null);
    get(sent);
    assertEquals(402, store.chunks.size());
  }

  @Test void aRefusalEndsItOnBothSides() throws Exception {
    store.take = chunk -> chunk.hasEntries() ? CompletableFuture.failedFuture(new IllegalStateException("no space")) : CompletableFuture.completedFuture(null);
    var source = new Source(1_000);
    var failure = failure(peer.sendSnapshot(1, source));
    assertInstanceOf(UnavailableException.class, failure);
    assertTrue(failure.getMessage().contains("no space"), failure.getMessage());
    get(source.closed);
  }

  @Test void aBrokenStreamAbortsItOnBothSides() throws Exception {
    hold();
    var source = new Source(400);
    var sent = peer.sendSnapshot(1, source);
    assertNotNull(store.takings.poll(10, TimeUnit.SECONDS));
    wire.cut();
    assertInstanceOf(UnavailableException.class, failure(sent));
    get(source.closed);
    get(store.aborted);
  }

  @Test void aSourceThatFailsIsNotTakenForAnEnd() throws Exception {
    var source = new Source(10);
    source.failAt = 5;
    assertInstanceOf(IllegalStateException.class, failure(peer.sendSnapshot(1, source)));
    get(source.closed);
    get(store.aborted);
  }

  @Test void withoutAnEndItIsNotAccepted() throws Exception {
    var source = new Source(3);
    source.end = false;
    assertInstanceOf(UnavailableException.class, failure(peer.sendSnapshot(1, source)));
    get(store.aborted);
  }

  @Test void twoAreOnTheirWayAtOnceAndTheOthersWaitTheirTurn() throws Exception {
    hold();
    var sources = new ArrayList<Source>();
    var sent = new ArrayList<CompletionStage<Void>>();
    for (int i = 0; i < 5; i++) {
      sources.add(new Source(1));
      sent.add(peer.sendSnapshot(1, sources.getLast()));
    }
    var held = List.of(store.takings.poll(10, TimeUnit.SECONDS), store.takings.poll(10, TimeUnit.SECONDS));
    assertEquals(2, sources.stream().filter(source -> source.read.get() > 0).count());
    store.take = chunk -> CompletableFuture.completedFuture(null);
    for (var taking : held) taking.complete(null);
    for (var each : sent) get(each);
  }

  @Test void closingTheNetworkEndsWhatRunsAndWhatWaits() throws Exception {
    hold();
    var sources = List.of(new Source(1), new Source(1), new Source(1));
    var sent = sources.stream().map(source -> peer.sendSnapshot(1, source)).toList();
    assertNotNull(store.takings.poll(10, TimeUnit.SECONDS));
    peer.close();
    for (var each : sent) assertInstanceOf(UnavailableException.class, failure(each));
    for (var source : sources) get(source.closed);
  }
}
