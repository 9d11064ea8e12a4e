package nokv.engine.lsm.range;

import nokv.engine.lsm.manifest.Span;

/** A delete of every older version of every key in a span. Older is what has a smaller version, or the same and a smaller sequence. */
public record RangeDelete(Span span, long version, long sequence) {
  public boolean isNewerThan(long otherVersion, long otherSequence) {
    return version > otherVersion || (version == otherVersion && sequence > otherSequence);
  }
}
