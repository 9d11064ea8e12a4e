package nokv.engine.lsm.table;

import java.util.Arrays;
import nokv.engine.lsm.table.TableFormat.Handle;

/** Reads a table back from its file, block by block, and holds each part of it against the others. */
final class TableCheck {
  private final TableReader table;
  private final TableIndex index;
  private final Handle[] handles;
  private final TableIterator.Blocks blocks;
  private final TableStatistics statistics = new TableStatistics();
  private byte[] key = new byte[64];
  private byte[] last = new byte[64];
  private int lastLength;

  TableCheck(TableReader table, Handle[] handles, TableIterator.Blocks blocks) {
    this.blocks = blocks;
    this.table = table;
    this.index = table.index();
    this.handles = handles;
  }

  void run() {
    long at = TableFormat.HEADER_BYTES;
    for (int i = 0; i < index.blocks(); i++) {
      Handle handle = index.handle(i);
      if (handle.offset() != at) throw fault(at, "the index says that block " + i + " is at " + handle.offset());
      try {
        dataBlock(i, handle);
      } catch (IndexOutOfBoundsException | IllegalArgumentException | NegativeArraySizeException e) {
        throw fault(at, "block " + i + " is malformed though its checksum is right, so it was written so");
      }
      at = handle.end();
    }
    if (at != handles[TableFormat.FILTER].offset()) throw fault(at, "data blocks end here, but the filter begins at " + handles[TableFormat.FILTER].offset());
    TableProperties said = table.properties();
    for (RangeTombstone range : table.rangeDeletes()) statistics.see(range.version(), range.sequence());
    byte[] largest = lastLength == 0 ? null : Arrays.copyOf(last, lastLength - InternalKey.TRAILER_BYTES);
    TableProperties found = statistics.properties(table.rangeDeletes().size(), largest, said.outOfOrder());
    if (!Arrays.equals(said.encode(), found.encode())) throw fault(handles[TableFormat.PROPERTIES].offset(), "properties say " + said + ", but found are " + found);
  }

  /** As the keys ascend, the index leads to all of a block's keys if it leads to the first and the last. */
  private void dataBlock(int i, Handle handle) {
    var cursor = new BlockCursor();
    cursor.reset(blocks.get(i));
    boolean first = true;
    for (boolean on = cursor.first(); on; on = cursor.next()) {
      Entry at = cursor.entry();
      int length = at.keyLength();
      if (key.length < length) key = new byte[2 * length];
      System.arraycopy(at.key(), 0, key, 0, length);
      if (lastLength > 0 && InternalKey.compare(key, length, last, 0, lastLength) <= 0) throw fault(handle.offset(), shown(key, length) + " stands behind " + shown(last, lastLength));
      if (first && index.find(key, length) != i) throw fault(handle.offset(), "the index does not lead to " + shown(key, length));
      int user = length - InternalKey.TRAILER_BYTES;
      boolean sameUserKey = length == lastLength && Arrays.equals(key, 0, user, last, 0, user);
      if (!sameUserKey && !table.mayContain(Bloom.hash(key, user))) throw fault(handles[TableFormat.FILTER].offset(), "the filter does not know " + shown(key, length));
      statistics.add(key, length, at.value(), at.valueOffset(), at.valueLength());
      byte[] swap = last;
      last = key;
      lastLength = length;
      key = swap;
      first = false;
    }
    if (lastLength > 0 && index.find(last, lastLength) != i) throw fault(handle.offset(), "the index does not lead to " + shown(last, lastLength));
  }

  private static String shown(byte[] key, int length) {
    return InternalKey.toString(Arrays.copyOf(key, length));
  }

  private RuntimeException fault(long offset, String what) {
    return TableFormat.corrupt(table.path(), offset, what);
  }
}
