package nokv.spi;

import java.util.concurrent.CompletionStage;

/** A named 64-bit number that survives restarts and, replicated, the loss of a minority; every operation is linearizable. 0 before the first set. Thread-safe. */
public interface Register {
  CompletionStage<Long> read();

  /** Sets it to {@code next} if it is {@code expected}, durably; the stage says whether it was. */
  CompletionStage<Boolean> compareAndSet(long expected, long next);
}
