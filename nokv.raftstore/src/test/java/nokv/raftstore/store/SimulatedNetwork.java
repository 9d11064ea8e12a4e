package nokv.raftstore.store;

import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import nokv.api.OutcomeUnknownException;
import nokv.api.UnavailableException;
import nokv.raftstore.net.Network;
import nokv.raftstore.net.Receiver;
import nokv.raftstore.proto.RaftMessage;
import nokv.raftstore.proto.Request;
import nokv.raftstore.proto.Response;
import nokv.raftstore.proto.SnapshotChunk;

/** The way between simulated stores: messages are lost, doubled, delayed (and so reordered), and stores cut off, as the world's dice say. */
final class SimulatedNetwork {
  private final SimulatedWorld world;
  /** Whose timers carry what is under way: it outlives every store. */
  private final SimulatedWorld.Life carrier;
  private final Map<Long, Receiver> stores = new HashMap<>();
  long sent;
  double loss;
  double doubling;
  int delayMillis = 1;
  /** Nothing goes to or from it; 0 = nobody is cut off. */
  long cutOff;
  /** Ways on which nothing arrives, in this direction. */
  final Set<Way> broken = new HashSet<>();

  record Way(long from, long to) {}

  SimulatedNetwork(SimulatedWorld world) {
    this.world = world;
    carrier = world.begin();
  }

  void up(long store, Receiver receiver) {
    stores.put(store, receiver);
  }

  void down(long store) {
    stores.remove(store);
  }

  /** A store's, from which nothing comes any more when it is down; or a client's, which is no store. */
  Network of(long from) {
    return new Network() {
      @Override public CompletionStage<Response> call(long to, Request request, Duration timeout) {
        var answer = new CompletableFuture<Response>();
        carrier.schedule(timeout, () -> answer.completeExceptionally(new OutcomeUnknownException("store " + to + " has not answered")));
        carrier.schedule(delay(), () -> {
          Receiver receiver = reach(from, to);
          if (receiver == null) answer.completeExceptionally(new UnavailableException("store " + to + " cannot be reached"));
          else if (world.random.nextDouble() >= loss / 4) receiver.handle(request).thenAccept(response -> reply(from, to, response, answer));
        });
        return answer;
      }

      @Override public void send(long to, RaftMessage message) {
        sent++;
        world.trace(Arrays.hashCode(message.toByteArray()));
        if (!stores.containsKey(from) || world.random.nextDouble() < loss) return;
        int copies = world.random.nextDouble() < doubling ? 2 : 1;
        for (int i = 0; i < copies; i++) {
          carrier.schedule(delay(), () -> {
            Receiver receiver = reach(from, to);
            if (receiver != null) receiver.raft(message);
          });
        }
      }

      @Override public CompletionStage<Void> sendSnapshot(long to, Chunks chunks) {
        Receiver receiver = reach(from, to);
        var done = new CompletableFuture<Void>();
        if (receiver == null) {
          chunks.close();
          done.completeExceptionally(new UnavailableException("store " + to + " cannot be reached"));
        } else {
          stream(from, to, receiver, receiver.snapshot(), chunks, done);
        }
        return done;
      }

      @Override public void close() {}
    };
  }

  /** Some answers are lost: the asker cannot tell whether it was done. */
  private void reply(long asker, long store, Response response, CompletableFuture<Response> answer) {
    if (!stores.containsKey(store) || world.random.nextDouble() < loss / 4) return;
    carrier.schedule(delay(), () -> {
      boolean arrives = asker != cutOff && store != cutOff && !broken.contains(new Way(store, asker));
      if (arrives) answer.complete(response);
    });
  }

  private void stream(long from, long to, Receiver receiver, Receiver.SnapshotSink sink, Network.Chunks chunks, CompletableFuture<Void> done) {
    carrier.schedule(delay(), () -> {
      if (reach(from, to) != receiver || world.random.nextDouble() < loss / 4) {
        chunks.close();
        sink.aborted();
        done.completeExceptionally(new UnavailableException("the stream to store " + to + " broke"));
        return;
      }
      SnapshotChunk chunk = chunks.next();
      if (chunk == null) {
        chunks.close();
        done.complete(null);
        return;
      }
      sink.chunk(chunk).whenComplete((taken, error) -> {
        if (error == null) {
          stream(from, to, receiver, sink, chunks, done);
        } else {
          chunks.close();
          done.completeExceptionally(error);
        }
      });
    });
  }

  private Duration delay() {
    return Duration.ofNanos(100_000 + world.random.nextInt(delayMillis * 1_000_000));
  }

  private Receiver reach(long from, long to) {
    return from == cutOff || to == cutOff || broken.contains(new Way(from, to)) ? null : stores.get(to);
  }
}
