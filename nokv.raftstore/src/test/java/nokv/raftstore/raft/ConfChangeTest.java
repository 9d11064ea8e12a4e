package nokv.raftstore.raft;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import nokv.raftstore.raft.ConfChange.Change;
import nokv.raftstore.raft.ConfChange.Transition;
import nokv.raftstore.raft.ConfChange.Type;
import org.junit.jupiter.api.Test;

class ConfChangeTest {
  @Test void whatIsEncodedIsDecoded() {
    var change = new ConfChange(Transition.JOINT_EXPLICIT, List.of(new Change(Type.ADD_VOTER, 7), new Change(Type.REMOVE, Long.MAX_VALUE)), new byte[] {1, 2});
    var again = ConfChange.decode(change.encode());
    assertEquals(change.transition(), again.transition());
    assertEquals(change.changes(), again.changes());
    assertArrayEquals(change.context(), again.context());
  }

  @Test void leavingAJointStateTakesNoBytesSoThatItIsNeverRefusedForItsSize() {
    assertEquals(0, ConfChange.leaveJoint().encode().length);
    assertTrue(ConfChange.decode(new byte[0]).leavesJoint());
  }

  @Test void bytesThatAreNoChangeAreRefusedWithOneException() {
    var random = new Random(1);
    for (int i = 0; i < 10_000; i++) {
      byte[] bytes = new byte[1 + random.nextInt(30)];
      random.nextBytes(bytes);
      try {
        ConfChange.decode(bytes);
      } catch (IllegalArgumentException expected) {
        // Nothing else may be thrown.
      }
    }
    assertThrows(IllegalArgumentException.class, () -> ConfChange.decode(new byte[] {9, 0}));
  }
}
