package nokv.raftstore.txn;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
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
public final class Registers {
  private static final long FIRST = 1;

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
      writes = List.of(entry(key, newest == null ? FIRST : newest.version() + 1, access.getNext()));
      result.setDone(true).setValue(access.getNext());
    }
    return new Effect(writes, Response.newBuilder().setRegister(result).build());
  }

  /** A register's first value, for an engine that has no regions yet. */
  public static Entry first(String name, long value) {
    return entry(new FamilyKey(ColumnFamily.REGISTER.id(), name.getBytes(StandardCharsets.UTF_8)), FIRST, value);
  }

  private static Entry entry(FamilyKey key, long version, long value) {
    return new Entry(key.family(), key.key(), version, Kind.PUT, 0, 0, ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
  }

  private static long decode(byte[] value) {
    if (value.length != Long.BYTES) throw new CorruptException("a register of " + value.length + " bytes, expected 8");
    return ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getLong();
  }
}
