package nokv.raftstore.raft;

/**
 * How a node behaves. Times are in ticks, whose length is the driver's affair.
 *
 * @param id of this node; not 0
 * @param electionTicks a follower that hears nothing for this long, plus a random part up to as long again, begins an election
 * @param heartbeatTicks between a leader's heartbeats; well under {@code electionTicks}
 * @param preVote a candidate first asks whether it would be elected, so that a node coming back does not depose a working leader (thesis 9.6)
 * @param checkQuorum a leader that hears no majority for {@code electionTicks} steps down, and who heard a leader within that time grants no vote (thesis 6.2, 4.2.3)
 * @param leaseReads reads are answered from the lease while it lasts; needs {@code checkQuorum}, and clocks of which none runs an eighth faster than another
 * @param asyncStorage see {@link Ready}
 * @param stepDownOnRemoval a leader that has been removed or demoted becomes a follower at once, rather than lead on until another is elected
 * @param validateChanges configuration changes that the present configuration does not allow are turned into empty entries when proposed
 * @param maxMessageBytes of entries in one append; one entry always fits
 * @param maxApplyBytes of entries handed out to apply and not yet applied
 * @param maxUncommittedBytes of data in a leader's log that are not committed; beyond it proposals are refused
 * @param maxInflightMessages of appends under way to one peer
 * @param maxInflightBytes of data in them; 0 = unbounded
 */
public record RaftOptions(long id, int electionTicks, int heartbeatTicks, boolean preVote, boolean checkQuorum, boolean leaseReads, boolean asyncStorage,
    boolean stepDownOnRemoval, boolean validateChanges, long maxMessageBytes, long maxApplyBytes, long maxUncommittedBytes, int maxInflightMessages, long maxInflightBytes) {

  public RaftOptions {
    if (id == 0) throw new IllegalArgumentException("raft node id 0 means nobody");
    if (heartbeatTicks <= 0 || electionTicks <= heartbeatTicks) {
      throw new IllegalArgumentException("election ticks " + electionTicks + " must be greater than heartbeat ticks " + heartbeatTicks + ", and those greater than 0");
    }
    if (leaseReads && !checkQuorum) throw new IllegalArgumentException("reads by lease need checkQuorum: without it nobody keeps the lease");
    if (maxInflightMessages <= 0) throw new IllegalArgumentException("maxInflightMessages must be greater than 0");
  }

  /** What a store uses. */
  public static RaftOptions of(long id) {
    return new RaftOptions(id, 10, 2, true, true, true, true, false, true, 1 << 20, 16 << 20, 64 << 20, 256, 16 << 20);
  }

  /** Ticks after its heartbeats were sent during which a majority cannot have elected another leader: a tick may be cut off at either end, and clocks drift. */
  int leaseTicks() {
    return electionTicks - 2 - electionTicks / 8;
  }
}
