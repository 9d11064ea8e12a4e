package nokv.raftstore.raft;

import java.util.Arrays;
import java.util.StringJoiner;
import java.util.stream.LongStream;

/** An immutable, ordered set of node ids. Groups are small, so every change copies. */
public final class IdSet {
  public static final IdSet EMPTY = new IdSet(new long[0]);

  private final long[] ids;

  private IdSet(long[] sorted) {
    ids = sorted;
  }

  public static IdSet of(long... ids) {
    return new IdSet(LongStream.of(ids).sorted().distinct().toArray());
  }

  public int size() {
    return ids.length;
  }

  public boolean isEmpty() {
    return ids.length == 0;
  }

  /** The id at a place in ascending order. */
  public long get(int place) {
    return ids[place];
  }

  public boolean contains(long id) {
    return Arrays.binarySearch(ids, id) >= 0;
  }

  public IdSet with(long id) {
    if (contains(id)) return this;
    long[] more = Arrays.copyOf(ids, ids.length + 1);
    more[ids.length] = id;
    return of(more);
  }

  public IdSet without(long id) {
    return contains(id) ? new IdSet(LongStream.of(ids).filter(each -> each != id).toArray()) : this;
  }

  public IdSet union(IdSet other) {
    return of(LongStream.concat(stream(), other.stream()).toArray());
  }

  /** How many ids are in one of the two sets but not in both. */
  public int differences(IdSet other) {
    return union(other).size() * 2 - size() - other.size();
  }

  public LongStream stream() {
    return LongStream.of(ids);
  }

  @Override public boolean equals(Object o) {
    return o instanceof IdSet other && Arrays.equals(ids, other.ids);
  }

  @Override public int hashCode() {
    return Arrays.hashCode(ids);
  }

  /** {@code 1 2 3}. */
  @Override public String toString() {
    var text = new StringJoiner(" ");
    for (long id : ids) text.add(Long.toString(id));
    return text.toString();
  }
}
