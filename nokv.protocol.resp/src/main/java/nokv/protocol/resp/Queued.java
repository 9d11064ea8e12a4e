package nokv.protocol.resp;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What lies between WATCH, MULTI and EXEC on one connection. Requests are added by the event loop before EXEC is executed, watches by the lane in the order of
 * requests.
 */
final class Queued {
  final List<Request> requests = new ArrayList<>();
  /** A watched key, encoded, and the version it had; 0 = there was none. */
  final Map<Watched, Long> watched = new ConcurrentHashMap<>();
  boolean watching;
  /** A watched key that was not there has been written. Set from any thread. */
  volatile boolean changed;
  /** A command was refused, so EXEC will be. */
  boolean refused;

  /** An encoded key that compares by content. */
  record Watched(byte[] key) {
    @Override public boolean equals(Object other) {
      return other instanceof Watched that && java.util.Arrays.equals(key, that.key);
    }

    @Override public int hashCode() {
      return java.util.Arrays.hashCode(key);
    }
  }

  /** Whether a command in it is refused where memory is short. */
  boolean addsData() {
    for (Request request : requests) if (request.command() instanceof RedisCommand command && command.has(Flag.DENYOOM)) return true;
    return false;
  }

  /** What EXEC as a whole needs: a batch if nothing is read, otherwise a serializable transaction. */
  Access access() {
    if (watching) return Access.ALONE;
    for (Request request : requests) if (request.access() != Access.NONE && request.access() != Access.BLIND) return Access.ALONE;
    return Access.BLIND;
  }
}
