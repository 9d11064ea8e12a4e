package nokv.spi.txn;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import nokv.api.WriteBatch;

/** What is left of a batch whose entries all get one version. */
public final class LastWrites {
  private LastWrites() {}

  /** The writes that are not undone by later ones of the same batch: all get one version, so their order says nothing to the engine. */
  public static List<WriteBatch.Write> of(List<WriteBatch.Write> writes) {
    var last = new ArrayList<WriteBatch.Write>(writes.size());
    var keys = new HashSet<FamilyKey>();
    var ranges = new ArrayList<WriteBatch.DeleteRange>();
    for (int i = writes.size() - 1; i >= 0; i--) {
      WriteBatch.Write write = writes.get(i);
      switch (write) {
        case WriteBatch.Put put -> {
          if (isLast(new FamilyKey(put.family().id(), put.key()), keys, ranges)) last.add(write);
        }
        case WriteBatch.Delete delete -> {
          if (isLast(new FamilyKey(delete.family().id(), delete.key()), keys, ranges)) last.add(write);
        }
        case WriteBatch.DeleteRange delete -> {
          ranges.add(delete);
          last.add(write);
        }
      }
    }
    return last.reversed();
  }

  private static boolean isLast(FamilyKey key, HashSet<FamilyKey> later, List<WriteBatch.DeleteRange> laterRanges) {
    for (var delete : laterRanges) if (delete.family().id() == key.family() && delete.range().contains(key.key())) return false;
    return later.add(key);
  }
}
