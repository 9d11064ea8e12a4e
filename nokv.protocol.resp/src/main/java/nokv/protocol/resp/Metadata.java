package nokv.protocol.resp;

/**
 * The record every Redis key has; the page is {@code docs/formats/redis.md}.
 * <pre>
 *  0         1      2
 *  +---------+------+-------------------------------------+
 *  | version | type | string: the value                   |
 *  +---------+------+-----------------+---------+---------+
 *  |                | element version | size    | more    |  collections
 *  +----------------+-----------------+---------+---------+
 *                   2                 10        18
 * </pre>
 * Big-endian. {@code version} is that of this format, 1. The expiry is the store entry's own. {@code element version} is part of the key of every element, so a key that is
 * deleted and made again has no old elements; {@code size} counts elements; {@code more} depends on the type.
 */
final class Metadata {
  static final int VERSION_OFFSET = 0;
  static final int TYPE_OFFSET = 1;
  static final int STRING_OFFSET = 2;
  static final int ELEMENT_VERSION_OFFSET = 2;
  static final int SIZE_OFFSET = 10;
  static final int COLLECTION_BYTES = 18;
  static final byte FORMAT_VERSION = 1;

  /** What a key holds. The codes are stored. */
  enum Type {
    STRING(1), LIST(2), SET(3), ZSET(4), HASH(5), STREAM(6);

    final byte code;

    Type(int code) {
      this.code = (byte) code;
    }

    String word() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  private static final Type[] TYPES = Type.values();

  private Metadata() {}

  /** A record of a string with room for {@code length} bytes of value behind {@link #STRING_OFFSET}. */
  static byte[] string(int length) {
    var record = new byte[STRING_OFFSET + length];
    record[VERSION_OFFSET] = FORMAT_VERSION;
    record[TYPE_OFFSET] = Type.STRING.code;
    return record;
  }

  static byte[] string(byte[] value) {
    byte[] record = string(value.length);
    System.arraycopy(value, 0, record, STRING_OFFSET, value.length);
    return record;
  }

  static Type type(byte[] record) {
    checkVersion(record);
    int code = record[TYPE_OFFSET];
    if (code < 1 || code > TYPES.length) throw new nokv.api.CorruptException("a Redis key has the unknown type " + code + "; run check");
    return TYPES[code - 1];
  }

  /** @throws RedisError it is of another type */
  static void check(byte[] record, Type type) {
    checkVersion(record);
    if (record[TYPE_OFFSET] != type.code) throw RedisError.WRONG_TYPE;
  }

  private static void checkVersion(byte[] record) {
    if (record.length < STRING_OFFSET) throw new nokv.api.CorruptException("a Redis key's record has " + record.length + " bytes, at least " + STRING_OFFSET + " expected; run check");
    if (record[VERSION_OFFSET] != FORMAT_VERSION) {
      throw new nokv.api.TooNewException("a Redis key was written in format version " + record[VERSION_OFFSET] + ", this build reads " + FORMAT_VERSION + "; use a newer build");
    }
  }

  static int stringLength(byte[] record) {
    return record.length - STRING_OFFSET;
  }
}
