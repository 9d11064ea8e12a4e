package nokv.spi;

/**
 * One version of one key as the engine stores it, its value read in full.
 *
 * @param version commit timestamp
 * @param startTimestamp of the transaction that wrote it; 0 = unknown
 * @param expiryMillis 0 = never
 * @param value empty where the kind has none
 */
public record Version(int family, byte[] key, long version, Kind kind, long startTimestamp, long expiryMillis, byte[] value) {}
