package nokv.engine.lsm.manifest;

import nokv.spi.ValuePointer;

/**
 * What one table holds of one segment of the value store.
 *
 * @param bytes of the records it points to, together
 * @param lastOffset where the last of them starts
 * @param lastLength how long that one is
 */
public record ValueReference(int bucket, int segment, long bytes, long lastOffset, int lastLength) {
  public ValuePointer last() {
    return new ValuePointer(bucket, segment, lastOffset, lastLength);
  }
}
