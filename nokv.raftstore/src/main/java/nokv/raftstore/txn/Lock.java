package nokv.raftstore.txn;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import nokv.api.CorruptException;
import nokv.api.Timestamp;
import nokv.api.TooNewException;
import nokv.raftstore.key.FamilyKey;
import nokv.raftstore.proto.LockInfo;
import nokv.raftstore.proto.Mutation.Op;

/**
 * A lock: what a transaction under way will do to a key when it commits. See {@code docs/formats/lock.md}.
 * <pre>
 *  0        1    2       3       11       19           27       35
 *  +--------+----+-------+-------+--------+------------+--------+---------+-----------------+-------+
 *  | format | op | flags | start | ttl ms | min commit | expiry | primary | n | secondaries | value |
 *  +--------+----+-------+-------+--------+------------+--------+---------+-----------------+-------+
 *  primary, secondaries: family (1) length (4) bytes; n (4)
 * </pre>
 * Little-endian. Flag 1 = asynchronous commit; the primary's lock then names all the others.
 *
 * @param op PUT, DELETE or LOCK
 * @param minCommitVersion the transaction commits at this version or above; a reader below it may pass
 */
record Lock(Op op, FamilyKey primary, long start, long ttlMillis, long minCommitVersion, boolean async, List<FamilyKey> secondaries, long expiryMillis, byte[] value) {
  private static final byte FORMAT = 1;
  private static final int FIXED_BYTES = 1 + 1 + 1 + 8 + 8 + 8 + 8;
  private static final int ASYNC_FLAG = 1;

  Lock withMinCommitVersion(long version) {
    return new Lock(op, primary, start, ttlMillis, version, async, secondaries, expiryMillis, value);
  }

  Lock withTtlMillis(long millis) {
    return new Lock(op, primary, start, millis, minCommitVersion, async, secondaries, expiryMillis, value);
  }

  /** Whether its owner has let the time pass in which it wanted to be heard of again. */
  boolean expired(long now) {
    return Timestamp.physicalMillis(start) + ttlMillis < Timestamp.physicalMillis(now);
  }

  LockInfo toProto(FamilyKey key) {
    var info = LockInfo.newBuilder().setKey(key.toProto()).setPrimary(primary.toProto()).setStartVersion(start).setTtlMillis(ttlMillis)
        .setMinCommitVersion(minCommitVersion).setAsyncCommit(async).setOp(op);
    for (FamilyKey secondary : secondaries) info.addSecondaries(secondary.toProto());
    return info.build();
  }

  byte[] encode() {
    int bytes = FIXED_BYTES + bytes(primary) + Integer.BYTES + value.length;
    for (FamilyKey secondary : secondaries) bytes += bytes(secondary);
    var buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    buffer.put(FORMAT).put((byte) op.getNumber()).put((byte) (async ? ASYNC_FLAG : 0)).putLong(start).putLong(ttlMillis).putLong(minCommitVersion).putLong(expiryMillis);
    put(buffer, primary);
    buffer.putInt(secondaries.size());
    for (FamilyKey secondary : secondaries) put(buffer, secondary);
    return buffer.put(value).array();
  }

  static Lock decode(byte[] encoded) {
    var buffer = ByteBuffer.wrap(encoded).order(ByteOrder.LITTLE_ENDIAN);
    try {
      byte format = buffer.get();
      if (format > FORMAT) throw new TooNewException("a lock of format " + format + "; this program knows " + FORMAT);
      Op op = Op.forNumber(buffer.get());
      if (format != FORMAT || op == null) throw new CorruptException("a lock that begins with format " + format + " and no operation");
      boolean async = (buffer.get() & ASYNC_FLAG) != 0;
      long start = buffer.getLong();
      long ttlMillis = buffer.getLong();
      long minCommitVersion = buffer.getLong();
      long expiryMillis = buffer.getLong();
      FamilyKey primary = get(buffer);
      int count = buffer.getInt();
      if (count < 0 || count > encoded.length) throw new CorruptException("a lock with " + count + " secondaries in " + encoded.length + " bytes");
      var secondaries = new ArrayList<FamilyKey>(count);
      for (int i = 0; i < count; i++) secondaries.add(get(buffer));
      byte[] value = new byte[buffer.remaining()];
      buffer.get(value);
      return new Lock(op, primary, start, ttlMillis, minCommitVersion, async, secondaries, expiryMillis, value);
    } catch (BufferUnderflowException e) {
      throw new CorruptException("a lock of " + encoded.length + " bytes ends too early", e);
    }
  }

  private static int bytes(FamilyKey key) {
    return 1 + Integer.BYTES + key.key().length;
  }

  private static void put(ByteBuffer buffer, FamilyKey key) {
    buffer.put((byte) key.family()).putInt(key.key().length).put(key.key());
  }

  private static FamilyKey get(ByteBuffer buffer) {
    int family = buffer.get() & 0xff;
    int length = buffer.getInt();
    if (length < 0 || length > buffer.remaining()) throw new CorruptException("a lock with a key of " + length + " bytes where " + buffer.remaining() + " are left");
    byte[] key = new byte[length];
    buffer.get(key);
    return new FamilyKey(family, key);
  }
}
