package nokv.spi.txn;

import java.time.Duration;
import nokv.api.InvalidArgumentException;
import nokv.api.KeyRange;
import nokv.api.KvStore;
import nokv.api.TransactionTooLargeException;
import nokv.spi.Clock;

/** What a write must keep to. */
public final class Limits {
  private Limits() {}

  public static void checkKey(byte[] key) {
    if (key.length > KvStore.MAX_KEY_BYTES) {
      throw new InvalidArgumentException("a key of " + key.length + " bytes; the limit is " + KvStore.MAX_KEY_BYTES);
    }
  }

  public static void checkPut(byte[] key, byte[] value, long expiryMillis) {
    checkKey(key);
    if (value.length > KvStore.MAX_VALUE_BYTES) {
      throw new InvalidArgumentException("a value of " + value.length + " bytes; the limit is " + KvStore.MAX_VALUE_BYTES);
    }
    if (expiryMillis < 0) throw new InvalidArgumentException("an expiry of " + expiryMillis + "; it is milliseconds since 1970, or 0 for never");
  }

  public static void checkSize(long bytes, long limit) {
    if (bytes > limit) {
      throw new TransactionTooLargeException("a transaction or batch of " + bytes + " bytes; the limit is " + limit + ". Split it, or raise txn.max_transaction_size");
    }
  }

  /** The moment {@code ttl} from now. */
  public static long expiry(Clock clock, Duration ttl) {
    if (ttl.isNegative() || ttl.isZero()) throw new InvalidArgumentException("a time to live of " + ttl + "; it must be above 0");
    try {
      return Math.addExact(clock.millis(), Math.max(1, ttl.toMillis()));
    } catch (ArithmeticException e) {
      throw new InvalidArgumentException("a time to live of " + ttl + " ends beyond all time; write the entry without one", e);
    }
  }

  public static void checkRange(KeyRange range) {
    checkKey(range.start());
    byte[] end = range.end();
    // One byte more than a key may have: the end just behind the longest key.
    if (end != null && end.length > KvStore.MAX_KEY_BYTES + 1) throw new InvalidArgumentException("a range end of " + end.length + " bytes; the limit is " + (KvStore.MAX_KEY_BYTES + 1));
  }
}
