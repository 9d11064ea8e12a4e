package nokv.engine.local;

import java.util.Arrays;
import nokv.api.KeyRange;
import nokv.spi.EngineBatch;
import nokv.spi.Kind;
import org.jspecify.annotations.Nullable;

/** A batch on its way into the engine; {@link Versions} gives it its version. */
final class Commit extends EngineBatch {
  private final Versions versions;
  /** What must hold for it to be let in; null = nothing. */
  final @Nullable Condition condition;
  /** The caller's version; 0 = the oracle gives one. */
  final long givenVersion;
  private @Nullable Throwable failure;

  /** What a transaction demands of the state it commits to. */
  @FunctionalInterface
  interface Condition {
    /** Called in the order of commits. @throws nokv.api.NoKVException what refuses the commit */
    void check(Commit commit);
  }

  Commit(Versions versions, int expectedEntries, @Nullable Condition condition, long givenVersion) {
    super(expectedEntries);
    this.versions = versions;
    this.condition = condition;
    this.givenVersion = givenVersion;
  }

  /** The same commit, for another attempt: the engine takes a batch once. */
  Commit again() {
    var copy = new Commit(versions, entries().size(), condition, givenVersion);
    for (Entry entry : entries()) copy.add(entry);
    return copy;
  }

  /** Why it failed after it had been let in, so that only reading can tell whether it happened; null = it did not. */
  @Nullable Throwable failure() {
    return failure;
  }

  boolean touches(int family, byte[] key) {
    for (Entry entry : entries()) {
      if (entry.family() != family) continue;
      if (entry.kind() == Kind.DELETE_RANGE ? rangeOf(entry).contains(key) : Arrays.equals(entry.key(), key)) return true;
    }
    return false;
  }

  boolean touches(int family, KeyRange range) {
    for (Entry entry : entries()) {
      if (entry.family() != family) continue;
      if (entry.kind() == Kind.DELETE_RANGE ? overlap(rangeOf(entry), range) : range.contains(entry.key())) return true;
    }
    return false;
  }

  private static KeyRange rangeOf(Entry entry) {
    return new KeyRange(entry.key(), entry.value().length == 0 ? null : entry.value());
  }

  private static boolean overlap(KeyRange a, KeyRange b) {
    byte[] aEnd = a.end();
    byte[] bEnd = b.end();
    return (aEnd == null || Arrays.compareUnsigned(b.start(), aEnd) < 0) && (bEnd == null || Arrays.compareUnsigned(a.start(), bEnd) < 0);
  }

  @Override protected void prepare() {
    versions.prepare(this);
  }

  @Override protected void visible(long sequence) {
    versions.visible(this);
  }

  @Override protected void failed(Throwable cause) {
    failure = cause;
    versions.failed(this);
  }
}
