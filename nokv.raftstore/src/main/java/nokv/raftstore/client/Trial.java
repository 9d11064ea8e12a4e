package nokv.raftstore.client;

import java.util.HashSet;
import java.util.Set;
import nokv.raftstore.proto.Peer;
import org.jspecify.annotations.Nullable;

/**
 * What one request has been through. Used by one thread at a time.
 *
 * <p>Two things end it. Being <em>misdirected</em> means that an answer taught something new (another leader, other regions) and is counted against {@code max_retries}: a healthy cluster
 * sends nobody around more often. <em>Waiting</em> for a leader to be elected, a store to come back or to be less busy is not counted: it takes as long as an election takes, whatever the
 * number of attempts; the deadline ends it.
 */
final class Trial {
  final long deadlineNanos;
  int misdirected;
  int waits;
  boolean followers;
  /** An attempt may have taken effect. */
  boolean outcomeUnknown;
  Failure failure = Failure.UNAVAILABLE;
  String lastError = "no store was asked";
  /** Stores asked since the last wait: none of them is asked again before the next. */
  private final Set<Long> asked = new HashSet<>(4);
  /** Stores that were ever asked: a hint to one of them is no news, so it is followed but not counted. */
  private final Set<Long> everAsked = new HashSet<>(4);
  private int turn;

  /** Which exception tells it, where surely nothing was done. */
  enum Failure {
    UNAVAILABLE,
    DISK_FULL,
    READ_ONLY
  }

  Trial(long deadlineNanos, boolean followers, int turn) {
    this.deadlineNanos = deadlineNanos;
    this.followers = followers;
    this.turn = turn;
  }

  /** For a part of the items that goes its own way from here. */
  Trial fork() {
    var fork = new Trial(deadlineNanos, followers, turn);
    fork.misdirected = misdirected;
    fork.waits = waits;
    fork.outcomeUnknown = outcomeUnknown;
    fork.failure = failure;
    fork.lastError = lastError;
    fork.everAsked.addAll(everAsked);
    return fork;
  }

  void saw(Failure kind, @Nullable String error) {
    failure = kind;
    lastError = String.valueOf(error);
  }

  boolean hasAsked(long storeId) {
    return asked.contains(storeId);
  }

  boolean hasEverAsked(long storeId) {
    return everAsked.contains(storeId);
  }

  /** Everybody may be asked again: time has passed, or the regions have changed. */
  void newRound() {
    asked.clear();
  }

  /** Whom to ask now: the leader, if one is known that has not just refused; otherwise the peers in turn. Null = the region has no peers. */
  @Nullable Peer next(Route route) {
    var peers = route.region.getPeersList();
    var leader = route.leader();
    if (leader != null && !asked.contains(leader.getStoreId())) {
      turn = peers.indexOf(leader) + 1;
      return ask(leader);
    }
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < peers.size(); i++) {
        var peer = peers.get(Math.floorMod(turn + i, peers.size()));
        if (peer.getLearner() || asked.contains(peer.getStoreId())) continue;
        turn += i + 1;
        return ask(peer);
      }
      asked.clear();
    }
    return null;
  }

  /** Any peer, to read from a follower. */
  @Nullable Peer any(Route route) {
    var peers = route.region.getPeersList();
    return peers.isEmpty() ? null : peers.get(Math.floorMod(turn++, peers.size()));
  }

  private Peer ask(Peer peer) {
    asked.add(peer.getStoreId());
    everAsked.add(peer.getStoreId());
    return peer;
  }
}
