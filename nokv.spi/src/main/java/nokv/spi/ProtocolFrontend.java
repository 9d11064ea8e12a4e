package nokv.spi;

import java.net.SocketAddress;
import java.util.Map;

/** A server that speaks some protocol to clients and {@link nokv.api.KvStore} to the store. It never blocks its event loop on the store. */
public interface ProtocolFrontend extends AutoCloseable {
  /** Where it listens, the port resolved. */
  SocketAddress address();

  /** Figures, grouped under the frontend's name: a JSON tree, see {@link Command}. */
  Map<String, Object> stats();

  /** Stops accepting, answers what has arrived, closes connections. Does not close the store. */
  @Override void close();
}
