package nokv.raftstore.raft;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import nokv.raftstore.raft.ConfChange.Change;
import nokv.raftstore.raft.ConfChange.Transition;
import nokv.raftstore.raft.ConfChange.Type;
import nokv.raftstore.raft.SimulatedNode.Defect;

/**
 * A group of three to five nodes in one thread from one seed: messages are lost, doubled, delayed and reordered, nodes cut off, crashed and restarted at any point, the log
 * compacted, the membership changed and leadership handed over; {@link Invariants} hold at every step. At the end the faults stop, and the group has to work again.
 */
final class Simulation {
  private static final int TICKS = 250;
  private static final int CALM_TICKS = 1500;
  private static final int ACTIONS_A_TICK = 24;

  private record Flying(Message message, long arrives) {}

  private final Random random;
  private final Invariants invariants = new Invariants();
  private final List<SimulatedNode> nodes = new ArrayList<>();
  private final List<Flying> network = new ArrayList<>();
  private final boolean changes;
  private final double loss;
  private final int crashes;
  private long time;
  private long proposals;
  private long cutOff;
  private boolean calm;

  Simulation(long seed, Defect defect) {
    random = new Random(seed);
    int count = 3 + random.nextInt(3);
    int voters = random.nextBoolean() ? count : 3;
    changes = random.nextBoolean();
    loss = random.nextInt(4) * 0.05;
    crashes = defect == Defect.NONE ? random.nextInt(4) * 2 : defect == Defect.SLOW_CLOCK ? 0 : 5;
    boolean checkQuorum = random.nextBoolean() || defect == Defect.SLOW_CLOCK;
    boolean leaseReads = checkQuorum && (random.nextBoolean() || defect == Defect.SLOW_CLOCK);
    boolean preVote = random.nextBoolean();
    boolean async = random.nextBoolean();
    long[] ids = new long[voters];
    for (int i = 0; i < voters; i++) ids[i] = i + 1;
    var configuration = Configuration.of(IdSet.of(ids), IdSet.EMPTY);
    for (int id = 1; id <= count; id++) {
      var options = new RaftOptions(id, 10, 2, preVote, checkQuorum, leaseReads, async, false, true, 200, 400, 2000, 8, 400);
      nodes.add(new SimulatedNode(options, configuration, random, invariants, defect, this::send));
    }
  }

  void run() {
    for (time = 1; time <= TICKS; time++) {
      tick();
      for (int i = 0; i < ACTIONS_A_TICK; i++) act();
    }
    calm = true;
    cutOff = 0;
    for (var node : nodes) if (!node.isUp()) node.start();
    long before = invariants.committed();
    // Without pre-votes, nodes that cannot win may get in each other's way for long; mostly it takes some tens of ticks.
    for (; time <= TICKS + CALM_TICKS && invariants.committed() <= before + 5; time++) {
      tick();
      if (time % 5 == 0) propose();
      for (var node : nodes) while (node.work()) { }
      deliverDue();
    }
    if (invariants.committed() <= before) throw new AssertionError("nothing was committed in " + CALM_TICKS + " ticks without faults");
  }

  private void tick() {
    var order = new ArrayList<>(nodes);
    Collections.shuffle(order, random);
    for (var node : order) if (node.isUp()) node.tick(time);
  }

  private SimulatedNode any() {
    return nodes.get(random.nextInt(nodes.size()));
  }

  private void act() {
    int dice = random.nextInt(1000);
    if (dice < 400) {
      deliverAny();
    } else if (dice < 850) {
      var node = any();
      if (node.isUp()) node.work();
    } else if (dice < 900) {
      propose();
    } else if (dice < 930) {
      var node = any();
      if (node.isUp()) node.read();
    } else if (dice < 930 + crashes) {
      var node = any();
      if (node.isUp()) node.crash();
    } else if (dice < 959) {
      var node = any();
      if (!node.isUp()) node.start();
    } else if (dice < 960) {
      cutOff = cutOff != 0 ? 0 : random.nextBoolean() ? leader() : 1 + random.nextInt(nodes.size());
    } else if (dice < 970) {
      var node = any();
      if (node.isUp()) node.compact();
    } else {
      rare(any());
    }
  }

  /** Who leads; 0 = nobody. */
  private long leader() {
    for (var node : nodes) if (node.isUp() && node.raft().role() instanceof Leader) return node.raft().id();
    return 0;
  }

  private void rare(SimulatedNode node) {
    if (!node.isUp()) return;
    var raft = node.raft();
    long other = 1 + random.nextInt(nodes.size());
    switch (random.nextInt(12)) {
      case 0 -> raft.transferLeadership(other);
      case 1 -> raft.forgetLeader();
      case 2 -> raft.reportUnreachable(other);
      case 3, 4 -> raft.reportSnapshot(other, random.nextBoolean());
      case 5 -> raft.campaign();
      case 6, 7, 8 -> {
        if (changes) propose(raft, change());
      }
      default -> { }
    }
  }

  /** As a driver should: never removes the leader, which has to hand over first, and keeps two voters. */
  private static void propose(RaftNode leader, ConfChange change) {
    try {
      var after = leader.configuration().after(change);
      if (after.voters().size() >= 2 && (after.isJoint() || after.voters().contains(leader.id()))) leader.propose(change);
    } catch (InvalidChangeException e) {
      // Not in this configuration.
    }
  }

  private ConfChange change() {
    if (random.nextInt(4) == 0) return ConfChange.leaveJoint();
    var transition = Transition.values()[random.nextInt(3)];
    var list = new ArrayList<Change>();
    for (int i = 1 + random.nextInt(2); i > 0; i--) list.add(new Change(Type.values()[random.nextInt(3)], 1 + random.nextInt(nodes.size())));
    return new ConfChange(transition, list);
  }

  private void propose() {
    for (var node : nodes) {
      if (node.isUp() && node.raft().propose(ByteBuffer.allocate(8).putLong(proposals).array()) instanceof Proposal.Appended) proposals++;
    }
  }

  private void send(Message message) {
    if (!calm && random.nextDouble() < loss) {
      reportSnapshot(message, false);
      return;
    }
    int copies = calm || random.nextInt(20) > 0 ? 1 : 2;
    for (int i = 0; i < copies; i++) network.add(new Flying(message, time + (calm ? 1 : random.nextInt(4))));
  }

  private void deliverAny() {
    if (network.isEmpty()) return;
    int at = random.nextInt(Math.min(network.size(), 12));
    if (network.get(at).arrives > time) return;
    deliver(network.remove(at).message);
  }

  private void deliverDue() {
    var due = network.stream().filter(flying -> flying.arrives <= time).toList();
    network.removeIf(flying -> flying.arrives <= time);
    due.forEach(flying -> deliver(flying.message));
  }

  private void deliver(Message message) {
    var node = nodes.get((int) message.to() - 1);
    boolean arrives = node.isUp() && message.from() != cutOff && message.to() != cutOff;
    if (arrives) node.step(message);
    reportSnapshot(message, arrives);
  }

  /** A transport knows, sooner or later, what became of a snapshot, and has to say so: until then the peer gets nothing. */
  private void reportSnapshot(Message message, boolean sent) {
    if (!(message instanceof Message.InstallSnapshot)) return;
    var sender = nodes.get((int) message.from() - 1);
    if (sender.isUp()) sender.raft().reportSnapshot(message.to(), sent);
  }

  long committed() {
    return invariants.committed();
  }
}
