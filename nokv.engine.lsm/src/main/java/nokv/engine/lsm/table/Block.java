package nokv.engine.lsm.table;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * A run of entries in order, of which every {@value #RESTART_INTERVAL}th, a restart, has its whole key, and the others only what their user part does not share with the one before.
 * <pre>
 *  +---------+-----+---------+-----------+-----+-----------+-------+
 *  | entry 1 | ... | entry n | restart 1 | ... | restart m | m u32 |
 *  +---------+-----+---------+-----------+-----+-----------+-------+
 *  entry:
 *  +-----------------+-------------------+-----------------+-----------+--------------+-------+
 *  | shared (varint) | unshared (varint) | value (varint)  | unshared  | trailer (16) | value |
 *  +-----------------+-------------------+-----------------+-----------+--------------+-------+
 * </pre>
 * {@code restart}s are offsets of entries, u32 little-endian. {@code shared} and {@code unshared} count bytes of the user part, {@code value} those of the value with its header. Between two
 * restarts {@code shared} is as large as can be; the search relies on it. Thread-safe, and but for the cache's mark immutable.
 */
final class Block {
  static final int RESTART_INTERVAL = 16;

  private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  /** What a block in memory takes beside its bytes: this object, the segment, the array's header, its part of the cache's table. */
  private static final int OVERHEAD_BYTES = 200;

  /** The block, and perhaps more behind it. */
  final byte[] bytes;
  /** The same bytes. */
  final MemorySegment segment;
  /** Where the entries end. */
  final int limit;
  final int restarts;

  /** The cache's. Racy on purpose: a mark that is lost is made by the next reader. */
  private boolean used;

  private Block(byte[] bytes, int limit, int restarts) {
    this.bytes = bytes;
    this.segment = MemorySegment.ofArray(bytes);
    this.limit = limit;
    this.restarts = restarts;
  }

  /** The block in the first {@code length} bytes, or null if these cannot be one. */
  static @Nullable Block of(byte[] bytes, int length) {
    int countAt = length - Integer.BYTES;
    if (countAt < 0) return null;
    int restarts = (int) INT.get(bytes, countAt);
    long limit = countAt - (long) restarts * Integer.BYTES;
    return restarts < 0 || limit < 0 || (restarts == 0) != (limit == 0) ? null : new Block(bytes, (int) limit, restarts);
  }

  /** Says that it was read again. */
  void markUsed() {
    if (!used) used = true;
  }

  /** Whether it was, since this was asked last. */
  boolean takeUsed() {
    boolean was = used;
    used = false;
    return was;
  }

  /** Bytes of memory it takes. */
  int weight() {
    return bytes.length + OVERHEAD_BYTES;
  }

  int restart(int i) {
    return (int) INT.get(bytes, limit + i * Integer.BYTES);
  }

  /** The last restart whose key is before {@code key} (or, {@code orAt}, at it); the first where none is. */
  int lastRestartBefore(byte[] key, int length, boolean orAt) {
    int low = 0;
    int high = restarts - 1;
    int least = orAt ? 0 : 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (compareToRestart(key, length, middle) >= least) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  private int compareToRestart(byte[] key, int length, int restart) {
    int at = restart(restart) + 1;
    int user = bytes[at++];
    if (user < 0) {
      user = (int) Varint.get(bytes, at - 1);
      at += Varint.bytes(user) - 1;
    }
    while (bytes[at++] < 0) { /* the length of the value */ }
    return InternalKey.compare(key, length, bytes, at, user + InternalKey.TRAILER_BYTES);
  }

  /** What a search found out. */
  enum Answer { FOUND, ABSENT, BEYOND_THIS_BLOCK }

  /*
   * How a point search reads entries without putting their keys together
   *
   * Walking from the last restart before the target, let `matched` be the number of bytes that the user part of the entry before and that of the target have in common from the start; the
   * entry before is less than the target, so where they differ it has the smaller byte (or it ended). The next entry shares `shared` bytes with the entry before:
   *   shared > matched: it has that same smaller byte: less than the target, with the same `matched`. Nothing to compare.
   *   shared < matched: it first differs from the entry before inside the part that equals the target, and it is greater there: beyond the target.
   *   shared = matched: compare what is unshared with the target from there on.
   * At a restart nothing is known and `matched` is 0. Once user parts are equal, trailers decide.
   */

  /** Looks for what {@code lookup} asks. {@code BEYOND_THIS_BLOCK}: all entries are before the target or were not accepted, so the next block may have it. */
  Answer find(Lookup lookup) {
    byte[] target = lookup.target();
    int targetUser = lookup.userLength();
    int at = restarts == 0 ? limit : restart(lastRestartBefore(target, lookup.length(), false));
    int matched = 0;
    while (at < limit) {
      int shared = bytes[at++];
      if (shared < 0) {
        shared = (int) Varint.get(bytes, at - 1);
        at += Varint.bytes(shared) - 1;
      }
      int unshared = bytes[at++];
      if (unshared < 0) {
        unshared = (int) Varint.get(bytes, at - 1);
        at += Varint.bytes(unshared) - 1;
      }
      int valueLength = bytes[at++];
      if (valueLength < 0) {
        valueLength = (int) Varint.get(bytes, at - 1);
        at += Varint.bytes(valueLength) - 1;
      }
      int trailer = at + unshared;
      int next = trailer + InternalKey.TRAILER_BYTES + valueLength;
      if (shared == 0) matched = 0;
      if (shared < matched) return Answer.ABSENT;
      if (shared == matched) {
        int common = shared + commonPrefix(target, shared, targetUser - shared, at, unshared);
        if (common == shared + unshared) {
          if (common == targetUser && acceptable(lookup, trailer, valueLength)) return Answer.FOUND;
        } else if (common == targetUser || (bytes[at + common - shared] & 0xff) > (target[common] & 0xff)) {
          return Answer.ABSENT;
        }
        matched = common;
      }
      at = next;
    }
    return Answer.BEYOND_THIS_BLOCK;
  }

  private boolean acceptable(Lookup lookup, int trailer, int valueLength) {
    long version = ~InternalKey.getLong(bytes, trailer);
    long sequence = ~InternalKey.getLong(bytes, trailer + Long.BYTES);
    return lookup.accept(version, sequence, segment, trailer + InternalKey.TRAILER_BYTES, valueLength);
  }

  /** The target has a trailer behind it and so has the entry, so that eight bytes can be read from any place of either. */
  private int commonPrefix(byte[] target, int from, int length, int at, int unshared) {
    int most = Math.min(length, unshared);
    int i = 0;
    while (i < most) {
      long difference = InternalKey.getLong(target, from + i) ^ InternalKey.getLong(bytes, at + i);
      if (difference != 0) return Math.min(most, i + Long.numberOfLeadingZeros(difference) / Byte.SIZE);
      i += Long.BYTES;
    }
    return most;
  }
}
