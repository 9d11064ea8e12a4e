package nokv.spi;

import java.util.List;
import nokv.api.KeyRange;
import org.jspecify.annotations.Nullable;

/**
 * The cluster as the config file describes it; no stores = embedded. Already validated: regions cover all keys without gap or overlap, every peer is on a listed store.
 *
 * @param maxRetries client retries on region errors
 * @param tso the timestamp service; null = the local oracle
 */
public record Topology(int maxRetries, @Nullable Tso tso, List<Store> stores, List<Region> regions) {
  public static final Topology EMBEDDED = new Topology(8, null, List.of(), List.of());

  /**
   * @param listenAddr {@code host:port} to bind
   * @param advertiseUrl where clients find it
   */
  public record Tso(String listenAddr, String advertiseUrl) {}

  /**
   * @param listenAddr to bind; {@code addr} is what others connect to
   * @param dockerListenAddr the same inside a container network
   */
  public record Store(long storeId, String listenAddr, String addr, String dockerListenAddr, String dockerAddr) {}

  public record Region(long id, KeyRange range, long version, long confVersion, List<Peer> peers, long leaderStoreId) {}

  public record Peer(long storeId, long peerId) {}

  public boolean embedded() {
    return stores.isEmpty();
  }
}
