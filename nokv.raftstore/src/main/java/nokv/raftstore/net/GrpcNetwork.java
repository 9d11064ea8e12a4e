package nokv.raftstore.net;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongConsumer;
import nokv.api.UnavailableException;
import nokv.raftstore.proto.RaftMessage;
import nokv.raftstore.proto.Request;
import nokv.raftstore.proto.Response;

/** The {@link Network} over gRPC: one connection to each store that is talked to, see {@link StoreLink}, and one for each snapshot. */
public final class GrpcNetwork implements Network {
  private final GrpcTransport transport;
  private final long ownStoreId;
  private final Map<Long, String> addresses;
  private final LongConsumer unreachable;
  private final Map<Long, StoreLink> links = new ConcurrentHashMap<>();
  private final SnapshotLanes snapshots;
  private volatile boolean closed;

  /**
   * @param ownStoreId of this process; 0 = it is a client
   * @param addresses {@code host:port} by store id
   * @param unreachable told that raft messages to a store are being lost; {@link Receiver#unreachable} of a store's own receiver
   */
  public GrpcNetwork(GrpcTransport transport, long ownStoreId, Map<Long, String> addresses, LongConsumer unreachable) {
    this.transport = transport;
    this.ownStoreId = ownStoreId;
    this.addresses = Map.copyOf(addresses);
    this.unreachable = unreachable;
    this.snapshots = new SnapshotLanes(transport);
  }

  /** Of a client. */
  public GrpcNetwork(GrpcTransport transport, Map<Long, String> addresses) {
    this(transport, 0, addresses, store -> { });
  }

  @Override public CompletionStage<Response> call(long storeId, Request request, Duration timeout) {
    var link = links.get(storeId);
    if (link == null) {
      if (closed || !addresses.containsKey(storeId)) return CompletableFuture.failedFuture(unknown(storeId));
      link = link(storeId);
    }
    return link.call(request, timeout);
  }

  @Override public void send(long storeId, RaftMessage message) {
    if (closed) return;
    if (addresses.containsKey(storeId)) link(storeId).send(message);
    else unreachable.accept(storeId);
  }

  @Override public CompletionStage<Void> sendSnapshot(long storeId, Chunks chunks) {
    var address = addresses.get(storeId);
    if (!closed && address != null) return snapshots.send("store " + storeId + " at " + address, address, chunks);
    chunks.close();
    return CompletableFuture.failedFuture(unknown(storeId));
  }

  private UnavailableException unknown(long storeId) {
    return new UnavailableException(closed ? "the network is closed" : "store " + storeId + " has no address; stores[] has " + addresses.keySet());
  }

  private StoreLink link(long storeId) {
    return links.computeIfAbsent(storeId, id -> new StoreLink(transport, ownStoreId, id, addresses.getOrDefault(id, ""), unreachable));
  }

  @Override public void close() {
    closed = true;
    for (var link : links.values()) {
      var ended = link.loop().submit(link::close);
      if (!link.loop().inEventLoop()) ended.awaitUninterruptibly();
    }
    snapshots.close();
  }
}
