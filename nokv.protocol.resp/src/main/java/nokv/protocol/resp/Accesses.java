package nokv.protocol.resp;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What TOUCH and RESTORE say of when and how often keys are used, for OBJECT IDLETIME and FREQ; {@link #MAX_KEYS} of them at the most, in memory only. Thread-safe. */
final class Accesses {
  private static final int MAX_KEYS = 10_000;

  /** @param notedMillis counts as long as the key was not written after it @param frequency as RESTORE gave it */
  record Access(long notedMillis, long millis, int frequency) {}

  private record Key(int database, PubSub.Name name) {}

  private final Map<Key, Access> newest = new LinkedHashMap<>();

  synchronized void note(int database, byte[] key, Access access) {
    var which = new Key(database, new PubSub.Name(key));
    newest.remove(which);
    newest.put(which, access);
    if (newest.size() > MAX_KEYS) newest.remove(newest.keySet().iterator().next());
  }

  synchronized @Nullable Access of(int database, byte[] key) {
    return newest.get(new Key(database, new PubSub.Name(key)));
  }
}
