package nokv.raftstore.raft;

/*
 * What the leader knows of one peer's log
 *
 * match: the peer is known to hold everything up to here. next: the first entry the next append will carry; entries between the two are under way.
 *
 *  PROBE      it is unknown where the logs agree: at most one append is under way, next moves back on each refusal.
 *  REPLICATE  the logs agree up to match: appends are sent as fast as the window (Inflights) allows, next moves on when they are sent.
 *  SNAPSHOT   the peer needs entries that are gone: nothing is sent until the snapshot has arrived or failed.
 *
 * A paused peer gets nothing until an answer, or a heartbeat's answer, says that it is alive. Invariant: 0 <= match < next; in SNAPSHOT next = pendingSnapshot + 1.
 */
final class Progress {
  enum State { PROBE, REPLICATE, SNAPSHOT }

  final long id;
  private State state = State.PROBE;
  private long match;
  private long next;
  /** The greatest commit index sent; the peer's own is at least this once the message has arrived. */
  private long sentCommit;
  private long pendingSnapshot;
  private boolean flowPaused;
  private boolean recentlyActive;
  private long answeredRound;
  private final Inflights inflights;

  Progress(long id, long next, Inflights inflights) {
    this.id = id;
    this.next = next;
    this.inflights = inflights;
  }

  State state() {
    return state;
  }

  long match() {
    return match;
  }

  long next() {
    return next;
  }

  long pendingSnapshot() {
    return pendingSnapshot;
  }

  Inflights inflights() {
    return inflights;
  }

  boolean isRecentlyActive() {
    return recentlyActive;
  }

  void recentlyActive(boolean active) {
    recentlyActive = active;
  }

  long answeredRound() {
    return answeredRound;
  }

  void answered(long round) {
    answeredRound = Math.max(answeredRound, round);
  }

  boolean isPaused() {
    return state == State.SNAPSHOT || flowPaused;
  }

  void pause() {
    flowPaused = true;
  }

  void resume() {
    flowPaused = false;
  }

  private void enter(State newState) {
    state = newState;
    pendingSnapshot = 0;
    flowPaused = false;
    inflights.clear();
  }

  /** Starts to look for the place where the logs agree; after a snapshot, behind it. */
  void becomeProbe() {
    next = Math.max(match, state == State.SNAPSHOT ? pendingSnapshot : 0) + 1;
    enter(State.PROBE);
    sentCommit = Math.min(sentCommit, next - 1);
  }

  void becomeReplicate() {
    enter(State.REPLICATE);
    next = match + 1;
  }

  void becomeSnapshot(long index) {
    enter(State.SNAPSHOT);
    pendingSnapshot = index;
    next = index + 1;
    sentCommit = index;
  }

  /** The snapshot never arrived: probing begins behind {@code match} again. */
  void snapshotFailed() {
    pendingSnapshot = 0;
  }

  /** Accounts for an append of {@code entries} entries sent from {@code next} on. */
  void sent(int entries, long bytes) {
    switch (state) {
      case REPLICATE -> {
        if (entries > 0) {
          next += entries;
          inflights.add(next - 1, bytes);
        }
        flowPaused = inflights.isFull();
      }
      case PROBE -> {
        if (entries > 0) flowPaused = true;
      }
      case SNAPSHOT -> throw new IllegalStateException("append sent to peer " + id + ", which waits for a snapshot");
    }
  }

  /** Whether telling the peer this commit index could tell it something new that it is able to use. */
  boolean canRaiseCommit(long commit) {
    return commit > sentCommit && sentCommit < next - 1;
  }

  void sentCommit(long commit) {
    sentCommit = commit;
  }

  /** The peer has everything up to {@code index}. Returns false for old news. */
  boolean acknowledged(long index) {
    if (index <= match) return false;
    match = index;
    next = Math.max(next, index + 1);
    flowPaused = false;
    return true;
  }

  /** The peer refused an append behind {@code rejected}; {@code hint} is a guess where the logs agree. Returns false for old news. */
  boolean refused(long rejected, long hint) {
    if (state == State.REPLICATE) {
      if (rejected <= match) return false;
      next = match + 1;
    } else {
      if (next - 1 != rejected) return false;
      next = Math.max(Math.min(rejected, hint + 1), match + 1);
      flowPaused = false;
    }
    sentCommit = Math.min(sentCommit, next - 1);
    return true;
  }
}
