package nokv.protocol.resp;

import java.io.Serial;

/** An error reply, thrown by a command before it has written anything. Carries no stack: it is an answer, not a defect. */
final class RedisError extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  static final RedisError WRONG_TYPE = new RedisError("WRONGTYPE Operation against a key holding the wrong kind of value");
  static final RedisError NOT_INTEGER = new RedisError("ERR value is not an integer or out of range");
  static final RedisError NOT_FLOAT = new RedisError("ERR value is not a valid float");
  static final RedisError SYNTAX = new RedisError("ERR syntax error");
  static final RedisError NO_SUCH_KEY = new RedisError("ERR no such key");
  static final RedisError OVERFLOW = new RedisError("ERR increment or decrement would overflow");
  static final RedisError NAN = new RedisError("ERR increment would produce NaN or Infinity");
  static final RedisError OFFSET = new RedisError("ERR offset is out of range");
  static final RedisError TOO_LONG = new RedisError("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
  static final RedisError DB_INDEX = new RedisError("ERR DB index is out of range");
  static final RedisError NO_REPLICAS = new RedisError("NOREPLICAS Not enough good replicas to write.");
  static final RedisError INVALID_CURSOR = new RedisError("ERR invalid cursor");

  private final boolean counted;

  private RedisError(String text, boolean counted) {
    super(text, null, false, false);
    this.counted = counted;
  }

  /** An error of a command inside a script, which was counted there. */
  static RedisError counted(String text) {
    return new RedisError(text, true);
  }

  boolean isCounted() {
    return counted;
  }

  /** @param text the whole reply without the leading dash: a code word, a blank, a sentence */
  RedisError(String text) {
    this(text, false);
  }

  static RedisError arity(String fullName) {
    return new RedisError("ERR wrong number of arguments for '" + fullName + "' command");
  }

  String text() {
    return String.valueOf(getMessage());
  }
}
