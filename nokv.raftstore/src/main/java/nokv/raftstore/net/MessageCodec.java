package nokv.raftstore.net;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import nokv.api.CorruptException;
import nokv.api.TooNewException;
import nokv.raftstore.raft.Configuration;
import nokv.raftstore.raft.Entry;
import nokv.raftstore.raft.IdSet;
import nokv.raftstore.raft.Message;
import nokv.raftstore.raft.Snapshot;

/**
 * A raft message as bytes, the field {@code message} of {@link nokv.raftstore.proto.RaftMessage}.
 * <pre>
 *  0        4     5      6        14       22       30
 *  +--------+-----+------+--------+--------+--------+------+
 *  | crc32c | ver | kind | from   | to     | term   | body |
 *  +--------+-----+------+--------+--------+--------+------+
 *
 *  body of an append
 *  +----------------+---------------+--------+-------+----------------------------------+
 *  | previous index | previous term | commit | count | count × (term, kind, len, data)  |
 *  +----------------+---------------+--------+-------+----------------------------------+
 * </pre>
 * Little-endian. {@code crc32c} covers everything after itself. The other bodies and the reasons: docs/formats/raft-message.md. Entries' data are copied once when written and once when read.
 */
public final class MessageCodec {
  static final int CRC_OFFSET = 0;
  static final int VERSION_OFFSET = 4;
  static final int KIND_OFFSET = 5;
  static final int FROM_OFFSET = 6;
  static final int BODY_OFFSET = 30;
  static final int ENTRY_HEADER_BYTES = 13;
  static final byte VERSION = 1;

  private static final int APPEND = 1;
  private static final int APPEND_RESPONSE = 2;
  private static final int HEARTBEAT = 3;
  private static final int HEARTBEAT_RESPONSE = 4;
  private static final int VOTE_REQUEST = 5;
  private static final int VOTE_RESPONSE = 6;
  private static final int INSTALL_SNAPSHOT = 7;
  private static final int TIMEOUT_NOW = 8;
  private static final int READ_INDEX = 9;
  private static final int READ_INDEX_RESPONSE = 10;

  private static final int FIRST = 1;
  private static final int SECOND = 2;
  private static final Entry.Kind[] ENTRY_KINDS = Entry.Kind.values();

  private MessageCodec() {}

  /** @throws IllegalArgumentException if the message is one of those that stay within a node, or has a gap in its entries */
  public static ByteString encode(Message message) {
    var out = ByteBuffer.allocate(Math.addExact(BODY_OFFSET, bodyBytes(message))).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(0).put(VERSION).put((byte) kind(message)).putLong(message.from()).putLong(message.to()).putLong(message.term());
    switch (message) {
      case Message.Append m -> putAppend(out, m);
      case Message.AppendResponse m -> out.putLong(m.index()).put(flags(m.rejected(), false)).putLong(m.hint()).putLong(m.hintTerm());
      case Message.Heartbeat m -> out.putLong(m.commit()).putLong(m.round());
      case Message.HeartbeatResponse m -> out.putLong(m.round());
      case Message.VoteRequest m -> out.put(flags(m.pre(), m.transfer())).putLong(m.lastIndex()).putLong(m.lastTerm());
      case Message.VoteResponse m -> out.put(flags(m.rejected(), m.pre()));
      case Message.InstallSnapshot m -> putSnapshot(out, m.snapshot());
      case Message.TimeoutNow m -> { }
      case Message.ReadIndex m -> out.putLong(m.context());
      case Message.ReadIndexResponse m -> out.putLong(m.context()).putLong(m.index());
      case Message.Stored m -> throw staysAtHome(m);
      case Message.Applied m -> throw staysAtHome(m);
    }
    var crc = new CRC32C();
    crc.update(out.array(), VERSION_OFFSET, out.capacity() - VERSION_OFFSET);
    out.putInt(CRC_OFFSET, (int) crc.getValue());
    return UnsafeByteOperations.unsafeWrap(out.array());
  }

  private static IllegalArgumentException staysAtHome(Message message) {
    return new IllegalArgumentException(message.getClass().getSimpleName() + " stays within its node and is never sent");
  }

  private static int kind(Message message) {
    return switch (message) {
      case Message.Append m -> APPEND;
      case Message.AppendResponse m -> APPEND_RESPONSE;
      case Message.Heartbeat m -> HEARTBEAT;
      case Message.HeartbeatResponse m -> HEARTBEAT_RESPONSE;
      case Message.VoteRequest m -> VOTE_REQUEST;
      case Message.VoteResponse m -> VOTE_RESPONSE;
      case Message.InstallSnapshot m -> INSTALL_SNAPSHOT;
      case Message.TimeoutNow m -> TIMEOUT_NOW;
      case Message.ReadIndex m -> READ_INDEX;
      case Message.ReadIndexResponse m -> READ_INDEX_RESPONSE;
      case Message.Stored m -> throw staysAtHome(m);
      case Message.Applied m -> throw staysAtHome(m);
    };
  }

  private static int bodyBytes(Message message) {
    return switch (message) {
      case Message.Append m -> {
        int bytes = 28;
        for (var entry : m.entries()) bytes = Math.addExact(bytes, ENTRY_HEADER_BYTES + entry.data().length);
        yield bytes;
      }
      case Message.AppendResponse m -> 25;
      case Message.Heartbeat m -> 16;
      case Message.HeartbeatResponse m -> 8;
      case Message.VoteRequest m -> 17;
      case Message.VoteResponse m -> 1;
      case Message.InstallSnapshot(var from, var to, var term, var snapshot) -> {
        var c = snapshot.configuration();
        int ids = c.voters().size() + c.outgoing().size() + c.learners().size() + c.learnersNext().size();
        yield Math.addExact(8 + 8 + 1 + 4 * 2 + 8 * ids + 4, snapshot.data().length);
      }
      case Message.TimeoutNow m -> 0;
      case Message.ReadIndex m -> 8;
      case Message.ReadIndexResponse m -> 16;
      case Message.Stored m -> throw staysAtHome(m);
      case Message.Applied m -> throw staysAtHome(m);
    };
  }

  private static byte flags(boolean first, boolean second) {
    return (byte) ((first ? FIRST : 0) | (second ? SECOND : 0));
  }

  private static void putAppend(ByteBuffer out, Message.Append message) {
    out.putLong(message.previousIndex()).putLong(message.previousTerm()).putLong(message.commit()).putInt(message.entries().size());
    long index = message.previousIndex();
    for (var entry : message.entries()) {
      if (entry.index() != ++index) throw new IllegalArgumentException("entry " + entry.index() + " in an append where " + index + " is next");
      out.putLong(entry.term()).put((byte) entry.kind().ordinal()).putInt(entry.data().length).put(entry.data());
    }
  }

  private static void putSnapshot(ByteBuffer out, Snapshot snapshot) {
    var c = snapshot.configuration();
    out.putLong(snapshot.index()).putLong(snapshot.term()).put(flags(c.autoLeave(), false));
    for (var ids : List.of(c.voters(), c.outgoing(), c.learners(), c.learnersNext())) {
      if (ids.size() > 0xffff) throw new IllegalArgumentException(ids.size() + " peers in one group; at most 65535 can be told");
      out.putShort((short) ids.size());
      for (int i = 0; i < ids.size(); i++) out.putLong(ids.get(i));
    }
    out.putInt(snapshot.data().length).put(snapshot.data());
  }

  /**
   * @throws CorruptException if the bytes are not what {@link #encode} wrote
   * @throws TooNewException if a later release wrote them
   */
  public static Message decode(ByteString bytes) {
    if (bytes.size() < BODY_OFFSET) throw new CorruptException("raft message of " + bytes.size() + " bytes, where a header has " + BODY_OFFSET);
    var in = bytes.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    int expected = in.getInt();
    var crc = new CRC32C();
    crc.update(in.duplicate());
    if ((int) crc.getValue() != expected) {
      throw new CorruptException("raft message of %d bytes has checksum 0x%08x, expected 0x%08x: damaged on the way".formatted(bytes.size(), (int) crc.getValue(), expected));
    }
    byte version = in.get();
    if (version > VERSION) throw new TooNewException("raft message of version " + version + "; this release knows versions up to " + VERSION + ": update this store");
    if (version < 1) throw new CorruptException("raft message of version " + version + ", which there never was");
    int kind = in.get();
    try {
      var message = body(kind, in.getLong(), in.getLong(), in.getLong(), in);
      if (in.hasRemaining()) throw new CorruptException("raft message of kind " + kind + " has " + in.remaining() + " bytes behind its end");
      return message;
    } catch (java.nio.BufferUnderflowException e) {
      throw new CorruptException("raft message of kind " + kind + " ends early, after " + bytes.size() + " bytes", e);
    }
  }

  private static Message body(int kind, long from, long to, long term, ByteBuffer in) {
    return switch (kind) {
      case APPEND -> append(from, to, term, in);
      case APPEND_RESPONSE -> {
        long index = in.getLong();
        int flags = flags(in, FIRST);
        yield new Message.AppendResponse(from, to, term, index, flags != 0, in.getLong(), in.getLong());
      }
      case HEARTBEAT -> new Message.Heartbeat(from, to, term, in.getLong(), in.getLong());
      case HEARTBEAT_RESPONSE -> new Message.HeartbeatResponse(from, to, term, in.getLong());
      case VOTE_REQUEST -> {
        int flags = flags(in, FIRST | SECOND);
        yield new Message.VoteRequest(from, to, term, (flags & FIRST) != 0, in.getLong(), in.getLong(), (flags & SECOND) != 0);
      }
      case VOTE_RESPONSE -> {
        int flags = flags(in, FIRST | SECOND);
        yield new Message.VoteResponse(from, to, term, (flags & SECOND) != 0, (flags & FIRST) != 0);
      }
      case INSTALL_SNAPSHOT -> new Message.InstallSnapshot(from, to, term, snapshot(in));
      case TIMEOUT_NOW -> new Message.TimeoutNow(from, to, term);
      case READ_INDEX -> {
        if (term != 0) throw new CorruptException("read index of term " + term + "; it belongs to none");
        yield new Message.ReadIndex(from, to, in.getLong());
      }
      case READ_INDEX_RESPONSE -> new Message.ReadIndexResponse(from, to, term, in.getLong(), in.getLong());
      default -> throw new CorruptException("raft message of kind " + kind + ", which version " + VERSION + " does not have");
    };
  }

  private static int flags(ByteBuffer in, int known) {
    int flags = in.get();
    if ((flags & ~known) != 0) throw new CorruptException("raft message with flags " + flags + ", of which only " + known + " are known");
    return flags;
  }

  private static Message append(long from, long to, long term, ByteBuffer in) {
    long previousIndex = in.getLong();
    long previousTerm = in.getLong();
    long commit = in.getLong();
    int count = in.getInt();
    if (count < 0 || (long) count * ENTRY_HEADER_BYTES > in.remaining()) throw new CorruptException("append of " + count + " entries in " + in.remaining() + " bytes");
    var entries = new ArrayList<Entry>(count);
    for (int i = 0; i < count; i++) {
      long entryTerm = in.getLong();
      int entryKind = in.get();
      if (entryKind < 0 || entryKind >= ENTRY_KINDS.length) throw new CorruptException("raft entry of kind " + entryKind + ", which version " + VERSION + " does not have");
      entries.add(new Entry(entryTerm, previousIndex + 1 + i, ENTRY_KINDS[entryKind], data(in)));
    }
    return new Message.Append(from, to, term, previousIndex, previousTerm, entries, commit);
  }

  private static Snapshot snapshot(ByteBuffer in) {
    long index = in.getLong();
    long term = in.getLong();
    boolean autoLeave = flags(in, FIRST) != 0;
    var configuration = new Configuration(ids(in), ids(in), ids(in), ids(in), autoLeave);
    return new Snapshot(index, term, configuration, data(in));
  }

  private static IdSet ids(ByteBuffer in) {
    int count = Short.toUnsignedInt(in.getShort());
    if (count * 8 > in.remaining()) throw new CorruptException("set of " + count + " peers in " + in.remaining() + " bytes");
    long[] ids = new long[count];
    for (int i = 0; i < count; i++) ids[i] = in.getLong();
    return IdSet.of(ids);
  }

  private static byte[] data(ByteBuffer in) {
    int length = in.getInt();
    if (length < 0 || length > in.remaining()) throw new CorruptException("data of " + length + " bytes in " + in.remaining() + " bytes of a raft message");
    byte[] data = new byte[length];
    in.get(data);
    return data;
  }
}
