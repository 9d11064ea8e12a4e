package nokv.spi;

import java.util.Map;
import java.util.concurrent.CompletionStage;

/**
 * Gives hybrid timestamps ({@link nokv.api.Timestamp}), each greater than every one given before by any oracle of the same store: across threads, restarts, leader changes and
 * steps of the clock. Thread-safe.
 */
public interface Oracle extends AutoCloseable {
  /** A timestamp if one can be given without waiting, otherwise 0. The hot path of an embedded store: no lock held for long, no allocation. */
  long tryNext();

  /** A timestamp, perhaps later. Requests that arrive together share a round trip. */
  CompletionStage<Long> next();

  Map<String, Object> stats();

  @Override void close();
}
