package nokv.raftstore.raft;

import java.util.HashMap;
import java.util.Map;

/** Collects votes, or first, as a pre-candidate, promises of votes. */
final class Candidate implements Role {
  private final RaftNode node;
  private final boolean pre;
  private final Map<Long, Boolean> votes = new HashMap<>();

  Candidate(RaftNode node, boolean pre) {
    this.node = node;
    this.pre = pre;
  }

  @Override public RoleKind kind() {
    return pre ? RoleKind.PRE_CANDIDATE : RoleKind.CANDIDATE;
  }

  @Override public void tick() {
    node.tickElection();
  }

  @Override public void step(Message message) {
    switch (message) {
      case Message.Append m -> follow(m);
      case Message.Heartbeat m -> follow(m);
      case Message.InstallSnapshot m -> follow(m);
      case Message.VoteResponse response when response.pre() == pre -> vote(response);
      default -> { }
    }
  }

  /** Somebody else has won this term. */
  private void follow(Message message) {
    node.becomeFollower(message.term(), message.from());
    node.role().step(message);
  }

  private void vote(Message.VoteResponse response) {
    votes.putIfAbsent(response.from(), !response.rejected());
    switch (node.configuration().quorum().voteResult(votes)) {
      case WON -> {
        if (pre) node.campaign(Campaign.REAL);
        else node.becomeLeader();
      }
      case LOST -> node.becomeFollower(node.term(), 0);
      case PENDING -> { }
    }
  }
}
