package nokv.api;

/**
 * One version of one key. The arrays belong to the receiver.
 *
 * @param version commit timestamp, see {@link Timestamp}
 * @param expiryMillis when it expires, milliseconds since 1970; 0 = never
 */
public record Entry(byte[] key, byte[] value, long version, long expiryMillis) {}
