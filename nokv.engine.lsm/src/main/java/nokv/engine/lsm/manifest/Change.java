package nokv.engine.lsm.manifest;

import org.jspecify.annotations.Nullable;

/** One thing that an edit of the manifest changes. The changes of one edit take effect together. */
public sealed interface Change {
  record AddTable(int level, TableMeta table) implements Change {}

  record RemoveTable(int level, long number) implements Change {}

  /** Batches up to {@code sequence} are in tables; the log is needed from segment {@code walSegment} on. */
  record Flushed(long sequence, long walSegment) implements Change {}

  /** File numbers below {@code number} have been given out. */
  record NextFile(long number) implements Change {}

  /** No version above {@code version} is in the tables. */
  record MaxVersion(long version) implements Change {}

  /** A named value; null removes it. */
  record Metadata(String name, byte @Nullable [] value) implements Change {}
}
