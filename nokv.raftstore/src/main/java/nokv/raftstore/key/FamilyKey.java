package nokv.raftstore.key;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.util.Arrays;
import nokv.raftstore.proto.Key;
import org.jspecify.annotations.Nullable;

/** A key of a column family. Ordered by user key, then family, as regions and locks are. The array is not copied: do not change it. */
public record FamilyKey(int family, byte[] key) implements Comparable<FamilyKey> {
  public static FamilyKey of(Key key) {
    return new FamilyKey(key.getFamily(), key.getKey().toByteArray());
  }

  public Key toProto() {
    return Key.newBuilder().setFamily(family).setKey(bytes(key)).build();
  }

  /** Without a copy: the array must not change afterwards. */
  public static ByteString bytes(byte[] array) {
    return UnsafeByteOperations.unsafeWrap(array);
  }

  @Override public int compareTo(FamilyKey other) {
    int order = Arrays.compareUnsigned(key, other.key);
    return order != 0 ? order : Integer.compare(family, other.family);
  }

  @Override public boolean equals(@Nullable Object other) {
    return other instanceof FamilyKey that && family == that.family && Arrays.equals(key, that.key);
  }

  @Override public int hashCode() {
    return 31 * Arrays.hashCode(key) + family;
  }

  /** For messages: hexadecimal, the first 32 bytes. */
  @Override public String toString() {
    var text = new StringBuilder("0x");
    for (int i = 0; i < Math.min(key.length, 32); i++) text.append(Character.forDigit((key[i] >> 4) & 15, 16)).append(Character.forDigit(key[i] & 15, 16));
    if (key.length > 32) text.append("… (").append(key.length).append(" bytes)");
    return text.append(" of column family ").append(family).toString();
  }
}
