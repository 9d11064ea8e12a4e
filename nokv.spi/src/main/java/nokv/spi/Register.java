package nokv.spi;

import java.util.concurrent.CompletionStage;

/** A named 64-bit number that survives restarts and, replicated, the loss of a minority; every operation is linearizable. 0 before the first set. Thread-safe. */
public interface Register {
  CompletionStage<Long> read();

  /**
   * Sets it to {@code next} if it is {@code expected}, durably; the stage says whether it was.
   *
   * <p>An implementation may ask again where an answer was lost, and then finds its own value there: "done" means that the register was {@code expected} and has been {@code next} since, and
   * "not done" that it is neither, though it may have been set in between and set by another since. Who needs to know that it was this call that set it sets values that nobody else would,
   * such as numbers of its own in the low bits; who only ever raises it needs nothing.
   */
  CompletionStage<Boolean> compareAndSet(long expected, long next);
}
