package nokv.raftstore.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.codahale.metrics.MetricRegistry;
import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import nokv.api.ConfigException;
import nokv.api.InvalidArgumentException;
import nokv.api.OutcomeUnknownException;
import nokv.api.UnavailableException;
import nokv.raftstore.proto.KvGrpc;
import nokv.raftstore.proto.RaftMessage;
import nokv.raftstore.proto.Response;
import nokv.spi.Clock;
import nokv.spi.Environment;
import nokv.spi.Security;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Goal: what is sent arrives, and what becomes of a call or message is told truly and soon, whatever happens to the connection. Real sockets, and a cable that can be cut. */
class GrpcNetworkTest {
  private static final Duration LONG = Duration.ofSeconds(30);

  private final EchoReceiver store = new EchoReceiver();
  private final EchoReceiver own = new EchoReceiver();
  private final AtomicLong passedNanos = new AtomicLong();
  private Environment.Owned environment;
  private GrpcTransport transport;
  private GrpcServer server;
  private Wire wire;
  private GrpcNetwork client;
  private GrpcNetwork peer;

  @BeforeEach void connect() throws Exception {
    environment = Environment.system(2, 1 << 20, new MetricRegistry());
    var real = environment.environment();
    transport = new GrpcTransport(new Environment(clock(), real.io(), real.background(), real.timer(), real.random(), real.memory(), real.metrics()), Security.NONE, 2);
    server = new GrpcServer(transport, "127.0.0.1:0", store);
    wire = new Wire(server.port());
    client = new GrpcNetwork(transport, Map.of(1L, wire.address()));
    peer = new GrpcNetwork(transport, 2, Map.of(1L, wire.address()), own::unreachable);
  }

  @AfterEach void disconnect() throws Exception {
    client.close();
    peer.close();
    server.close();
    wire.close();
    transport.close();
    environment.close();
    assertEquals(0L, transport.stats().get("streams"), "streams left open");
  }

  /** The system's, which a test can put forward. */
  private Clock clock() {
    return new Clock() {
      @Override public long millis() {
        return System.currentTimeMillis();
      }

      @Override public long nanos() {
        return System.nanoTime() + passedNanos.get();
      }
    };
  }

  private static <T> T get(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private static Throwable failure(CompletionStage<?> stage) {
    return assertThrows(ExecutionException.class, () -> get(stage)).getCause();
  }

  private static RaftMessage message(long n) {
    return RaftMessage.newBuilder().setRegionId(n).setMessage(ByteString.copyFromUtf8("m" + n)).build();
  }

  @Test void everyCallGetsItsOwnAnswer() throws Exception {
    int threads = 8;
    int each = 2_000;
    var wrong = new java.util.concurrent.ConcurrentLinkedQueue<String>();
    var left = new CountDownLatch(threads * each);
    for (int t = 0; t < threads; t++) {
      int thread = t;
      Thread.ofVirtual().start(() -> {
        for (int i = 0; i < each; i++) {
          String key = "k" + thread + "-" + i;
          client.call(1, EchoReceiver.get(key), LONG).whenComplete((response, failure) -> {
            if (failure != null || !EchoReceiver.value(response).equals(key)) wrong.add(key + ": " + failure);
            left.countDown();
          });
        }
      });
    }
    assertTrue(left.await(20, TimeUnit.SECONDS), left.getCount() + " never answered");
    assertEquals(java.util.List.of(), new ArrayList<>(wrong));
    assertTrue((long) transport.stats().get("frames") < threads * each, "gathered into frames: " + transport.stats());
  }

  @Test void raftMessagesArriveInOrder() throws Exception {
    for (int i = 0; i < 10_000; i++) peer.send(1, message(i));
    for (int i = 0; i < 10_000; i++) assertEquals(i, store.messages.poll(10, TimeUnit.SECONDS).getRegionId());
  }

  @Test void aStoreThatIsNotThereFailsCallsAtOnceAndIsToldUnreachable() throws Exception {
    wire.close();
    long began = System.nanoTime();
    assertInstanceOf(UnavailableException.class, failure(client.call(1, EchoReceiver.get("a"), LONG)));
    peer.send(1, message(1));
    assertEquals(1L, own.unreachable.poll(5, TimeUnit.SECONDS));
    assertTrue(System.nanoTime() - began < 3_000_000_000L);
  }

  @Test void aKilledStoreIsNoticedAtOnceAndFoundAgain() throws Exception {
    get(client.call(1, EchoReceiver.get("a"), LONG));
    peer.send(1, message(1));
    assertNotNull(store.messages.poll(5, TimeUnit.SECONDS));
    var lost = client.call(1, EchoReceiver.get("hold"), LONG);
    assertNotNull(store.held.poll(5, TimeUnit.SECONDS));
    long began = System.nanoTime();
    wire.cut();
    assertInstanceOf(OutcomeUnknownException.class, failure(lost));
    assertEquals(1L, own.unreachable.poll(5, TimeUnit.SECONDS));
    assertTrue(System.nanoTime() - began < 1_000_000_000L, "noticed after " + (System.nanoTime() - began) / 1_000_000 + " ms");
    assertInstanceOf(UnavailableException.class, failure(client.call(1, EchoReceiver.get("b"), LONG)), "known to be down");
    wire.mend();
    assertEquals("c", EchoReceiver.value(again(client, "c")));
    for (int n = 100; ; n++) {
      peer.send(1, message(n));
      if (store.messages.poll(20, TimeUnit.MILLISECONDS) != null) break;
      assertTrue(System.nanoTime() - began < 5_000_000_000L, "messages never went on");
    }
  }

  /** Asks until it is answered, as a router does. */
  private static Response again(Network network, String key) throws Exception {
    long began = System.nanoTime();
    while (true) {
      var call = network.call(1, EchoReceiver.get(key), LONG).toCompletableFuture().handle((response, failure) -> response);
      var response = get(call);
      if (response != null) return response;
      assertTrue(System.nanoTime() - began < 5_000_000_000L, "never answered again");
      Thread.yield();
    }
  }

  @Test void aPausedStoreIsNoticedWithinAboutTwoSeconds() throws Exception {
    get(client.call(1, EchoReceiver.get("a"), LONG));
    peer.send(1, message(1));
    assertNotNull(store.messages.poll(5, TimeUnit.SECONDS));
    wire.block(true);
    long began = System.nanoTime();
    var lost = client.call(1, EchoReceiver.get("b"), LONG);
    assertInstanceOf(OutcomeUnknownException.class, failure(lost));
    assertEquals(1L, own.unreachable.poll(5, TimeUnit.SECONDS));
    long millis = (System.nanoTime() - began) / 1_000_000;
    assertTrue(millis > 1_000 && millis < 3_500, "noticed after " + millis + " ms");
    wire.block(false);
    assertEquals("c", EchoReceiver.value(again(client, "c")));
  }

  @Test void whoStoodStillItselfDoesNotBlameTheOthers() throws Exception {
    peer.send(1, message(1));
    assertNotNull(store.messages.poll(5, TimeUnit.SECONDS));
    var slow = client.call(1, EchoReceiver.get("hold"), Duration.ofMinutes(5));
    assertNotNull(store.held.poll(5, TimeUnit.SECONDS));
    passedNanos.set(Duration.ofSeconds(30).toNanos());
    assertInstanceOf(OutcomeUnknownException.class, failure(client.call(1, EchoReceiver.get("hold"), Duration.ofMillis(500))), "the links have looked at the clock since");
    assertFalse(slow.toCompletableFuture().isDone(), "broke the connection");
    assertNull(own.unreachable.peek());
  }

  /** Random bytes, and what begins like HTTP/2, from a printed seed. */
  @Test void garbageOnThePortHurtsNobodyElse() throws Exception {
    long seed = Long.getLong("nokv.seed", System.nanoTime());
    var random = new Random(seed);
    byte[] preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0".getBytes(StandardCharsets.ISO_8859_1);
    for (int i = 0; i < 50; i++) {
      try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
        byte[] garbage = new byte[random.nextInt(4_000)];
        random.nextBytes(garbage);
        if (random.nextBoolean()) socket.getOutputStream().write(preface);
        socket.getOutputStream().write(garbage);
      } catch (IOException e) {
        // It has hung up already.
      }
    }
    assertEquals("a", EchoReceiver.value(get(client.call(1, EchoReceiver.get("a"), LONG))), "seed " + seed);
  }

  @Test void aHalfClosedConnectionIsABrokenOne() throws Exception {
    get(client.call(1, EchoReceiver.get("a"), LONG));
    var lost = client.call(1, EchoReceiver.get("hold"), LONG);
    assertNotNull(store.held.poll(5, TimeUnit.SECONDS));
    wire.halfClose();
    assertInstanceOf(OutcomeUnknownException.class, failure(lost));
    assertEquals("c", EchoReceiver.value(again(client, "c")));
  }

  @Test void aLateAnswerIsAnUnknownOutcomeWhileOthersAreAnswered() throws Exception {
    var late = client.call(1, EchoReceiver.get("hold"), Duration.ofMillis(300));
    assertEquals("a", EchoReceiver.value(get(client.call(1, EchoReceiver.get("a"), LONG))));
    assertInstanceOf(OutcomeUnknownException.class, failure(late));
    assertEquals("b", EchoReceiver.value(get(client.call(1, EchoReceiver.get("b"), LONG))));
  }

  @Test void whatCannotBeSentIsRefusedAndWhatIsTooMuchToo() throws Exception {
    assertInstanceOf(InvalidArgumentException.class, failure(client.call(1, EchoReceiver.get("x".repeat(GrpcTransport.REQUEST_BYTES)), LONG)));
    get(client.call(1, EchoReceiver.get("a"), LONG));
    wire.block(true);
    var calls = new ArrayList<CompletableFuture<Response>>();
    String megabyte = "hold" + "x".repeat(1 << 20);
    for (int i = 0; i < 40; i++) calls.add(client.call(1, EchoReceiver.get(megabyte), LONG).toCompletableFuture());
    assertInstanceOf(UnavailableException.class, failure(calls.getLast()));
  }

  @Test void messagesBeyondTheBoundAreDroppedAndToldOf() throws Exception {
    peer.send(1, message(0));
    assertNotNull(store.messages.poll(5, TimeUnit.SECONDS));
    wire.block(true);
    var megabyte = RaftMessage.newBuilder().setMessage(ByteString.copyFrom(new byte[1 << 20])).build();
    for (int i = 0; i < 100; i++) peer.send(1, megabyte);
    assertEquals(1L, own.unreachable.poll(5, TimeUnit.SECONDS));
    assertTrue((long) transport.stats().get("drops") > 10, transport.stats().toString());
  }

  @Test void closingFailsWhatIsUnderWay() throws Exception {
    var call = client.call(1, EchoReceiver.get("hold"), LONG);
    assertNotNull(store.held.poll(5, TimeUnit.SECONDS));
    client.close();
    assertInstanceOf(OutcomeUnknownException.class, failure(call));
    assertInstanceOf(UnavailableException.class, failure(client.call(1, EchoReceiver.get("a"), LONG)));
  }

  @Test void aStoreWithoutAddressIsUnavailable() {
    assertInstanceOf(UnavailableException.class, failure(client.call(77, EchoReceiver.get("a"), LONG)));
  }

  @Test void aPlainGrpcClientCanAskTooAndOneByOne() {
    ManagedChannel channel = NettyChannelBuilder.forTarget(wire.address()).usePlaintext().build();
    try {
      assertEquals("a", EchoReceiver.value(KvGrpc.newBlockingStub(channel).kvGet(EchoReceiver.get("a"))));
    } finally {
      channel.shutdownNow();
    }
  }

  @Test void anAddressInUseIsOneLine() {
    var failure = assertThrows(ConfigException.class, () -> new GrpcServer(transport, "127.0.0.1:" + server.port(), store));
    assertTrue(failure.getMessage().contains("cannot be bound"), failure.getMessage());
  }
}
