package nokv.raftstore.store;

import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import nokv.api.CorruptException;
import nokv.api.TooNewException;
import nokv.raftstore.proto.MergeStep;
import nokv.raftstore.proto.SplitRegion;
import nokv.spi.EngineBatch;
import nokv.spi.Kind;

/**
 * The data of a raft entry: what a region's peers do when it is committed.
 * <pre>
 *  0     1      2
 *  +-----+------+-------------------------------------------------------------+
 *  | ver | kind | writes: count i32, count × (epoch i64, n i32, n × version)  |
 *  +-----+------+-------------------------------------------------------------+
 *               | split:  epoch i64, message SplitRegion                      |
 *               +-------------------------------------------------------------+
 *               | merge:  epoch i64, message MergeStep                        |
 *               +-------------------------------------------------------------+
 *
 *  a version
 *  +--------+------+---------+-----------+---------+-------+--------+-----+-------+
 *  | family | kind | key len | value len | version | start | expiry | key | value |
 *  +--------+------+---------+-----------+---------+-------+--------+-----+-------+
 *  0        1      2         6           10        18      26       34
 * </pre>
 * Little-endian; epoch is the region's epoch version when it was proposed. The records that carry entries are checksummed, so there is no checksum here. See
 * {@code docs/formats/raft.md}.
 */
sealed interface RegionCommand {
  byte VERSION = 1;
  byte WRITES = 1;
  byte SPLIT = 2;
  byte MERGE = 3;
  int BODY_OFFSET = 2;
  int PROPOSAL_HEADER_BYTES = 12;
  int VERSION_HEADER_BYTES = 34;

  /** Proposals that were made at about the same time; each is judged by itself. */
  record Writes(List<Proposal> proposals) implements RegionCommand {}

  /** The region keeps what lies before the key, a new one gets the rest. */
  record Split(long epochVersion, SplitRegion split) implements RegionCommand {}

  /** A step of a merge of two regions; see {@link Merging}. */
  record Merge(long epochVersion, MergeStep step) implements RegionCommand {}

  /** What one proposer wants written. */
  record Proposal(long epochVersion, List<EngineBatch.Entry> writes) {
    long bytes() {
      long bytes = PROPOSAL_HEADER_BYTES;
      for (EngineBatch.Entry e : writes) bytes += VERSION_HEADER_BYTES + e.key().length + (long) e.value().length;
      return bytes;
    }
  }

  /** Whether it changes regions, and not only what they hold. */
  static boolean isOnRegions(byte[] data) {
    return data.length > 1 && data[1] != WRITES;
  }

  static byte[] encode(Writes command) {
    long bytes = BODY_OFFSET + Integer.BYTES;
    for (Proposal proposal : command.proposals) bytes += proposal.bytes();
    var out = ByteBuffer.allocate(Math.toIntExact(bytes)).order(ByteOrder.LITTLE_ENDIAN);
    out.put(VERSION).put(WRITES).putInt(command.proposals.size());
    for (Proposal proposal : command.proposals) {
      out.putLong(proposal.epochVersion).putInt(proposal.writes.size());
      for (EngineBatch.Entry e : proposal.writes) {
        out.put((byte) e.family()).put((byte) e.kind().code()).putInt(e.key().length).putInt(e.value().length);
        out.putLong(e.version()).putLong(e.startTimestamp()).putLong(e.expiryMillis()).put(e.key()).put(e.value());
      }
    }
    return out.array();
  }

  static byte[] encode(Split command) {
    return encode(SPLIT, command.epochVersion, command.split.toByteArray());
  }

  static byte[] encode(Merge command) {
    return encode(MERGE, command.epochVersion, command.step.toByteArray());
  }

  private static byte[] encode(byte kind, long epochVersion, byte[] body) {
    return ByteBuffer.allocate(BODY_OFFSET + Long.BYTES + body.length).order(ByteOrder.LITTLE_ENDIAN).put(VERSION).put(kind).putLong(epochVersion).put(body).array();
  }

  /** Whether an entry's data are a merge's. */
  static boolean isMerge(byte[] data) {
    return data.length > BODY_OFFSET && data[1] == MERGE;
  }

  /** @throws TooNewException a later version of NoKV proposed it */
  static RegionCommand decode(byte[] data) {
    try {
      var in = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
      byte version = in.get();
      if (version != VERSION) throw new TooNewException("a raft entry has version " + version + ", this build knows " + VERSION + "; use the NoKV that wrote it, or a later one");
      return switch (in.get()) {
        case WRITES -> writes(in);
        case SPLIT -> {
          long epochVersion = in.getLong();
          yield new Split(epochVersion, SplitRegion.parseFrom(in));
        }
        case MERGE -> {
          long epochVersion = in.getLong();
          yield new Merge(epochVersion, MergeStep.parseFrom(in));
        }
        default -> throw new TooNewException("a raft entry holds command " + data[1] + ", which this build does not know; use the NoKV that wrote it, or a later one");
      };
    } catch (BufferUnderflowException | InvalidProtocolBufferException | IllegalArgumentException | NegativeArraySizeException e) {
      throw new CorruptException("a raft entry of " + data.length + " bytes is not what its header says", e);
    }
  }

  private static Writes writes(ByteBuffer in) {
    var proposals = new ArrayList<Proposal>();
    for (int left = in.getInt(); left > 0; left--) {
      long epochVersion = in.getLong();
      int count = in.getInt();
      var writes = new ArrayList<EngineBatch.Entry>(Math.min(count, in.remaining() / VERSION_HEADER_BYTES + 1));
      for (int i = 0; i < count; i++) writes.add(version(in));
      proposals.add(new Proposal(epochVersion, writes));
    }
    return new Writes(proposals);
  }

  private static EngineBatch.Entry version(ByteBuffer in) {
    int family = Byte.toUnsignedInt(in.get());
    Kind kind = Kind.of(in.get());
    byte[] key = new byte[in.getInt()];
    byte[] value = new byte[in.getInt()];
    long version = in.getLong();
    long start = in.getLong();
    long expiry = in.getLong();
    in.get(key).get(value);
    return new EngineBatch.Entry(family, key, version, kind, start, expiry, value);
  }
}
