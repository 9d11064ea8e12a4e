package nokv.raftstore.key;

import com.google.protobuf.ByteString;
import java.util.Arrays;
import nokv.api.KeyRange;
import nokv.raftstore.proto.Region;
import org.jspecify.annotations.Nullable;

/** The bounds of regions, and of parts of them, as ranges of user keys; in messages an empty end is no end. */
public final class RegionRange {
  private RegionRange() {}

  public static KeyRange of(Region region) {
    return new KeyRange(region.getStartKey().toByteArray(), end(region.getEndKey()));
  }

  /** An end as messages have it. */
  public static byte @Nullable [] end(ByteString end) {
    return end.isEmpty() ? null : end.toByteArray();
  }

  /** What a range, given by its start and end, and a region have in common; empty where that is nothing. */
  public static KeyRange clip(byte[] start, byte @Nullable [] end, Region region) {
    KeyRange bounds = of(region);
    byte[] beyond = bounds.end();
    byte[] from = Arrays.compareUnsigned(start, bounds.start()) < 0 ? bounds.start() : start;
    byte[] to = end == null || (beyond != null && Arrays.compareUnsigned(beyond, end) < 0) ? beyond : end;
    return to != null && Arrays.compareUnsigned(from, to) > 0 ? new KeyRange(from, from) : new KeyRange(from, to);
  }

  public static KeyRange clip(KeyRange range, Region region) {
    return clip(range.start(), range.end(), region);
  }
}
