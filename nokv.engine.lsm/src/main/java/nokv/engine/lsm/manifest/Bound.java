package nokv.engine.lsm.manifest;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A place between keys: just before {@code key} in {@code family}. Spans of keys are half open, from a bound to a bound; so the end of a span that holds one key is that
 * key with a zero byte behind it, and the end of a family is the first place of the next. Family 256 stands behind all.
 */
public record Bound(int family, byte[] key) implements Comparable<Bound> {
  private static final byte[] FIRST = {};

  public static Bound startOf(int family) {
    return new Bound(family, FIRST);
  }

  /** Just behind every key of the family. */
  public static Bound endOf(int family) {
    return new Bound(family + 1, FIRST);
  }

  /** Just behind {@code key}. */
  public static Bound after(int family, byte[] key) {
    return new Bound(family, Arrays.copyOf(key, key.length + 1));
  }

  /** The end of a range of keys as ranges are written: null = the end of the family. */
  public static Bound endOf(int family, byte @Nullable [] key) {
    return key == null ? endOf(family) : new Bound(family, key);
  }

  public int compareTo(int otherFamily, byte[] otherKey) {
    return family != otherFamily ? Integer.compare(family, otherFamily) : Arrays.compareUnsigned(key, otherKey);
  }

  @Override public int compareTo(Bound other) {
    return compareTo(other.family, other.key);
  }

  public static Bound min(Bound a, Bound b) {
    return a.compareTo(b) <= 0 ? a : b;
  }

  public static Bound max(Bound a, Bound b) {
    return a.compareTo(b) >= 0 ? a : b;
  }

  @Override public boolean equals(@Nullable Object other) {
    return other instanceof Bound that && family == that.family && Arrays.equals(key, that.key);
  }

  @Override public int hashCode() {
    return 31 * family + Arrays.hashCode(key);
  }

  @Override public String toString() {
    var text = new StringBuilder().append(family).append(':');
    for (byte b : key) {
      if (b > ' ' && b < 127) text.append((char) b);
      else text.append(String.format("\\x%02x", b));
    }
    return text.toString();
  }
}
