package nokv.api;

/** A write may or may not have taken effect: its acknowledgement was lost. Never retried by NoKV; only reading can tell. */
public final class OutcomeUnknownException extends NoKVException {
  private static final long serialVersionUID = 1L;

  public OutcomeUnknownException(String message) {
    super(message);
  }

  public OutcomeUnknownException(String message, Throwable cause) {
    super(message, cause);
  }

}
