package nokv.engine.lsm;

import java.lang.foreign.MemorySegment;
import nokv.engine.lsm.table.Entry;
import nokv.engine.lsm.table.RangeTombstone;
import nokv.engine.lsm.table.TableWriter;
import nokv.engine.lsm.table.ValueHeader;
import nokv.spi.ValuePointer;

/** A table under way. Not thread-safe. */
final class TableOutput {
  private final TableFiles files;
  private final long number;
  private final TableWriter writer;
  private final MemorySegment header = MemorySegment.ofArray(new byte[ValueHeader.MAX_BYTES]);

  TableOutput(TableFiles files, long number, TableWriter writer) {
    this.files = files;
    this.number = number;
    this.writer = writer;
  }

  void add(Entry at) {
    writer.add(at);
  }

  /** The entry, but that its value now lies at {@code pointer}. */
  void addMoved(Entry at, ValueHeader was, ValuePointer pointer) {
    int length = (int) ValueHeader.writePointer(header, 0, at.version(), was.kind(), was.startTimestamp(), was.expiryMillis(), pointer);
    writer.add(at.key(), at.keyLength(), header, 0, length);
  }

  void add(RangeTombstone delete) {
    writer.addRangeDelete(delete);
  }

  long bytes() {
    return writer.bytes();
  }

  /** Syncs it, reads it back and opens it. On failure the file is gone. */
  TableFile finish(Merge.Target target) {
    try (writer) {
      if (target.outOfOrder()) writer.setOutOfOrder();
      writer.finish();
    } catch (Throwable e) {
      files.delete(number);
      throw e;
    }
    return files.openNew(number, target.order());
  }

  void abandon() {
    writer.close();
    files.delete(number);
  }
}
