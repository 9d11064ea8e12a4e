package nokv.engine.lsm.compaction;

import java.util.ArrayList;
import java.util.List;
import nokv.engine.lsm.manifest.Span;

/**
 * What running jobs work on. A job claims a span of keys at the levels it reads and writes; no two claims overlap, so no table is input of two jobs, and the outputs of two
 * jobs at one level never overlap. Flushes claim nothing: they only add newer tables at level 0. Not thread-safe.
 */
final class Claims {
  /** One job's share: {@code span} at the levels {@code from} to {@code to}. */
  record Claim(Span span, int from, int to) {
    boolean overlaps(Span other, int otherFrom, int otherTo) {
      return from <= otherTo && otherFrom <= to && span.overlaps(other);
    }
  }

  private final List<Claim> claims = new ArrayList<>();

  boolean isFree(Span span, int from, int to) {
    for (Claim claim : claims) if (claim.overlaps(span, from, to)) return false;
    return true;
  }

  Claim claim(Span span, int from, int to) {
    if (!isFree(span, from, to)) throw new IllegalStateException("levels " + from + " to " + to + " are claimed somewhere in " + span);
    var claim = new Claim(span, from, to);
    claims.add(claim);
    return claim;
  }

  void release(Claim claim) {
    claims.remove(claim);
  }

  int size() {
    return claims.size();
  }
}
