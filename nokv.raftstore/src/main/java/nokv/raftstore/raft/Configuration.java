package nokv.raftstore.raft;

/**
 * Who belongs to a group.
 *
 * <p>Invariants, kept by {@link Changer}: a learner is in neither voter set; {@code learnersNext} holds voters of {@code outgoing} that become learners when the joint state is
 * left (until then their vote counts in the old majority); {@code learnersNext} is empty and {@code autoLeave} false unless joint.
 *
 * @param voters whose majority decides; the new ones, in a joint state
 * @param outgoing the old voters, whose majority has to agree as well; empty unless joint
 * @param learners receive the log but have no vote
 * @param autoLeave the leader leaves the joint state by itself as soon as it is committed
 */
public record Configuration(IdSet voters, IdSet outgoing, IdSet learners, IdSet learnersNext, boolean autoLeave) {
  public static final Configuration EMPTY = of(IdSet.EMPTY, IdSet.EMPTY);

  public static Configuration of(IdSet voters, IdSet learners) {
    return new Configuration(voters, IdSet.EMPTY, learners, IdSet.EMPTY, false);
  }

  public boolean isJoint() {
    return !outgoing.isEmpty();
  }

  public boolean isVoter(long id) {
    return voters.contains(id) || outgoing.contains(id);
  }

  public boolean isLearner(long id) {
    return learners.contains(id);
  }

  public boolean contains(long id) {
    return isVoter(id) || isLearner(id);
  }

  /** Everybody who takes part. */
  public IdSet members() {
    return voters.union(outgoing).union(learners);
  }

  /** Whether one voter decides alone. */
  public boolean isSingleVoter() {
    return voters.size() == 1 && !isJoint();
  }

  /** The configuration that follows from a change. @throws InvalidChangeException this one does not allow it */
  public Configuration after(ConfChange change) {
    return Changer.apply(this, change);
  }

  JointConfig quorum() {
    return JointConfig.of(voters, outgoing);
  }

  /** {@code voters=(1 2 3)&&(1 2) learners=(4) learners_next=(2) autoleave}. */
  @Override public String toString() {
    var text = new StringBuilder("voters=(").append(voters).append(')');
    if (isJoint()) text.append("&&(").append(outgoing).append(')');
    if (!learners.isEmpty()) text.append(" learners=(").append(learners).append(')');
    if (!learnersNext.isEmpty()) text.append(" learners_next=(").append(learnersNext).append(')');
    if (autoLeave) text.append(" autoleave");
    return text.toString();
  }
}
