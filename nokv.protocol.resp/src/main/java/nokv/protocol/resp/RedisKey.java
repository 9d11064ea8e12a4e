package nokv.protocol.resp;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * How a Redis key lies in the store; the page is {@code docs/formats/redis.md}.
 * <pre>
 *  0             n     n+2  n+3    n+4
 *  +-------------+-----+----+------+--------------------------+
 *  | escaped key | end | db | kind | element version, element |
 *  +-------------+-----+----+------+--------------------------+
 * </pre>
 * In the escaped key each byte 00 stands as 00 ff, and {@code end} is 00 01; so encoded keys sort as the keys themselves do, and no key's encoding is the beginning of
 * another's. {@code db} is one byte. {@code kind} is 00 for the metadata record; the others belong to elements and sort behind it.
 */
final class RedisKey {
  static final byte KIND_METADATA = 0;
  /** Above every kind: where the next key begins. */
  static final byte KIND_END = (byte) 0xff;
  private static final byte ESCAPED_ZERO = (byte) 0xff;
  private static final byte TERMINATOR = 1;
  /** Bytes of terminator, database and kind. */
  private static final int TAIL_BYTES = 4;

  private RedisKey() {}

  static byte[] metadata(byte[] key, int db) {
    return of(key, db, KIND_METADATA);
  }

  static byte[] of(byte[] key, int db, byte kind) {
    int zeros = 0;
    for (byte b : key) if (b == 0) zeros++;
    byte[] encoded = Arrays.copyOf(key, key.length + zeros + TAIL_BYTES);
    int at = key.length;
    if (zeros > 0) {
      at = 0;
      for (byte b : key) {
        encoded[at++] = b;
        if (b == 0) encoded[at++] = ESCAPED_ZERO;
      }
    }
    encoded[at] = 0;
    encoded[at + 1] = TERMINATOR;
    encoded[at + 2] = (byte) db;
    encoded[at + 3] = kind;
    return encoded;
  }

  /** The beginning of the encodings of all keys that begin with these bytes. */
  static byte[] prefix(byte[] start) {
    byte[] encoded = of(start, 0, KIND_METADATA);
    return Arrays.copyOf(encoded, encoded.length - TAIL_BYTES);
  }

  /** Where the terminator of an encoded key begins. */
  static int terminator(byte[] encoded) {
    for (int i = 0; i + 1 < encoded.length; i++) {
      if (encoded[i] == 0) {
        if (encoded[i + 1] == TERMINATOR) return i;
        i++;
      }
    }
    throw new IllegalArgumentException("not an encoded Redis key: " + java.util.HexFormat.of().formatHex(encoded));
  }

  static byte[] userKey(byte[] encoded, int terminator) {
    var key = new ByteArrayOutputStream(terminator);
    for (int i = 0; i < terminator; i++) {
      key.write(encoded[i]);
      if (encoded[i] == 0) i++;
    }
    return key.toByteArray();
  }

  static int db(byte[] encoded, int terminator) {
    return encoded[terminator + 2] & 0xff;
  }

  static byte kind(byte[] encoded, int terminator) {
    return encoded[terminator + 3];
  }

  /** The key of the metadata record that an element belongs to. */
  static byte[] metadataKey(byte[] encoded, int terminator) {
    byte[] key = Arrays.copyOf(encoded, terminator + TAIL_BYTES);
    key[terminator + 3] = KIND_METADATA;
    return key;
  }

  /** The position behind everything of this key in this database. */
  static byte[] behind(byte[] encoded, int terminator) {
    byte[] position = Arrays.copyOf(encoded, terminator + TAIL_BYTES);
    position[terminator + 3] = KIND_END;
    return position;
  }
}
