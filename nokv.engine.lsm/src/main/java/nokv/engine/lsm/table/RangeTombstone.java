package nokv.engine.lsm.table;

/**
 * One entry of kind {@link nokv.spi.Kind#DELETE_RANGE}: every version of a key in {@code [start, end)} that is older than this one is deleted. Kept beside the other entries, not among
 * them. The arrays are not to be changed.
 *
 * @param end empty = the end of the family
 */
public record RangeTombstone(int family, byte[] start, byte[] end, long version, long sequence) {}
