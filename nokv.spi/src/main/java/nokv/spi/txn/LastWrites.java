package nokv.spi.txn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import nokv.api.WriteBatch;

/** What is left of a batch whose entries all get one version. */
public final class LastWrites {
  private final List<WriteBatch.Write> writes;
  /** Open-addressed by key: one more than the place of its last write, 0 = free. */
  private final int[] places;
  private final List<WriteBatch.DeleteRange> ranges = new ArrayList<>();

  private LastWrites(List<WriteBatch.Write> writes) {
    this.writes = writes;
    this.places = new int[Integer.highestOneBit(Math.max(1, writes.size())) * 4];
  }

  /** The writes that are not undone by later ones of the same batch: all get one version, so their order says nothing to the engine. */
  public static List<WriteBatch.Write> of(List<WriteBatch.Write> writes) {
    return new LastWrites(writes).left();
  }

  private List<WriteBatch.Write> left() {
    var left = new WriteBatch.Write[writes.size()];
    int from = left.length;
    for (int i = writes.size() - 1; i >= 0; i--) {
      WriteBatch.Write write = writes.get(i);
      boolean last = switch (write) {
        case WriteBatch.Put put -> isLast(i, put.family().id(), put.key());
        case WriteBatch.Delete delete -> isLast(i, delete.family().id(), delete.key());
        case WriteBatch.DeleteRange delete -> ranges.add(delete);
      };
      if (last) left[--from] = write;
    }
    return from == 0 ? writes : Arrays.asList(left).subList(from, left.length);
  }

  private boolean isLast(int place, int family, byte[] key) {
    for (var delete : ranges) if (delete.family().id() == family && delete.range().contains(key)) return false;
    int hash = (Arrays.hashCode(key) * 31 + family) * 0x9E3779B1;
    int slot = (hash ^ hash >>> 16) & places.length - 1;
    for (; places[slot] != 0; slot = slot + 1 & places.length - 1) if (concerns(writes.get(places[slot] - 1), family, key)) return false;
    places[slot] = place + 1;
    return true;
  }

  private static boolean concerns(WriteBatch.Write write, int family, byte[] key) {
    return switch (write) {
      case WriteBatch.Put put -> put.family().id() == family && Arrays.equals(put.key(), key);
      case WriteBatch.Delete delete -> delete.family().id() == family && Arrays.equals(delete.key(), key);
      case WriteBatch.DeleteRange range -> false;
    };
  }
}
