package nokv.raftstore.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import nokv.api.CorruptException;
import nokv.api.TooNewException;
import nokv.raftstore.proto.Epoch;
import nokv.raftstore.proto.MergeStep;
import nokv.raftstore.proto.Peer;
import nokv.raftstore.proto.Region;
import nokv.raftstore.proto.SplitRegion;
import nokv.spi.EngineBatch;
import nokv.spi.Kind;
import org.junit.jupiter.api.Test;

/** Goal: what docs/formats/raft.md says is what is written, and nothing else is taken for it. */
class RaftFormatTest {
  private static final RegionCommand.Proposal PROPOSAL = new RegionCommand.Proposal(1, List.of(new EngineBatch.Entry(0, new byte[] {'k'}, 5, Kind.PUT, 4, 0, new byte[] {'v'})));

  @Test void theDataOfAnEntryAreThoseOfThePagesExample() {
    byte[] data = RegionCommand.encode(new RegionCommand.Writes(List.of(PROPOSAL)));
    assertEquals("01 01 01 00 00 00 01 00 00 00 00 00 00 00 01 00 00 00 00 01 01 00 00 00 01 00 00 00 05 00 00 00 00 00 00 00 04 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 6b 76",
        HexFormat.ofDelimiter(" ").formatHex(data));
    var read = (RegionCommand.Writes) RegionCommand.decode(data);
    assertEquals(1, read.proposals().getFirst().epochVersion());
    assertArrayEquals(new byte[] {'v'}, read.proposals().getFirst().writes().getFirst().value());
  }

  @Test void cutOrUnknownDataAreRefused() {
    byte[] data = RegionCommand.encode(new RegionCommand.Writes(List.of(PROPOSAL, PROPOSAL)));
    for (int length = 1; length < data.length; length++) {
      byte[] cut = Arrays.copyOf(data, length);
      assertThrows(CorruptException.class, () -> RegionCommand.decode(cut));
    }
    data[0] = 2;
    assertThrows(TooNewException.class, () -> RegionCommand.decode(data));
    byte[] unknown = {1, 9, 0};
    assertThrows(TooNewException.class, () -> RegionCommand.decode(unknown));
  }

  @Test void aSplitAMergesStepAndARegionsStateComeBackAsTheyWere() {
    var split = new RegionCommand.Split(3, SplitRegion.newBuilder().setKey(ByteString.copyFromUtf8("m")).setNewRegionId(2).addNewPeerIds(21).build());
    assertEquals(split, RegionCommand.decode(RegionCommand.encode(split)));
    var merge = new RegionCommand.Merge(3, MergeStep.newBuilder().setKind(MergeStep.Kind.READY).setBegun(70).build());
    assertEquals(merge, RegionCommand.decode(RegionCommand.encode(merge)));
    assertTrue(RegionCommand.isMerge(RegionCommand.encode(merge)) && !RegionCommand.isMerge(RegionCommand.encode(split)));
    var region = Region.newBuilder().setId(1).setEndKey(ByteString.copyFromUtf8("x")).setEpoch(Epoch.newBuilder().setVersion(3)).addPeers(Peer.newBuilder().setStoreId(1).setPeerId(11)).build();
    var state = new RegionState(region, 11, RegionState.Status.APPLYING, 70, 6);
    assertEquals(state, RegionState.decode(state.encode()));
    var halves = RegionLife.split(state, split.split());
    assertEquals("m", halves.left().region().getEndKey().toStringUtf8());
    assertEquals("m", halves.right().region().getStartKey().toStringUtf8());
    assertEquals(21, halves.right().peerId());
    assertEquals(4, halves.right().region().getEpoch().getVersion());
  }
}
