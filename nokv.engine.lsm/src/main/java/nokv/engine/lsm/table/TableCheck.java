package nokv.engine.lsm.table;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import nokv.engine.lsm.table.TableFormat.Handle;

/** Reads a table back from its file, block by block, and holds each part of it against the others. */
final class TableCheck {
  private final TableReader table;
  private final TableIndex index;
  private final Handle[] handles;
  private final TableIterator.Blocks blocks;
  private final TableStatistics statistics = new TableStatistics();
  private final Lookup lookup = new Lookup();
  private byte[] last = {};

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
      } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
        throw fault(at, "block " + i + " is malformed though its checksum is right, so it was written so");
      }
      at = handle.end();
    }
    if (at != handles[TableFormat.FILTER].offset()) throw fault(at, "data blocks end here, but the filter begins at " + handles[TableFormat.FILTER].offset());
    TableProperties said = table.properties();
    for (RangeTombstone range : table.rangeDeletes()) statistics.see(range.version(), range.sequence());
    byte[] largest = last.length == 0 ? null : Arrays.copyOf(last, last.length - InternalKey.TRAILER_BYTES);
    TableProperties found = statistics.properties(table.rangeDeletes().size(), largest, said.outOfOrder());
    if (!Arrays.equals(said.encode(), found.encode())) throw fault(handles[TableFormat.PROPERTIES].offset(), "properties say " + said + ", but found are " + found);
  }

  private void dataBlock(int i, Handle handle) {
    var cursor = new BlockCursor();
    cursor.reset(blocks.get(i));
    for (boolean on = cursor.first(); on; on = cursor.next()) {
      byte[] key = cursor.keySegment().asSlice(0, cursor.keyLength()).toArray(ValueLayout.JAVA_BYTE);
      if (last.length > 0 && InternalKey.compare(last, key) >= 0) throw fault(handle.offset(), InternalKey.toString(key) + " stands behind " + InternalKey.toString(last));
      if (index.find(key, key.length) != i) throw fault(handle.offset(), "the index does not lead to " + InternalKey.toString(key));
      lookup.of(key[0] & 0xff, InternalKey.userKey(MemorySegment.ofArray(key), 0, key.length), 0, 0, false);
      if (!table.mayContain(lookup)) throw fault(handles[TableFormat.FILTER].offset(), "the filter does not know " + InternalKey.toString(key));
      statistics.add(key, key.length, cursor.valueSegment(), cursor.valueOffset(), cursor.valueLength());
      last = key;
    }
  }

  private RuntimeException fault(long offset, String what) {
    return TableFormat.corrupt(table.path(), offset, what);
  }
}
