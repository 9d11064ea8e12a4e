package nokv.raftstore.txn;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import nokv.api.CorruptException;
import nokv.api.TooNewException;

/**
 * What became of a transaction at a key where no version tells: it was rolled back, or it was a blind write without a version of its own (a range delete). See
 * {@code docs/formats/lock.md}.
 * <pre>
 *  0         1                9
 *  +---------+----------------+
 *  | format  | commit version |
 *  +---------+----------------+
 * </pre>
 * Little-endian; commit version 0 = rolled back.
 */
record Outcome(long commitVersion) {
  static final Outcome ROLLED_BACK = new Outcome(0);
  private static final byte FORMAT = 1;
  private static final int COMMIT_VERSION_OFFSET = 1;
  private static final int BYTES = 9;

  byte[] encode() {
    return ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN).put(FORMAT).putLong(commitVersion).array();
  }

  static Outcome decode(byte[] value) {
    if (value.length > 0 && value[0] > FORMAT) throw new TooNewException("an outcome of format " + value[0] + " in column family lock; this program knows " + FORMAT);
    if (value.length != BYTES || value[0] != FORMAT) throw new CorruptException("an outcome of " + value.length + " bytes in column family lock; expected " + BYTES);
    return new Outcome(ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getLong(COMMIT_VERSION_OFFSET));
  }
}
