package nokv.protocol.resp;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Reads what {@link RdbWriter} and any Redis up to version 7.0 write. Lengths are checked against what is there before anything is allocated. */
final class RdbReader {
  /** What is read is not what it claims to be. */
  static final class BadFormat extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BadFormat() {
      super("bad data format", null, false, false);
    }
  }

  private final byte[] payload;
  private final int end;
  private int at;

  private RdbReader(byte[] payload) {
    this.payload = payload;
    this.end = payload.length - RdbWriter.FOOTER_BYTES;
  }

  /** @throws RedisError the version is newer or the checksum wrong */
  static RdbReader of(byte[] payload) {
    int end = payload.length - RdbWriter.FOOTER_BYTES;
    boolean good = end >= 0;
    if (good) {
      int version = payload[end] & 0xff | (payload[end + 1] & 0xff) << 8;
      long crc = ByteBuffer.wrap(payload, end + 2, Long.BYTES).order(java.nio.ByteOrder.LITTLE_ENDIAN).getLong();
      good = version <= RdbWriter.VERSION && (crc == 0 || crc == Crc64.of(payload, end + 2));
    }
    if (!good) throw new RedisError("ERR DUMP payload version or checksum are wrong");
    return new RdbReader(payload);
  }

  boolean atEnd() {
    return at >= end;
  }

  int octet() {
    if (at >= end) throw new BadFormat();
    return payload[at++] & 0xff;
  }

  byte[] take(long count) {
    if (count < 0 || count > end - at) throw new BadFormat();
    byte[] bytes = java.util.Arrays.copyOfRange(payload, at, at + (int) count);
    at += (int) count;
    return bytes;
  }

  long littleEndian(int bytes) {
    long value = 0;
    for (int i = 0; i < bytes; i++) value |= (long) octet() << 8 * i;
    return value;
  }

  private long bigEndian(int bytes) {
    long value = 0;
    for (int i = 0; i < bytes; i++) value = value << 8 | octet();
    return value;
  }

  /** A number of things to come, each of at least one byte. */
  int count() {
    long count = length();
    if (count < 0 || count > end - at) throw new BadFormat();
    return (int) count;
  }

  long length() {
    int first = octet();
    if (first >>> 6 == 3) throw new BadFormat();
    return length(first);
  }

  private long length(int first) {
    return switch (first >>> 6) {
      case 0 -> first;
      case 1 -> (first & 0x3fL) << 8 | octet();
      default -> first == 0x80 ? bigEndian(4) : first == 0x81 ? bigEndian(8) : throwBad();
    };
  }

  private static long throwBad() {
    throw new BadFormat();
  }

  /** A string in any of its encodings: as it is, as an integer, or compressed. */
  byte[] string() {
    int first = octet();
    if (first >>> 6 != 3) return take(length(first));
    return switch (first & 0x3f) {
      case 0 -> text((byte) littleEndian(1));
      case 1 -> text((short) littleEndian(2));
      case 2 -> text((int) littleEndian(4));
      case 3 -> {
        long compressed = length();
        long length = length();
        yield expand(take(compressed), length);
      }
      default -> throw new BadFormat();
    };
  }

  private static byte[] text(long value) {
    return Long.toString(value).getBytes(StandardCharsets.ISO_8859_1);
  }

  /** LZF: a byte below 32 begins so many literal bytes and one more; others a repetition of 3 bits of length and 13 of distance. */
  private static byte[] expand(byte[] in, long length) {
    if (length <= 0 || length > Keyspace.MAX_STRING_BYTES || length > 300L * in.length) throw new BadFormat();
    var out = new byte[(int) length];
    int to = 0;
    for (int from = 0; from < in.length; ) {
      int control = in[from++] & 0xff;
      if (control < 32) {
        int count = control + 1;
        if (count > in.length - from || count > out.length - to) throw new BadFormat();
        System.arraycopy(in, from, out, to, count);
        from += count;
        to += count;
        continue;
      }
      int count = control >>> 5;
      if (count == 7) {
        if (from == in.length) throw new BadFormat();
        count += in[from++] & 0xff;
      }
      if (from == in.length) throw new BadFormat();
      int source = to - ((control & 0x1f) << 8 | in[from++] & 0xff) - 1;
      count += 2;
      if (source < 0 || count > out.length - to) throw new BadFormat();
      for (int i = 0; i < count; i++) out[to++] = out[source++];
    }
    if (to != out.length) throw new BadFormat();
    return out;
  }
}
