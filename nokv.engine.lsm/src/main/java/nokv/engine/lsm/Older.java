package nokv.engine.lsm;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import nokv.engine.lsm.compaction.Survivors;
import nokv.engine.lsm.manifest.Span;

/** Spans of keys in which older versions may lie outside a merge. Asked with ascending keys. Not thread-safe. */
final class Older implements Survivors.Older {
  private final List<Span> spans = new ArrayList<>();
  private int at;

  Older(List<Span> overlapping) {
    var sorted = new ArrayList<>(overlapping);
    sorted.sort(Comparator.comparing(Span::start));
    for (Span span : sorted) {
      if (!spans.isEmpty() && spans.getLast().end().compareTo(span.start()) >= 0) spans.add(spans.removeLast().cover(span));
      else spans.add(span);
    }
  }

  @Override public boolean mayExist(int family, byte[] key) {
    while (at < spans.size() && spans.get(at).end().compareTo(family, key) <= 0) at++;
    return at < spans.size() && spans.get(at).start().compareTo(family, key) <= 0;
  }

  boolean overlaps(Span span) {
    return spans.stream().anyMatch(span::overlaps);
  }
}
