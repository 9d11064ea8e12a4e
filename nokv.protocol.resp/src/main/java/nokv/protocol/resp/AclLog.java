package nokv.protocol.resp;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/** What was refused, newest first: ACL LOG. Refusals that are alike and within a minute are one entry. Thread-safe. */
final class AclLog {
  private static final long SAME_MILLIS = 60_000;
  private static final int LOOKED_AT = 10;

  /** Where a command was refused. */
  enum Context { TOPLEVEL, MULTI, LUA }

  /** @param reason command, key, channel or auth @param client as CLIENT LIST has it */
  record Entry(long count, String reason, Context context, byte[] object, String user, long millis, String client) {
    private boolean isLike(Entry other) {
      return reason.equals(other.reason) && context == other.context && Math.abs(millis - other.millis) <= SAME_MILLIS && user.equals(other.user) && Arrays.equals(object, other.object);
    }
  }

  private final Deque<Entry> entries = new ArrayDeque<>();

  synchronized void add(Entry entry, long maxEntries) {
    long count = 1;
    Iterator<Entry> each = entries.iterator();
    for (int i = 0; i < LOOKED_AT && each.hasNext(); i++) {
      Entry before = each.next();
      if (!before.isLike(entry)) continue;
      each.remove();
      count += before.count;
      break;
    }
    entries.addFirst(new Entry(count, entry.reason, entry.context, entry.object, entry.user, entry.millis, entry.client));
    while (entries.size() > maxEntries) entries.removeLast();
  }

  synchronized List<Entry> newest(long count) {
    return entries.stream().limit(count).toList();
  }

  synchronized void clear() {
    entries.clear();
  }
}
