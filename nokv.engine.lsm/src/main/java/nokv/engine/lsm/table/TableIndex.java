package nokv.engine.lsm.table;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import nokv.engine.lsm.table.TableFormat.Handle;

/** Where the data blocks of a table lie, and a key at or behind the last of each, in few arrays so that a search touches little memory. Immutable, thread-safe. */
final class TableIndex {
  private final byte[] separators;
  /** Where each separator begins, and where the last one ends. */
  private final int[] bounds;
  private final long[] offsets;
  private final int[] lengths;

  /** Takes over what an index block says. @throws IndexOutOfBoundsException or IllegalArgumentException if it is no index */
  TableIndex(Block block) {
    int count = 0;
    int bytes = 0;
    var cursor = new BlockCursor();
    cursor.reset(block);
    for (boolean on = cursor.first(); on; on = cursor.next(), count++) bytes = Math.addExact(bytes, cursor.keyLength());
    separators = new byte[bytes];
    bounds = new int[count + 1];
    offsets = new long[count];
    lengths = new int[count];
    int i = 0;
    for (boolean on = cursor.first(); on; on = cursor.next(), i++) {
      MemorySegment.copy(cursor.keySegment(), ValueLayout.JAVA_BYTE, 0, separators, bounds[i], cursor.keyLength());
      bounds[i + 1] = bounds[i] + cursor.keyLength();
      offsets[i] = Varint.get(block.bytes, cursor.valueOffset());
      lengths[i] = (int) Varint.get(block.bytes, cursor.valueOffset() + Varint.bytes(offsets[i]));
    }
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
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (InternalKey.compare(key, keyLength, separators, bounds[middle], bounds[middle + 1] - bounds[middle]) > 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Bytes of memory. */
  long bytes() {
    return separators.length + (long) offsets.length * (Integer.BYTES + Long.BYTES + Integer.BYTES);
  }
}
