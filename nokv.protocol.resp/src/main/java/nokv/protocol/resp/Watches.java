package nokv.protocol.resp;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Who watches keys that are not there. Of a key that is there, its version in the store says whether it was written since; one that comes and goes leaves no trace in the store, so what this
 * frontend writes is noted here. Thread-safe.
 */
final class Watches {
  private final Map<Queued.Watched, Set<Queued>> watchers = new HashMap<>();
  private volatile boolean active;

  /** Whether anybody does. */
  boolean isActive() {
    return active;
  }

  synchronized void add(Queued.Watched key, Queued watcher) {
    watchers.computeIfAbsent(key, none -> new HashSet<>()).add(watcher);
    active = true;
  }

  /** A transaction has ended, or will not be. */
  synchronized void forget(Queued watcher) {
    for (Queued.Watched key : watcher.watched.keySet()) {
      Set<Queued> all = watchers.get(key);
      if (all != null && all.remove(watcher) && all.isEmpty()) watchers.remove(key);
    }
    active = !watchers.isEmpty();
  }

  /** A key was written, and that is committed. */
  synchronized void written(int database, byte[] key) {
    for (Queued watcher : watchers.getOrDefault(new Queued.Watched(RedisKey.metadata(key, database)), Set.of())) watcher.changed = true;
  }
}
