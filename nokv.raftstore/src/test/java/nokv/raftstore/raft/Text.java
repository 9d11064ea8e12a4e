package nokv.raftstore.raft;

/** Writes protocol objects the way the transcripts do. */
final class Text {
  private Text() {}

  static String progress(Configuration configuration, Peers peers) {
    var text = new StringBuilder();
    for (var peer : peers.all()) {
      String state = peer.state().name().charAt(0) + peer.state().name().substring(1).toLowerCase(java.util.Locale.ROOT);
      text.append("%d: State%s match=%d next=%d".formatted(peer.id, state, peer.match(), peer.next()));
      if (configuration.isLearner(peer.id)) text.append(" learner");
      if (peer.isPaused()) text.append(" paused");
      if (peer.pendingSnapshot() > 0) text.append(" pendingSnap=").append(peer.pendingSnapshot());
      if (!peer.isRecentlyActive()) text.append(" inactive");
      if (peer.inflights().count() > 0) text.append(" inflight=").append(peer.inflights().count()).append(peer.inflights().isFull() ? "[full]" : "");
      text.append('\n');
    }
    return text.toString();
  }
}
