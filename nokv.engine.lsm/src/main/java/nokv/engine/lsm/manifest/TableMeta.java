package nokv.engine.lsm.manifest;

import java.util.List;

/**
 * What the manifest knows of a table without opening it.
 *
 * @param number of its file
 * @param bytes of its file
 * @param span every key in it, and every key that its range deletes cover
 * @param entries in it, range deletes not counted
 * @param deletes how many of the entries are deletes; with {@code rangeDeletes} a reason to compact it
 * @param rangeDeletes in it
 * @param minSequence the smallest sequence in it
 * @param maxSequence the greatest sequence in it
 * @param maxVersion the greatest version in it
 * @param order of age at level 0: greater is newer. A table that replaces another keeps its order
 * @param outOfOrder whether an older source may hold newer versions of its keys, so that a reader who found one here must look further
 * @param values what it refers to in the value store
 */
public record TableMeta(long number, long bytes, Span span, long entries, long deletes, long rangeDeletes, long minSequence, long maxSequence,
    long maxVersion, long order, boolean outOfOrder, List<ValueReference> values) {

  public String fileName() {
    return fileName(number);
  }

  public static String fileName(long number) {
    return String.format("%06d.sst", number);
  }
}
