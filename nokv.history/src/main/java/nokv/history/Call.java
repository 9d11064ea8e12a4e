package nokv.history;

/**
 * One operation as its client saw it.
 *
 * @param begun before it was sent, on a clock of the whole history that never gives one time twice
 * @param ended when its answer was there; {@link #NEVER} where nobody knows whether it happened: it may have, at any time since it was begun, or may yet
 * @param operation what was asked and what was answered
 */
public record Call<O>(long begun, long ended, O operation) {
  public static final long NEVER = Long.MAX_VALUE;

  public Call {
    if (ended <= begun) throw new IllegalArgumentException("ended at " + ended + ", begun at " + begun);
  }

  public boolean isKnown() {
    return ended != NEVER;
  }

  @Override public String toString() {
    return "[" + begun + (isKnown() ? ", " + ended + "] " : ", ?] ") + operation;
  }
}
