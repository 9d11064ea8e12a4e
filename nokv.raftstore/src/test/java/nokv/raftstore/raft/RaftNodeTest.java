package nokv.raftstore.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import nokv.raftstore.raft.ConfChange.Change;
import nokv.raftstore.raft.ConfChange.Type;
import org.junit.jupiter.api.Test;

/** Promises whose breach needs a rare order of events, each with exactly that order. One node; the test plays the others. */
class RaftNodeTest {
  private static final Configuration THREE = Configuration.of(IdSet.of(1, 2, 3), IdSet.EMPTY);
  private static final byte[] DATA = {1};

  private final MemoryStorage storage = new MemoryStorage();

  private RaftNode node(Configuration configuration, boolean leaseReads, HardState hard, Entry... log) {
    storage.applied(new Snapshot(0, 0, configuration, DATA));
    storage.store(hard, null, List.of(log));
    var options = new RaftOptions(1, 10, 1, false, true, leaseReads, false, false, true, 1 << 20, 1 << 20, 1 << 20, 16, 0);
    return new RaftNode(options, storage, 0, new Random(1));
  }

  /** Does all there is to do, and gives what was sent. */
  private List<Message> work(RaftNode node) {
    var sent = new ArrayList<Message>();
    while (node.hasReady()) {
      var ready = node.ready();
      storage.store(ready.hardState(), ready.snapshot(), ready.entries());
      sent.addAll(ready.messages());
      node.advance();
    }
    return sent;
  }

  private RaftNode elected(RaftNode node) {
    node.campaign();
    work(node);
    node.step(new Message.VoteResponse(2, 1, node.term(), false, false));
    assertEquals(RoleKind.LEADER, node.softState().role());
    work(node);
    return node;
  }

  private static Leader leader(RaftNode node) {
    return assertInstanceOf(Leader.class, node.role());
  }

  /** Answers the round of heartbeats among the messages, as node 2. */
  private static void answerRound(RaftNode node, List<Message> sent) {
    for (var message : sent) {
      if (message instanceof Message.Heartbeat beat && beat.to() == 2) node.step(new Message.HeartbeatResponse(2, 1, node.term(), beat.round()));
    }
  }

  private RaftNode leaderWithLease() {
    var node = elected(node(THREE, true, HardState.EMPTY));
    node.step(Message.AppendResponse.accepted(2, 1, node.term(), node.lastIndex()));
    node.tick();
    answerRound(node, work(node));
    assertTrue(leader(node).hasLease());
    return node;
  }

  @Test void anEntryOfAnEarlierTermIsNotCommittedByCountingItsCopies() {
    var node = elected(node(THREE, false, new HardState(2, 0, 0), new Entry(2, 1, Entry.Kind.DATA, DATA)));
    node.step(Message.AppendResponse.accepted(2, 1, node.term(), 1));
    assertEquals(0, node.committed(), "a later leader may still replace it");
    node.step(Message.AppendResponse.accepted(2, 1, node.term(), 2));
    assertEquals(2, node.committed());
  }

  @Test void theLeaseEndsWhenNoMajorityAnswers() {
    var node = leaderWithLease();
    int ticks = 0;
    for (; leader(node).hasLease(); ticks++) node.tick();
    assertTrue(ticks < 10 - 1, "it lasted " + ticks + " ticks, but others may be elected after 10");
    node.readIndex(7);
    assertTrue(node.ready().readStates().isEmpty(), "read without a lease and without a round");
  }

  @Test void thereIsNoLeaseOnceAnotherWasAskedToTakeOver() {
    var node = leaderWithLease();
    node.transferLeadership(2);
    assertTrue(work(node).stream().anyMatch(Message.TimeoutNow.class::isInstance));
    for (int i = 0; i < 12; i++) {
      node.tick();
      answerRound(node, work(node));
      assertFalse(leader(node).hasLease(), "the one asked may still be on its way to be elected");
    }
  }

  @Test void whoMayHaveConfirmedALeaseGrantsNoVoteWhateverHappensToItsTerm() {
    var node = node(THREE, true, HardState.EMPTY);
    node.step(new Message.Heartbeat(2, 1, 1, 0, 1));
    node.step(Message.AppendResponse.accepted(3, 1, 2, 0));
    assertEquals(2, node.term());
    work(node);
    node.step(new Message.VoteRequest(3, 1, 3, false, 9, 2, false));
    assertTrue(work(node).isEmpty());
    for (int i = 0; i < 10; i++) node.tick();
    work(node);
    node.step(new Message.VoteRequest(3, 1, 9, false, 9, 2, false));
    assertTrue(work(node).contains(new Message.VoteResponse(1, 3, 9, false, false)));
  }

  @Test void aRestartedNodeGrantsNoVoteWhileItMayOweALease() {
    var node = node(THREE, true, new HardState(1, 2, 0));
    node.step(new Message.VoteRequest(3, 1, 2, false, 9, 1, false));
    assertTrue(work(node).isEmpty());
  }

  @Test void aSingleVoterReadsOnlyBehindWhatItHadCommittedBeforeARestart() {
    var node = node(Configuration.of(IdSet.of(1), IdSet.EMPTY), false, new HardState(1, 1, 0), new Entry(1, 1, Entry.Kind.DATA, DATA));
    node.campaign();
    var first = node.ready();
    storage.store(first.hardState(), null, first.entries());
    node.advance();
    assertEquals(RoleKind.LEADER, node.softState().role());
    assertTrue(node.readIndex(7));
    var states = new ArrayList<ReadState>();
    while (node.hasReady()) {
      var ready = node.ready();
      states.addAll(ready.readStates());
      storage.store(ready.hardState(), null, ready.entries());
      node.advance();
    }
    assertEquals(List.of(new ReadState(7, 2)), states);
  }

  @Test void onlyOneChangeOfTheConfigurationIsUnderWay() {
    var node = elected(node(THREE, false, HardState.EMPTY));
    node.step(Message.AppendResponse.accepted(2, 1, node.term(), 1));
    work(node);
    assertInstanceOf(Proposal.Appended.class, node.propose(ConfChange.of(new Change(Type.REMOVE, 3))));
    assertInstanceOf(Proposal.Appended.class, node.propose(ConfChange.of(new Change(Type.ADD_VOTER, 4))));
    work(node);
    assertEquals(Entry.Kind.CHANGE, storage.entry(2).kind());
    assertEquals(Entry.Kind.DATA, storage.entry(3).kind());
  }
}
