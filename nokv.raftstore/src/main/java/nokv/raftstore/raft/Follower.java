package nokv.raftstore.raft;

/** Does what the leader says. */
final class Follower implements Role {
  private final RaftNode node;

  Follower(RaftNode node) {
    this.node = node;
  }

  @Override public RoleKind kind() {
    return RoleKind.FOLLOWER;
  }

  @Override public void tick() {
    node.tickElection();
  }

  @Override public void step(Message message) {
    switch (message) {
      case Message.Append append -> {
        node.heardLeader(append.from());
        append(append);
      }
      case Message.Heartbeat heartbeat -> {
        node.heardLeader(heartbeat.from());
        node.log().commitTo(heartbeat.commit());
        node.send(new Message.HeartbeatResponse(node.id(), heartbeat.from(), node.term(), heartbeat.round()));
      }
      case Message.InstallSnapshot install -> {
        node.heardLeader(install.from());
        boolean restored = node.restore(install.snapshot());
        acknowledge(install.from(), restored ? node.log().lastIndex() : node.log().committed());
      }
      case Message.TimeoutNow now -> node.campaign(Campaign.TRANSFER);
      case Message.ReadIndex request -> node.readIndex(request);
      case Message.ReadIndexResponse response -> node.outbox().readState(new ReadState(response.context(), response.index()));
      default -> { }
    }
  }

  private void append(Message.Append append) {
    var log = node.log();
    if (append.previousIndex() < log.committed()) {
      acknowledge(append.from(), log.committed());
      return;
    }
    long last = log.append(append.previousIndex(), append.previousTerm(), append.entries(), append.commit());
    if (last >= 0) {
      acknowledge(append.from(), last);
      return;
    }
    // The leader may pass over all entries of terms above its own at this place: we cannot agree there.
    long hint = log.lastIndexNotAbove(append.previousTerm(), Math.min(append.previousIndex(), log.lastIndex()));
    long hintTerm = Math.max(0, log.term(hint));
    node.send(new Message.AppendResponse(node.id(), append.from(), node.term(), append.previousIndex(), true, hint, hintTerm));
  }

  private void acknowledge(long leader, long index) {
    node.send(Message.AppendResponse.accepted(node.id(), leader, node.term(), index));
  }
}
