package nokv.engine.lsm;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import nokv.engine.lsm.compaction.Job.SegmentId;
import nokv.engine.lsm.manifest.ValueReference;
import nokv.spi.ValuePointer;

/** Adds up pointers by segment. Not thread-safe. */
final class ValueTally {
  private static final class Sum {
    long bytes;
    long lastOffset = -1;
    int lastLength;
  }

  private final Map<SegmentId, Sum> sums = new TreeMap<>(Comparator.comparingInt(SegmentId::bucket).thenComparingInt(SegmentId::segment));

  void add(ValuePointer pointer) {
    Sum sum = sums.computeIfAbsent(new SegmentId(pointer.bucket(), pointer.segment()), id -> new Sum());
    sum.bytes += pointer.length();
    if (pointer.offset() > sum.lastOffset) {
      sum.lastOffset = pointer.offset();
      sum.lastLength = pointer.length();
    }
  }

  boolean isEmpty() {
    return sums.isEmpty();
  }

  List<ValueReference> references() {
    var references = new ArrayList<ValueReference>();
    sums.forEach((id, sum) -> references.add(new ValueReference(id.bucket(), id.segment(), sum.bytes, sum.lastOffset, sum.lastLength)));
    return List.copyOf(references);
  }

  /** Tells all as garbage, in few pointers whose lengths are sums; what counts garbage looks at segment and length only. */
  void discardTo(Consumer<ValuePointer> discard) {
    sums.forEach((id, sum) -> {
      for (long left = sum.bytes; left > 0; left -= Integer.MAX_VALUE) {
        discard.accept(new ValuePointer(id.bucket(), id.segment(), sum.lastOffset, (int) Math.min(left, Integer.MAX_VALUE)));
      }
    });
  }
}
