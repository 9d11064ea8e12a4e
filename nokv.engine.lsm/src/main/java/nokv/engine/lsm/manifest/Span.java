package nokv.engine.lsm.manifest;

/** Keys from {@code start} (included) to {@code end} (excluded), over all families between. */
public record Span(Bound start, Bound end) {
  public static final Span ALL = new Span(Bound.startOf(0), Bound.endOf(255));

  public boolean isEmpty() {
    return start.compareTo(end) >= 0;
  }

  public boolean overlaps(Span other) {
    return start.compareTo(other.end) < 0 && other.start.compareTo(end) < 0;
  }

  public boolean contains(int family, byte[] key) {
    return start.compareTo(family, key) <= 0 && end.compareTo(family, key) > 0;
  }

  public boolean contains(Span other) {
    return start.compareTo(other.start) <= 0 && end.compareTo(other.end) >= 0;
  }

  /** The smallest span that holds both. */
  public Span cover(Span other) {
    return new Span(Bound.min(start, other.start), Bound.max(end, other.end));
  }

  @Override public String toString() {
    return "[" + start + ", " + end + ")";
  }
}
