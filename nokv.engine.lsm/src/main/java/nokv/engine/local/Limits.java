package nokv.engine.local;

import java.time.Duration;
import nokv.api.InvalidArgumentException;
import nokv.api.KvStore;
import nokv.api.TransactionTooLargeException;
import nokv.spi.Clock;

/** What a write must keep to. */
final class Limits {
  private Limits() {}

  static void checkKey(byte[] key) {
    if (key.length > KvStore.MAX_KEY_BYTES) {
      throw new InvalidArgumentException("a key of " + key.length + " bytes; the limit is " + KvStore.MAX_KEY_BYTES);
    }
  }

  static void checkPut(byte[] key, byte[] value, long expiryMillis) {
    checkKey(key);
    if (value.length > KvStore.MAX_VALUE_BYTES) {
      throw new InvalidArgumentException("a value of " + value.length + " bytes; the limit is " + KvStore.MAX_VALUE_BYTES);
    }
    if (expiryMillis < 0) throw new InvalidArgumentException("an expiry of " + expiryMillis + "; it is milliseconds since 1970, or 0 for never");
  }

  static void checkSize(long bytes, long limit) {
    if (bytes > limit) {
      throw new TransactionTooLargeException("a transaction or batch of " + bytes + " bytes; the limit is " + limit + ". Split it, or raise txn.max_transaction_size");
    }
  }

  /** The moment {@code ttl} from now. */
  static long expiry(Clock clock, Duration ttl) {
    if (ttl.isNegative() || ttl.isZero()) throw new InvalidArgumentException("a time to live of " + ttl + "; it must be above 0");
    try {
      return Math.addExact(clock.millis(), Math.max(1, ttl.toMillis()));
    } catch (ArithmeticException e) {
      throw new InvalidArgumentException("a time to live of " + ttl + " ends beyond all time; write the entry without one", e);
    }
  }
}
