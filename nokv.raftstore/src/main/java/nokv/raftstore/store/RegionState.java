package nokv.raftstore.store;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import nokv.api.ColumnFamily;
import nokv.api.CorruptException;
import nokv.api.Direction;
import nokv.api.KeyRange;
import nokv.api.Timestamp;
import nokv.api.TooNewException;
import nokv.raftstore.key.LockKey;
import nokv.raftstore.key.RegionRange;
import nokv.raftstore.proto.Peer;
import nokv.raftstore.proto.Region;
import nokv.raftstore.raft.Configuration;
import nokv.raftstore.raft.IdSet;
import nokv.spi.EngineBatch;
import nokv.spi.StorageEngine;

/**
 * What a store keeps of a region beside its data and log, as a version in the family {@code LOCAL}, written in the batch that holds the data of the entries it counts as applied.
 * <pre>
 *  0     1        2               10             18     26
 *  +-----+--------+---------------+--------------+------+----------------+
 *  | ver | status | applied index | applied term | peer | message Region |
 *  +-----+--------+---------------+--------------+------+----------------+
 * </pre>
 * Little-endian; blocks and records below are checksummed. See {@code docs/formats/raft.md}.
 *
 * @param peerId this store's peer
 */
public record RegionState(Region region, long peerId, Status status, long appliedIndex, long appliedTerm) {
  /** The code is stored: never change one. */
  public enum Status { NORMAL, APPLYING, TOMBSTONE }

  static final byte FORMAT_VERSION = 1;
  static final int STATUS_OFFSET = 1;
  static final int APPLIED_INDEX_OFFSET = 2;
  static final int APPLIED_TERM_OFFSET = 10;
  static final int PEER_OFFSET = 18;
  static final int REGION_OFFSET = 26;

  private static final byte[] PREFIX = "region".getBytes(StandardCharsets.US_ASCII);
  /** The newest sequence counts. */
  private static final long ENGINE_VERSION = 1;

  /** Those of all regions that an engine holds. */
  public static List<RegionState> all(StorageEngine engine) {
    var states = new ArrayList<RegionState>();
    try (var cursor = engine.scan(ColumnFamily.LOCAL.id(), KeyRange.prefix(PREFIX), Direction.FORWARD, Timestamp.MAX, null)) {
      while (cursor.next()) states.add(decode(cursor.value()));
    }
    return states;
  }

  static byte[] key(long region) {
    return ByteBuffer.allocate(PREFIX.length + Long.BYTES).put(PREFIX).putLong(region).array();
  }

  /** Writes it with what else is in the batch. */
  public void addTo(EngineBatch batch) {
    batch.put(ColumnFamily.LOCAL.id(), key(region.getId()), ENGINE_VERSION, 0, 0, encode());
  }

  byte[] encode() {
    byte[] descriptor = region.toByteArray();
    return ByteBuffer.allocate(REGION_OFFSET + descriptor.length).order(ByteOrder.LITTLE_ENDIAN).put(FORMAT_VERSION).put((byte) status.ordinal()).putLong(appliedIndex)
        .putLong(appliedTerm).putLong(peerId).put(descriptor).array();
  }

  static RegionState decode(byte[] value) {
    try {
      var in = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
      byte version = in.get();
      if (version > FORMAT_VERSION) throw new TooNewException("a region's state has version " + version + ", this build knows up to " + FORMAT_VERSION + "; use the NoKV that wrote it");
      Status status = Status.values()[in.get()];
      long index = in.getLong();
      long term = in.getLong();
      long peer = in.getLong();
      return new RegionState(Region.parseFrom(in), peer, status, index, term);
    } catch (BufferUnderflowException | IndexOutOfBoundsException | InvalidProtocolBufferException e) {
      throw new CorruptException("the state of a region, " + Arrays.toString(value) + ", is not what its header says", e);
    }
  }

  RegionState appliedTo(long index, long term) {
    return new RegionState(region, peerId, status, index, term);
  }

  RegionState with(Region changed) {
    return new RegionState(changed, peerId, status, appliedIndex, appliedTerm);
  }

  RegionState with(Status changed) {
    return new RegionState(region, peerId, changed, appliedIndex, appliedTerm);
  }

  static Configuration configuration(Region region) {
    var voters = region.getPeersList().stream().filter(peer -> !peer.getLearner()).mapToLong(Peer::getPeerId).toArray();
    var learners = region.getPeersList().stream().filter(Peer::getLearner).mapToLong(Peer::getPeerId).toArray();
    return Configuration.of(IdSet.of(voters), IdSet.of(learners));
  }

  public static KeyRange range(Region region) {
    return RegionRange.of(region);
  }

  /** Where a family holds what belongs to a range of user keys: locks lie under keys of their own. */
  static KeyRange inFamily(KeyRange range, int family) {
    return family == ColumnFamily.LOCK.id() ? LockKey.range(range.start(), range.end()) : range;
  }

  static boolean overlap(Region a, Region b) {
    return startsBeforeEnd(a, b) && startsBeforeEnd(b, a);
  }

  private static boolean startsBeforeEnd(Region a, Region b) {
    ByteString end = b.getEndKey();
    return end.isEmpty() || ByteString.unsignedLexicographicalComparator().compare(a.getStartKey(), end) < 0;
  }
}
