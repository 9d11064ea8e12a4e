package nokv.spi.txn;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A key of a column family, in the order of the store. */
public record FamilyKey(int family, byte[] key) implements Comparable<FamilyKey> {
  @Override public int compareTo(FamilyKey other) {
    return family != other.family ? Integer.compare(family, other.family) : Arrays.compareUnsigned(key, other.key);
  }

  @Override public boolean equals(@Nullable Object other) {
    return other instanceof FamilyKey that && family == that.family && Arrays.equals(key, that.key);
  }

  @Override public int hashCode() {
    return 31 * Arrays.hashCode(key) + family;
  }
}
