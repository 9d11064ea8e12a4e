package nokv.engine.lsm.table;

import java.util.Arrays;
import nokv.engine.lsm.table.TableFormat.Handle;

/** Where the data blocks of a table lie, and a key at or behind the last of each, in few arrays so that a search touches little memory. Immutable, thread-safe. */
final class TableIndex {
  private final byte[] separators;
  /** Where each separator begins, and where the last one ends. */
  private final int[] bounds;
  private final long[] offsets;
  private final int[] lengths;
  /** That all separators begin with, and what tells them apart behind it. */
  private final byte[] prefix;
  private final long[] hints;

  /** Takes over what an index block says. @throws IndexOutOfBoundsException or IllegalArgumentException if it is no index */
  TableIndex(Block block) {
    int count = 0;
    int bytes = 0;
    var cursor = new BlockCursor();
    cursor.reset(block);
    for (boolean on = cursor.first(); on; on = cursor.next(), count++) bytes = Math.addExact(bytes, cursor.entry().keyLength());
    separators = new byte[bytes];
    bounds = new int[count + 1];
    offsets = new long[count];
    lengths = new int[count];
    int i = 0;
    for (boolean on = cursor.first(); on; on = cursor.next(), i++) {
      Entry at = cursor.entry();
      System.arraycopy(at.key(), 0, separators, bounds[i], at.keyLength());
      bounds[i + 1] = bounds[i] + at.keyLength();
      offsets[i] = Varint.get(block.bytes, (int) at.valueOffset());
      lengths[i] = (int) Varint.get(block.bytes, (int) at.valueOffset() + Varint.bytes(offsets[i]));
    }
    prefix = commonPrefix();
    hints = new long[count];
    for (int n = 0; n < count; n++) {
      byte[] separator = separator(n);
      hints[n] = InternalKey.hint(separator, separator.length, prefix);
    }
  }

  private byte[] separator(int i) {
    return Arrays.copyOfRange(separators, bounds[i], bounds[i + 1]);
  }

  /** As they are in order, what the first and the last have in common all have. */
  private byte[] commonPrefix() {
    if (offsets.length == 0) return separators;
    byte[] first = separator(0);
    byte[] last = separator(offsets.length - 1);
    int user = first.length - InternalKey.TRAILER_BYTES;
    int common = Arrays.mismatch(first, 0, user, last, 0, last.length - InternalKey.TRAILER_BYTES);
    return Arrays.copyOf(first, common < 0 ? user : common);
  }

  int blocks() {
    return offsets.length;
  }

  Handle handle(int block) {
    return new Handle(offsets[block], lengths[block]);
  }

  long offset(int block) {
    return offsets[block];
  }

  int length(int block) {
    return lengths[block];
  }

  /** The first block that may hold a key at or behind this one; {@link #blocks} where none may. */
  int find(byte[] key, int keyLength) {
    int low = 0;
    int high = offsets.length;
    long hint = InternalKey.hint(key, keyLength, prefix);
    while (low < high) {
      int middle = (low + high) >>> 1;
      int order = Long.compareUnsigned(hint, hints[middle]);
      if (order == 0) order = InternalKey.compare(key, keyLength, separators, bounds[middle], bounds[middle + 1] - bounds[middle]);
      if (order > 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Bytes of memory. */
  long bytes() {
    return separators.length + (long) offsets.length * (2 * Integer.BYTES + 2 * Long.BYTES);
  }
}
