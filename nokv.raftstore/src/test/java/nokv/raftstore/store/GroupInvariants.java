package nokv.raftstore.store;

import com.google.protobuf.ByteString;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import nokv.api.ColumnFamily;
import nokv.api.Direction;
import nokv.api.NoKVException;
import nokv.api.Timestamp;
import nokv.raftstore.raft.Entry;

/**
 * What must hold of all raft groups at every step: at most one leader a term; entries of one index and term are the same everywhere and so is what lies before them; what is committed stays
 * so; only what is committed is applied; and replicas that have applied the same hold the same.
 */
final class GroupInvariants {
  private record Term(long region, long term) {}

  private record Place(long region, long index) {}

  private record Logged(long region, long index, long term) {}

  private record Content(int hash, long previousTerm) {}

  private record Applied(long region, long epoch, long index) {}

  /** What a peer's log was like when it was last looked at. */
  private static final class Seen {
    final Map<Long, Long> terms = new HashMap<>();
    long last;
    long lastTerm;
    long committed;
    long applied;
  }

  private final Map<Term, Long> leaders = new HashMap<>();
  private final Map<Logged, Content> logged = new HashMap<>();
  private final Map<Place, Long> applied = new HashMap<>();
  private final Map<Long, Long> greatestCommitted = new HashMap<>();
  private final Map<Applied, String> states = new HashMap<>();
  private final Map<RegionPeer, Seen> seen = new HashMap<>();
  long compared;

  /** Looks at what may have changed in a store. */
  void look(SimulatedStore store) {
    for (RegionPeer peer : store.store.peers((ByteString) null)) {
      var before = seen.computeIfAbsent(peer, each -> new Seen());
      if (peer.leads()) leads(store, peer);
      long last = peer.log.lastIndex();
      long lastTerm = peer.log.term(last);
      if (last != before.last || lastTerm != before.lastTerm) log(store, peer, before);
      if (peer.node.committed() != before.committed) committed(store, peer, before);
      if (peer.appliedIndex() != before.applied) applied(store, peer, before);
    }
  }

  private void leads(SimulatedStore store, RegionPeer peer) {
    Long other = leaders.putIfAbsent(new Term(peer.region().getId(), peer.node.term()), store.id);
    check(other == null || other == store.id, store, peer, () -> "leads in term " + peer.node.term() + ", and so did store " + other);
  }

  /** Goes back from the end of a log to where it is as it was. */
  private void log(SimulatedStore store, RegionPeer peer, Seen before) {
    long region = peer.region().getId();
    before.last = peer.log.lastIndex();
    before.lastTerm = peer.log.term(before.last);
    for (long at = before.last; at > peer.log.truncatedIndex(); at--) {
      long index = at;
      long term = peer.log.term(index);
      Long known = before.terms.put(index, term);
      if (known != null && known == term) return;
      Entry entry;
      try {
        entry = peer.log.entries(index, index + 1, Long.MAX_VALUE).getFirst();
      } catch (NoKVException e) {
        // It was read back from a disk that fails.
        return;
      }
      long previous = peer.log.term(index - 1);
      var content = new Content(Objects.hash(entry.kind(), Arrays.hashCode(entry.data())), previous);
      var other = logged.putIfAbsent(new Logged(region, index, term), content);
      // Of what was truncated the term may not be known.
      check(other == null || other.equals(content) || (other.hash == content.hash && Math.min(other.previousTerm, previous) <= 0), store, peer,
          () -> "has another entry " + index + " of term " + term + " than there was, or another before it");
    }
  }

  private void committed(SimulatedStore store, RegionPeer peer, Seen before) {
    check(peer.node.committed() > before.committed, store, peer, () -> "had committed " + before.committed + " entries and now " + peer.node.committed());
    before.committed = peer.node.committed();
    greatestCommitted.merge(peer.region().getId(), before.committed, Math::max);
  }

  /** What is applied is stored: before that, an entry of a lost term may still stand in its place. */
  private void applied(SimulatedStore store, RegionPeer peer, Seen before) {
    long region = peer.region().getId();
    long index = peer.appliedIndex();
    check(index > before.applied, store, peer, () -> "had applied " + before.applied + " entries and now " + index);
    check(index <= greatestCommitted.getOrDefault(region, 0L), store, peer, () -> "has applied " + index + " entries, which nobody has committed");
    for (long at = Math.max(before.applied, peer.log.truncatedIndex()) + 1; at <= Math.min(index, peer.log.lastIndex()); at++) {
      long next = at;
      long term = peer.log.term(next);
      Long other = applied.putIfAbsent(new Place(region, next), term);
      check(other == null || other == term, store, peer, () -> "applies entry " + next + " of term " + term + ", where one of term " + other + " was applied");
    }
    before.applied = index;
  }

  /** Compares what a store's replicas hold with what others held that had applied as much. */
  void compare(SimulatedStore store) {
    for (RegionPeer peer : store.store.peers((ByteString) null)) {
      try (var pin = store.engine.pin()) {
        var state = store.store.readState(peer.region().getId(), pin);
        if (state == null || state.status() != RegionState.Status.NORMAL || state.appliedIndex() == 0) continue;
        var range = RegionState.range(state.region());
        var text = new StringBuilder();
        for (var family : List.of(ColumnFamily.DEFAULT, ColumnFamily.LOCK)) {
          try (var cursor = store.engine.scan(family.id(), RegionState.inFamily(range, family.id()), Direction.FORWARD, Timestamp.MAX, pin)) {
            while (cursor.next()) text.append('\n').append(new String(cursor.key(), java.nio.charset.StandardCharsets.ISO_8859_1)).append('@').append(cursor.version()).append('=').append(Arrays.hashCode(cursor.value()));
          }
        }
        String now = text.toString();
        String other = states.putIfAbsent(new Applied(state.region().getId(), state.region().getEpoch().getVersion(), state.appliedIndex()), now);
        compared += other == null ? 0 : 1;
        check(other == null || other.equals(now), store, peer, () -> "has applied " + state.appliedIndex() + " entries and holds" + now + "\nbut another that had applied as much held" + other);
      } catch (NoKVException e) {
        // Its disk fails.
      }
    }
  }

  private static void check(boolean holds, SimulatedStore store, RegionPeer peer, Supplier<String> broken) {
    if (!holds) throw new AssertionError("region " + peer.region().getId() + " on store " + store.id + " " + broken.get());
  }
}
