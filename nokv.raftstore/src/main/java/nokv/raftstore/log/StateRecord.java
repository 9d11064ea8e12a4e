package nokv.raftstore.log;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import nokv.api.CorruptException;
import nokv.raftstore.raft.HardState;
import nokv.spi.EngineLog;

/**
 * What one region's group must not forget beside its entries; the newest counts.
 * <pre>
 *  0     1        9      17     25       33                41               49
 *  +-----+--------+------+------+--------+-----------------+----------------+
 *  | ver | region | term | vote | commit | truncated index | truncated term |
 *  +-----+--------+------+------+--------+-----------------+----------------+
 * </pre>
 * Little-endian. The log's checksum covers it. Entries up to the truncated index are not needed.
 */
record StateRecord(long region, HardState hard, long truncatedIndex, long truncatedTerm) {
  static final int TYPE = EngineLog.FIRST_REPLICATOR_TYPE + 1;
  static final byte VERSION = 1;
  static final int REGION_OFFSET = 1;
  static final int TERM_OFFSET = 9;
  static final int VOTE_OFFSET = 17;
  static final int COMMIT_OFFSET = 25;
  static final int TRUNCATED_INDEX_OFFSET = 33;
  static final int TRUNCATED_TERM_OFFSET = 41;
  static final int BYTES = 49;

  EngineLog.Record encode() {
    var out = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    out.put(VERSION).putLong(region).putLong(hard.term()).putLong(hard.vote()).putLong(hard.commit()).putLong(truncatedIndex).putLong(truncatedTerm);
    return new EngineLog.Record(TYPE, out.array());
  }

  static StateRecord decode(byte[] payload) {
    EntriesRecord.requireVersion(payload, VERSION);
    if (payload.length < BYTES) throw new CorruptException("a record of a raft state has " + payload.length + " bytes, expected " + BYTES);
    var in = ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN);
    var hard = new HardState(in.getLong(TERM_OFFSET), in.getLong(VOTE_OFFSET), in.getLong(COMMIT_OFFSET));
    return new StateRecord(in.getLong(REGION_OFFSET), hard, in.getLong(TRUNCATED_INDEX_OFFSET), in.getLong(TRUNCATED_TERM_OFFSET));
  }
}
