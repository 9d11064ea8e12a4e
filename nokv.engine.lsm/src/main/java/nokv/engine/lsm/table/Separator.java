package nokv.engine.lsm.table;

import java.util.Arrays;

/** Finds short keys to stand between blocks in an index. */
final class Separator {
  private Separator() {}

  /** An internal key, as short as easily found, that is at or behind {@code last} and before {@code next}. */
  static byte[] between(byte[] last, int lastLength, byte[] next, int nextLength) {
    int lastUser = lastLength - InternalKey.TRAILER_BYTES;
    int nextUser = nextLength - InternalKey.TRAILER_BYTES;
    int common = Arrays.mismatch(last, 0, lastUser, next, 0, nextUser);
    // A user part that is `next` up to and with the first byte where it differs is behind `last`; it must still be before `next`, so be shorter, and shorter than `last` to be of use.
    int length = common + 1;
    if (common < 0 || length >= nextUser || length >= lastUser) return Arrays.copyOf(last, lastLength);
    byte[] separator = new byte[length + InternalKey.TRAILER_BYTES];
    System.arraycopy(next, 0, separator, 0, length);
    return separator;
  }
}
