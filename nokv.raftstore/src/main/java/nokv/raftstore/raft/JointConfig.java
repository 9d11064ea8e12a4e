package nokv.raftstore.raft;

import java.util.Map;
import java.util.function.LongUnaryOperator;

/** Two overlapping majorities, both of which have to agree while a group moves from {@code outgoing} to {@code incoming} (thesis 4.3). Outside a move, outgoing is empty. */
record JointConfig(MajorityConfig incoming, MajorityConfig outgoing) {
  static JointConfig of(IdSet incoming, IdSet outgoing) {
    return new JointConfig(new MajorityConfig(incoming), new MajorityConfig(outgoing));
  }

  IdSet ids() {
    return incoming.ids().union(outgoing.ids());
  }

  long committedIndex(LongUnaryOperator acked) {
    return Math.min(incoming.committedIndex(acked), outgoing.committedIndex(acked));
  }

  VoteResult voteResult(Map<Long, Boolean> votes) {
    var in = incoming.voteResult(votes);
    var out = outgoing.voteResult(votes);
    if (in == out) return in;
    return in == VoteResult.LOST || out == VoteResult.LOST ? VoteResult.LOST : VoteResult.PENDING;
  }
}
