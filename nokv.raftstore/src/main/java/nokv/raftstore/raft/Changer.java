package nokv.raftstore.raft;

import java.util.List;

/**
 * Computes the configuration that follows from a change (thesis 4.1 for one voter at a time, 4.3 for joint consensus). A function of its arguments only, so every node comes to the
 * same result at the same entry. Node id 0 means nobody and is passed over; a change that is already true changes nothing.
 */
final class Changer {
  private IdSet voters;
  private IdSet learners;
  private IdSet learnersNext = IdSet.EMPTY;
  private final IdSet outgoing;

  private Changer(Configuration before, IdSet outgoing) {
    this.outgoing = outgoing;
    voters = before.voters();
    learners = before.learners();
  }

  /** Does what a change asks for. @throws InvalidChangeException the configuration does not allow it */
  static Configuration apply(Configuration before, ConfChange change) {
    if (change.leavesJoint()) return leaveJoint(before);
    if (change.entersJoint()) return enterJoint(before, change.autoLeave(), change.changes());
    return simple(before, change.changes());
  }

  /** Changes at most one voter, which is safe at once: any majority of the old and of the new voters overlap. */
  static Configuration simple(Configuration before, List<ConfChange.Change> changes) {
    if (before.isJoint()) throw new InvalidChangeException("can't apply simple config change in joint config");
    var changer = new Changer(before, IdSet.EMPTY);
    changer.applyAll(changes);
    if (before.voters().differences(changer.voters) > 1) {
      throw new InvalidChangeException("more than one voter changed without entering joint config");
    }
    return changer.after(false);
  }

  static Configuration enterJoint(Configuration before, boolean autoLeave, List<ConfChange.Change> changes) {
    if (before.isJoint()) throw new InvalidChangeException("config is already joint");
    if (before.voters().isEmpty()) throw new InvalidChangeException("can't make a zero-voter config joint");
    var changer = new Changer(before, before.voters());
    changer.applyAll(changes);
    return changer.after(autoLeave);
  }

  static Configuration leaveJoint(Configuration before) {
    if (!before.isJoint()) throw new InvalidChangeException("can't leave a non-joint config");
    return Configuration.of(before.voters(), before.learners().union(before.learnersNext()));
  }

  private Configuration after(boolean autoLeave) {
    return new Configuration(voters, outgoing, learners, learnersNext, autoLeave);
  }

  private void applyAll(List<ConfChange.Change> changes) {
    for (var change : changes) {
      if (change.id() == 0) continue;
      switch (change.type()) {
        case ADD_VOTER -> makeVoter(change.id());
        case ADD_LEARNER -> makeLearner(change.id());
        case REMOVE -> remove(change.id());
        case UPDATE -> { }
      }
    }
    if (voters.isEmpty()) throw new InvalidChangeException("removed all voters");
  }

  private void makeVoter(long id) {
    remove(id);
    voters = voters.with(id);
  }

  /** A voter of the outgoing majority cannot be a learner yet: it waits in {@code learnersNext}. */
  private void makeLearner(long id) {
    if (learners.contains(id)) return;
    remove(id);
    if (outgoing.contains(id)) learnersNext = learnersNext.with(id);
    else learners = learners.with(id);
  }

  private void remove(long id) {
    voters = voters.without(id);
    learners = learners.without(id);
    learnersNext = learnersNext.without(id);
  }
}
