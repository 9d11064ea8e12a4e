package nokv.history;

import java.util.List;

/**
 * A transaction on lists: each of its steps reads a list or puts a value at its end. No value is appended to one list twice.
 *
 * @param outcome what its client was told
 * @param steps in order; of one that was not committed, reads need not be here
 */
public record Append(Outcome outcome, List<Step> steps) {
  /** What a client knows of a transaction. One that is not known has ended at {@link Call#NEVER}. */
  public enum Outcome { COMMITTED, ABORTED, UNKNOWN }

  /** What a transaction did. */
  public sealed interface Step {
    String key();
  }

  /** Puts a value at the end of a list. */
  public record Put(String key, long value) implements Step {}

  /** Reads a list; one that nobody has appended to is empty. */
  public record Read(String key, List<Long> values) implements Step {}

  @Override public String toString() {
    var text = new StringBuilder(outcome.toString().toLowerCase(java.util.Locale.ROOT));
    for (Step step : steps) {
      switch (step) {
        case Put put -> text.append(' ').append(put.key).append('+').append(put.value);
        case Read read -> text.append(' ').append(read.key).append('=').append(shortened(read.values));
      }
    }
    return text.toString();
  }

  private static String shortened(List<Long> values) {
    return values.size() <= 6 ? values.toString() : "[" + values.size() + " values, … " + values.subList(values.size() - 5, values.size()).toString().substring(1);
  }
}
