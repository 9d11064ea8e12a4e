package nokv.engine.lsm;

import java.util.HashMap;
import java.util.Map;
import nokv.engine.lsm.compaction.Job.SegmentId;

/**
 * How many tables, memtables and running jobs can still produce a pointer into each segment of the value store. A table counts until its file is gone, so what an old view of
 * a reader refers to counts too. A segment without users can be dropped; whoever appends a value counts as a user, under the lock of the appends, before anybody can ask.
 * Thread-safe.
 */
final class ValueUse {
  private final Map<SegmentId, Integer> users = new HashMap<>();

  synchronized void add(SegmentId segment) {
    users.merge(segment, 1, Integer::sum);
  }

  synchronized void remove(SegmentId segment) {
    users.computeIfPresent(segment, (id, count) -> count == 1 ? null : count - 1);
  }

  synchronized boolean isUsed(SegmentId segment) {
    return users.containsKey(segment);
  }
}
