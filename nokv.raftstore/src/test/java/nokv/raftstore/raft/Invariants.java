package nokv.raftstore.raft;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What has to hold over all nodes of a group and for all time. Told of each event, it throws at the first that breaks a promise. */
final class Invariants {
  private record Place(long index, long term) {}

  private final Map<Long, Long> leaders = new HashMap<>();
  private final Map<Place, Entry> entries = new HashMap<>();
  private final Map<Place, Long> previousTerms = new HashMap<>();
  /** By index - 1. */
  private final List<Entry> committed = new ArrayList<>();
  private final List<Long> states = new ArrayList<>(List.of(0L));

  /** Election safety: one leader a term. Leader completeness: it has all that was committed. */
  void leads(RaftNode node) {
    Long before = leaders.putIfAbsent(node.term(), node.id());
    check(before == null || before == node.id(), "nodes " + before + " and " + node.id() + " both lead term " + node.term());
    if (before != null) return;
    var log = node.log();
    check(log.lastIndex() > committed.size(), "leader " + node.id() + " of term " + node.term() + " ends at " + log.lastIndex() + ", committed is " + committed.size());
    for (long index = log.firstIndex(); index <= committed.size(); index++) {
      check(log.term(index) == committed.get((int) index - 1).term(), "leader " + node.id() + " of term " + node.term() + " lacks committed entry " + index);
    }
  }

  /** Log matching: an entry with a place is the same everywhere, and so is, by induction, all before it. */
  void stored(long id, Entry entry, long previousTerm) {
    var place = new Place(entry.index(), entry.term());
    var same = entries.putIfAbsent(place, entry);
    check(same == null || (same.kind() == entry.kind() && Arrays.equals(same.data(), entry.data())), "node " + id + " has another entry at " + place);
    if (previousTerm == Storage.UNKNOWN_TERM) return;
    Long previous = previousTerms.putIfAbsent(place, previousTerm);
    check(previous == null || previous == previousTerm, "node " + id + " has another history before " + place);
  }

  /** State machine safety: what is committed never changes. Gives the application's state after the entry. */
  long applied(long id, Entry entry) {
    check(entry.index() <= committed.size() + 1, "node " + id + " applies " + entry.index() + " before " + (committed.size() + 1));
    if (entry.index() == committed.size() + 1) {
      committed.add(entry);
      states.add(Objects.hash(states.getLast(), entry.term(), Arrays.hashCode(entry.data())) * 0x9E3779B97F4A7C15L);
    }
    var same = committed.get((int) entry.index() - 1);
    check(same.term() == entry.term() && Arrays.equals(same.data(), entry.data()), "node " + id + " applies " + entry + " where " + same + " was committed");
    return states.get((int) entry.index());
  }

  /** The application's state as of an index is the same everywhere. */
  void state(long id, long index, long state) {
    check(states.get((int) index) == state, "node " + id + " has another state at " + index);
  }

  /** The greatest index that anybody has applied. */
  long committed() {
    return committed.size();
  }

  void read(long id, long asked, long index) {
    check(index >= asked, "node " + id + " reads at " + index + " although " + asked + " was applied when it asked");
  }

  private static void check(boolean holds, String broken) {
    if (!holds) throw new AssertionError(broken);
  }
}
