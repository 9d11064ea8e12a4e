package nokv.raftstore.log;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import nokv.api.CorruptException;
import nokv.spi.EngineLog;

/**
 * All earlier records of a region are void: its peer has left this store.
 * <pre>
 *  0     1        9
 *  +-----+--------+
 *  | ver | region |
 *  +-----+--------+
 * </pre>
 * Little-endian. The log's checksum covers it.
 */
final class RemovedRecord {
  static final int TYPE = EngineLog.FIRST_REPLICATOR_TYPE + 2;
  static final byte VERSION = 1;
  static final int REGION_OFFSET = 1;
  static final int BYTES = 9;

  private RemovedRecord() {}

  static EngineLog.Record encode(long region) {
    return new EngineLog.Record(TYPE, ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN).put(VERSION).putLong(region).array());
  }

  static long decode(byte[] payload) {
    EntriesRecord.requireVersion(payload, VERSION);
    if (payload.length < BYTES) throw new CorruptException("a record of a removed region has " + payload.length + " bytes, expected " + BYTES);
    return ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN).getLong(REGION_OFFSET);
  }
}
