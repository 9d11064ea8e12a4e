package nokv.engine.lsm.wal;

import java.lang.foreign.MemorySegment;
import nokv.spi.EngineLog;

/** Takes the records of a log in order. */
@FunctionalInterface
public interface WalVisitor {
  /**
   * Takes one record, whose checksum is right.
   *
   * @param payload valid during the call only
   * @param durable whether the log proves that the record was synced; only where it was not does the visitor need to look whether what it refers to is there
   * @return false: this record and what follows are not part of the log, because a value it points to was lost with it. Where {@code durable} that is corruption.
   */
  boolean record(int type, MemorySegment payload, EngineLog.Position position, boolean durable);
}
