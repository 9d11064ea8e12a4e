package nokv.engine.lsm.wal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import nokv.api.CorruptException;
import nokv.spi.EngineBatch;
import org.junit.jupiter.api.Test;

/** A batch as it is read from the log. */
class BatchRecordTest {
  @Test void aBatchWhoseCountIsNotWhatItHoldsIsRefusedThoughItsChecksumIsRight() {
    var batch = new EngineBatch();
    batch.setVersion(5);
    for (int i = 0; i < 3; i++) batch.put(0, new byte[] {(byte) i}, EngineBatch.OF_BATCH, 0, 0, new byte[10]);
    MemorySegment payload = MemorySegment.ofArray(new byte[(int) BatchRecord.encodedBytes(batch, null)]);
    BatchRecord.encode(batch, null, 7, payload);
    assertEquals(3, entries(payload));
    for (int count : new int[] {Integer.MIN_VALUE, -1, 0, 1, 2, 4, 1000, Integer.MAX_VALUE}) {
      payload.set(ValueLayout.JAVA_INT_UNALIGNED, BatchRecord.COUNT_OFFSET, count);
      assertThrows(CorruptException.class, () -> entries(payload), "count " + count);
    }
  }

  private static int entries(MemorySegment payload) {
    BatchRecord record = BatchRecord.of(payload);
    int entries = 0;
    while (record.next()) entries++;
    return entries;
  }
}
