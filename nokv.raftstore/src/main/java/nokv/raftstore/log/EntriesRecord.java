package nokv.raftstore.log;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import nokv.api.CorruptException;
import nokv.api.TooNewException;
import nokv.raftstore.raft.Entry;
import nokv.spi.EngineLog;

/**
 * Adjacent entries of one region, as a record of the log.
 * <pre>
 *  0     1        9             17      21
 *  +-----+--------+-------------+-------+-----------------------------------------------+
 *  | ver | region | first index | count | count × (term i64, kind u8, length i32, data) |
 *  +-----+--------+-------------+-------+-----------------------------------------------+
 * </pre>
 * Little-endian. The log's checksum covers it.
 */
final class EntriesRecord {
  static final int TYPE = EngineLog.FIRST_REPLICATOR_TYPE;
  static final byte VERSION = 1;
  static final int REGION_OFFSET = 1;
  static final int FIRST_INDEX_OFFSET = 9;
  static final int COUNT_OFFSET = 17;
  static final int HEADER_BYTES = 21;
  static final int ENTRY_HEADER_BYTES = 13;

  private static final Entry.Kind[] KINDS = Entry.Kind.values();

  private EntriesRecord() {}

  static EngineLog.Record encode(long region, List<Entry> entries) {
    int bytes = HEADER_BYTES;
    for (Entry entry : entries) bytes = Math.addExact(bytes, ENTRY_HEADER_BYTES + entry.data().length);
    var out = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    out.put(VERSION).putLong(region).putLong(entries.getFirst().index()).putInt(entries.size());
    for (Entry entry : entries) out.putLong(entry.term()).put((byte) entry.kind().ordinal()).putInt(entry.data().length).put(entry.data());
    return new EngineLog.Record(TYPE, out.array());
  }

  static long region(byte[] payload) {
    return ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN).getLong(REGION_OFFSET);
  }

  /** @throws TooNewException a later version of NoKV wrote it */
  static List<Entry> decode(byte[] payload) {
    requireVersion(payload, VERSION);
    try {
      var in = ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN);
      long index = in.getLong(FIRST_INDEX_OFFSET);
      int count = in.getInt(COUNT_OFFSET);
      in.position(HEADER_BYTES);
      var entries = new ArrayList<Entry>(Math.min(count, payload.length / ENTRY_HEADER_BYTES));
      for (int i = 0; i < count; i++) {
        long term = in.getLong();
        Entry.Kind kind = KINDS[in.get()];
        byte[] data = new byte[in.getInt()];
        in.get(data);
        entries.add(new Entry(term, index + i, kind, data));
      }
      return entries;
    } catch (BufferUnderflowException | IndexOutOfBoundsException | NegativeArraySizeException e) {
      throw new CorruptException("a record of raft entries of " + payload.length + " bytes is not what its header says", e);
    }
  }

  static void requireVersion(byte[] payload, byte version) {
    if (payload.length == 0) throw new CorruptException("a raft record is empty");
    if (payload[0] > version) throw new TooNewException("a raft record has version " + payload[0] + ", this build knows up to " + version + "; use the NoKV that wrote it, or a later one");
    if (payload[0] < 1) throw new CorruptException("a raft record has version " + payload[0] + ", which never was");
  }
}
