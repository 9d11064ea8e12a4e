package nokv.raftstore.txn;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import nokv.api.ColumnFamily;
import nokv.api.CorruptException;
import nokv.api.Timestamp;
import nokv.raftstore.key.FamilyKey;
import nokv.raftstore.proto.RegisterAccess;
import nokv.raftstore.proto.RegisterResult;
import nokv.raftstore.proto.Response;
import nokv.spi.EngineBatch.Entry;
import nokv.spi.Kind;
import nokv.spi.Version;

/** Registers: 8 bytes little-endian in a column family of their own, each set one version above the last, so that they need no timestamps. */
final class Registers {
  private final Records records;

  Registers(Records records) {
    this.records = records;
  }

  static FamilyKey key(RegisterAccess access) {
    return new FamilyKey(ColumnFamily.REGISTER.id(), access.getName().toByteArray());
  }

  /** Under the latch of its key. */
  Effect access(RegisterAccess access) {
    var key = key(access);
    Version newest = records.newest(key, Timestamp.MAX);
    long value = newest == null ? 0 : decode(newest.value());
    var result = RegisterResult.newBuilder().setValue(value);
    List<Entry> writes = List.of();
    if (access.getSet() && value == access.getExpected()) {
      byte[] next = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(access.getNext()).array();
      writes = List.of(new Entry(key.family(), key.key(), newest == null ? 1 : newest.version() + 1, Kind.PUT, 0, 0, next));
      result.setDone(true).setValue(access.getNext());
    }
    return new Effect(writes, Response.newBuilder().setRegister(result).build());
  }

  private static long decode(byte[] value) {
    if (value.length != Long.BYTES) throw new CorruptException("a register of " + value.length + " bytes, expected 8");
    return ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getLong();
  }
}
