package nokv.raftstore.raft;

import org.jspecify.annotations.Nullable;

/** A leader's {@link Progress} of every member, itself included, in order of ids. */
final class Peers {
  private final int maxInflight;
  private final long maxInflightBytes;
  private Progress[] all = new Progress[0];

  Peers(int maxInflight, long maxInflightBytes) {
    this.maxInflight = maxInflight;
    this.maxInflightBytes = maxInflightBytes;
  }

  /** Follows a changed configuration: members that stay keep their progress; new ones are probed from {@code next} on and taken to be alive at first. */
  void follow(Configuration configuration, long next, boolean active) {
    all = configuration.members().stream().mapToObj(id -> {
      var known = find(id);
      if (known != null) return known;
      var progress = new Progress(id, next, new Inflights(maxInflight, maxInflightBytes));
      progress.recentlyActive(active);
      return progress;
    }).toArray(Progress[]::new);
  }

  /** All of them; not to be changed. */
  Progress[] all() {
    return all;
  }

  @Nullable Progress find(long id) {
    for (var progress : all) if (progress.id == id) return progress;
    return null;
  }

  /** The index up to which a peer's log is known to be equal; 0 for a stranger. */
  long match(long id) {
    var progress = find(id);
    return progress == null ? 0 : progress.match();
  }

  /** The last round of heartbeats that a peer has answered; 0 = none. */
  long round(long id) {
    var progress = find(id);
    return progress == null ? 0 : progress.answeredRound();
  }
}
