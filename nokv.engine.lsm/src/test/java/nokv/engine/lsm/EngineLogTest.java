package nokv.engine.lsm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import nokv.api.ColumnFamily;
import nokv.api.CorruptException;
import nokv.api.KeyRange;
import nokv.api.Timestamp;
import nokv.spi.EngineBatch;
import nokv.spi.EngineLog;
import nokv.vfs.MemVfs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Goal: a replicator that logs its own commands and applies them without a second record loses nothing. Method: the smallest such replicator, which logs "add i" as a record,
 * applies it with its position in the LOCAL family, and after a crash at any operation applies again what lies behind that position.
 */
class EngineLogTest {
  private static final int TYPE = EngineLog.FIRST_REPLICATOR_TYPE;
  private static final int COMMANDS = 60;
  private static final int LOCAL = ColumnFamily.LOCAL.id();
  private static final byte[] APPLIED = "applied".getBytes();

  /** Adds numbers: command i sets key i, and the sum of all keys is what is checked. */
  private static final class Adder implements AutoCloseable {
    final StepNode node;
    final List<EngineLog.Position> positions = new ArrayList<>();
    int logged;

    Adder(MemVfs disk) {
      node = new StepNode(disk, 5, Map.of("wal_segment_size", "16KiB"));
      int applied = applied();
      node.engine.log().replay((position, record) -> {
        int command = ByteBuffer.wrap(record.payload()).getInt();
        logged = Math.max(logged, command);
        positions.add(position);
        if (command > applied) apply(command);
      });
      logged = Math.max(logged, applied);
    }

    int applied() {
      byte[] value = node.engine.get(LOCAL, APPLIED, Timestamp.MAX);
      return value == null ? 0 : ByteBuffer.wrap(value).getInt();
    }

    void run(int command) {
      byte[] payload = ByteBuffer.allocate(400).putInt(command).array();
      positions.addAll(node.await(node.engine.log().append(List.of(new EngineLog.Record(TYPE, payload)))));
      logged = command;
      apply(command);
    }

    private void apply(int command) {
      var batch = new EngineBatch();
      batch.setVersion(command);
      // Long enough to go to the value store at flush.
      batch.put(0, ("key" + command).getBytes(), EngineBatch.OF_BATCH, 0, 0, ByteBuffer.allocate(600).putInt(command).array());
      batch.put(LOCAL, APPLIED, 0, 0, 0, ByteBuffer.allocate(4).putInt(command).array());
      node.await(node.engine.apply(batch));
    }

    void check(int least, String where) {
      int applied = applied();
      assertTrue(applied >= least && applied == logged, where + ": " + applied + " applied, " + logged + " logged, " + least + " acknowledged");
      try (var cursor = node.engine.scan(0, KeyRange.ALL, nokv.api.Direction.FORWARD, Timestamp.MAX, null)) {
        int count = 0;
        while (cursor.next()) {
          count++;
          assertEquals(new String(cursor.key()), "key" + ByteBuffer.wrap(cursor.value()).getInt(), where);
        }
        assertEquals(applied, count, where);
      }
    }

    @Override public void close() {
      node.close();
    }
  }

  private static int run(MemVfs disk) {
    int done = 0;
    Adder adder = null;
    try {
      adder = new Adder(disk);
      for (int i = adder.logged + 1; i <= COMMANDS; i++) {
        adder.run(i);
        done = i;
        if (i % 10 == 0) {
          adder.node.await(adder.node.engine.flush());
          adder.node.engine.log().release(adder.positions.getLast());
          adder.node.runTasks();
        }
      }
      return done;
    } catch (RuntimeException e) {
      if (!disk.poweredOff()) throw e;
      return done;
    } finally {
      if (adder != null) {
        try {
          adder.close();
        } catch (RuntimeException e) {
          if (!disk.poweredOff()) throw e;
        }
      }
    }
  }

  @ParameterizedTest @CsvSource({"1, 0", "2, 0.5", "3, 1"})
  void whatWasLoggedIsAppliedAfterPowerLossAtAnyOperation(int from, double survival) {
    var whole = MemVfs.strict(1);
    assertEquals(COMMANDS, run(whole));
    for (long at = from; at <= whole.operations(); at += 5) {
      var disk = MemVfs.strict(at);
      disk.cutPowerAt(at);
      int acknowledged = run(disk);
      try (var adder = new Adder(disk.afterPowerLoss(survival))) {
        adder.check(acknowledged, "power lost at operation " + at + ", survival " + survival);
      }
    }
  }

  @Test void recordsAreReadBackAndReleasedSegmentsComeFree() {
    var disk = MemVfs.strict(3);
    try (var adder = new Adder(disk)) {
      EngineLog log = adder.node.engine.log();
      for (int i = 1; i <= 200; i++) adder.run(i);
      for (int i = 0; i < 200; i++) assertEquals(i + 1, ByteBuffer.wrap(log.read(adder.positions.get(i)).payload()).getInt());
      adder.node.await(adder.node.engine.flush());
      assertTrue(log.pinnedBytes() > 0, "the flush left records of the replicator only");
      log.release(adder.positions.getLast());
      adder.node.runTasks();
      assertEquals(0, log.pinnedBytes());
      assertThrows(CorruptException.class, () -> log.read(adder.positions.getFirst()));
    }
  }
}
