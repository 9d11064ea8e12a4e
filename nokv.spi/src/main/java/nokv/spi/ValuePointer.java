package nokv.spi;

/**
 * Where a value lies in a value store.
 *
 * @param bucket which bucket of segments
 * @param segment number of the segment within its bucket
 * @param offset of the record within the segment
 * @param length of the whole record in bytes
 */
public record ValuePointer(int bucket, int segment, long offset, int length) {}
