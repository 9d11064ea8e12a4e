package nokv.raftstore.raft;

import java.util.Arrays;
import java.util.Map;
import java.util.function.LongUnaryOperator;

/** A set of voters of which a majority decides. An empty set agrees with everything, so that it is neutral as one half of a {@link JointConfig}. */
record MajorityConfig(IdSet ids) {
  static final MajorityConfig EMPTY = new MajorityConfig(IdSet.EMPTY);

  /** The greatest index that a majority has. {@code acked} gives the index a voter is known to have, 0 where nothing is known. */
  long committedIndex(LongUnaryOperator acked) {
    int voters = ids.size();
    if (voters == 0) return Long.MAX_VALUE;
    long[] indexes = new long[voters];
    for (int i = 0; i < voters; i++) indexes[i] = acked.applyAsLong(ids.get(i));
    Arrays.sort(indexes);
    return indexes[voters - (voters / 2 + 1)];
  }

  /** The state of an election, given the answers so far: true is a vote granted, false one refused. */
  VoteResult voteResult(Map<Long, Boolean> votes) {
    if (ids.isEmpty()) return VoteResult.WON;
    int quorum = ids.size() / 2 + 1;
    int granted = 0;
    int open = 0;
    for (int i = 0; i < ids.size(); i++) {
      Boolean vote = votes.get(ids.get(i));
      if (vote == null) open++;
      else if (vote) granted++;
    }
    if (granted >= quorum) return VoteResult.WON;
    return granted + open >= quorum ? VoteResult.PENDING : VoteResult.LOST;
  }
}
